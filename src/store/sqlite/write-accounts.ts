import { integer } from './database.ts'
import { nameIn } from '../operations.ts'
import type { AccountChange, NewAccount, NewAlias, NewDomain } from '../ports/accounts.ts'
import type { NewAct } from '../ports/acts.ts'
import type { Transaction } from './transaction.ts'
import { removeCredentialsOf } from './write-credentials.ts'

/** Makes one change. @returns the id of what was put; 1 or 0: whether there was one to remove */
export function changeAccounts(transaction: Transaction, change: AccountChange): number {
  const done = makeChange(transaction, change)
  if (done > 0) transaction.tell({ type: 'account', address: nameIn(change) })
  return done
}

function makeChange(transaction: Transaction, change: AccountChange): number {
  switch (change.type) {
    case 'put-account':
      return putAccount(transaction, change.account)
    case 'put-alias':
      return putAlias(transaction, change.alias)
    case 'put-domain':
      return putDomain(transaction, change.domain)
    case 'remove-account':
      return removeAccount(transaction, change.name)
    case 'remove-alias':
      return transaction.run('DELETE FROM alias WHERE address = ?', change.name).changes
    case 'remove-domain':
      return transaction.run('DELETE FROM domain WHERE name = ?', change.name).changes
  }
}

/** Writes down what somebody did. @returns its number */
export function putAct(transaction: Transaction, act: NewAct): number {
  const { lastKey: number } = transaction.run(
    'INSERT INTO act (at_ms, who, door, what, why, detail) VALUES (?, ?, ?, ?, ?, ?)',
    Math.round(act.at),
    act.who,
    act.door,
    act.what,
    act.why,
    JSON.stringify(act.detail),
  )
  transaction.tell({ type: 'act', act: number })
  return number
}

function putAccount(transaction: Transaction, account: NewAccount): number {
  const { address, passwordHash, createdAt, origin, forward } = account
  const row = transaction.get(
    `INSERT INTO account (address, password_hash, created_ms, origin, forward) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (address) DO UPDATE SET address = excluded.address,
        password_hash = excluded.password_hash, origin = excluded.origin,
        forward = excluded.forward
      RETURNING id`,
    address,
    passwordHash ?? null,
    Math.round(createdAt),
    origin,
    forward === undefined ? null : JSON.stringify(forward),
  )
  return integer(row ?? {}, 'id')
}

function putAlias(transaction: Transaction, { address, to, send, createdAt }: NewAlias): number {
  const row = transaction.get(
    `INSERT INTO alias (address, targets, may_send, created_ms) VALUES (?, ?, ?, ?)
      ON CONFLICT (address) DO UPDATE SET address = excluded.address, targets = excluded.targets,
        may_send = excluded.may_send
      RETURNING id`,
    address,
    JSON.stringify(to),
    send ? 1 : 0,
    Math.round(createdAt),
  )
  return integer(row ?? {}, 'id')
}

function putDomain(transaction: Transaction, { name, createdAt }: NewDomain): number {
  const row = transaction.get(
    `INSERT INTO domain (name, created_ms) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
    name,
    Math.round(createdAt),
  )
  return integer(row ?? {}, 'id')
}

function removeAccount(transaction: Transaction, address: string): number {
  removeCredentialsOf(transaction, address)
  const kept = transaction.run(
    `UPDATE account SET password_hash = NULL, origin = 'mail', forward = NULL
      WHERE address = ? AND origin <> 'mail' AND EXISTS (SELECT 1 FROM mailbox WHERE mailbox.account = account.id)`,
    address,
  ).changes
  if (kept > 0) return kept
  return transaction.run(
    `DELETE FROM account WHERE address = ?
      AND NOT EXISTS (SELECT 1 FROM mailbox WHERE mailbox.account = account.id)`,
    address,
  ).changes
}
