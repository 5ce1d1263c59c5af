import type { CredentialChange, NewApiKey, SecondFactor, SpentCode } from '../ports/credentials.ts'
import { secondFactorRow } from './read-credentials.ts'
import { hashOctets } from './rows.ts'
import type { Transaction } from './transaction.ts'

/** Makes one change. @returns 1 or 0: whether there was something to change */
export function changeCredentials(transaction: Transaction, change: CredentialChange): number {
  switch (change.type) {
    case 'add-key':
      return addKey(transaction, change.key)
    case 'use-key':
      return transaction.run(
        'UPDATE api_key SET used_ms = max(coalesce(used_ms, 0), ?) WHERE id = ?',
        Math.round(change.at),
        change.id,
      ).changes
    case 'remove-key':
      return transaction.run('DELETE FROM api_key WHERE id = ?', change.id).changes
    case 'put-factor':
      return putFactor(transaction, change.factor)
    case 'spend-code':
      return spendCode(transaction, change.who, change.code)
    case 'remove-factor':
      return transaction.run('DELETE FROM second_factor WHERE who = ?', change.who).changes
  }
}

/** With an account go its keys and its second factor: whoever has the address next has none. */
export function removeCredentialsOf(transaction: Transaction, account: string): void {
  transaction.run('DELETE FROM api_key WHERE account = ?', account)
  transaction.run('DELETE FROM second_factor WHERE who = ?', account)
}

function addKey(transaction: Transaction, key: NewApiKey): number {
  return transaction.run(
    `INSERT INTO api_key (id, sha256, name, scopes, domains, account, created_ms, ends_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    key.id,
    hashOctets(key.sha256),
    key.name,
    JSON.stringify(key.scopes),
    key.domains === undefined ? null : JSON.stringify(key.domains),
    key.account ?? null,
    Math.round(key.createdAt),
    key.endsAt === undefined ? null : Math.round(key.endsAt),
  ).changes
}

function putFactor(transaction: Transaction, factor: SecondFactor): number {
  return transaction.run(
    `INSERT INTO second_factor (who, secret, created_ms, confirmed_ms, last_step, recovery)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (who) DO UPDATE SET who = excluded.who, secret = excluded.secret,
        created_ms = excluded.created_ms, confirmed_ms = excluded.confirmed_ms,
        last_step = excluded.last_step, recovery = excluded.recovery`,
    factor.who,
    factor.secret,
    Math.round(factor.createdAt),
    factor.confirmedAt === undefined ? null : Math.round(factor.confirmedAt),
    factor.lastStep,
    JSON.stringify(factor.recovery),
  ).changes
}

function spendCode(transaction: Transaction, who: string, code: SpentCode): number {
  if ('step' in code) {
    return transaction.run(
      'UPDATE second_factor SET last_step = ? WHERE who = ? AND last_step < ?',
      code.step,
      who,
      code.step,
    ).changes
  }
  const row = transaction.get('SELECT * FROM second_factor WHERE who = ?', who)
  const { recovery } = row === undefined ? { recovery: [] } : secondFactorRow(row)
  const left = recovery.filter((one) => one !== code.recovery)
  if (left.length === recovery.length) return 0
  return transaction.run(
    'UPDATE second_factor SET recovery = ? WHERE who = ?',
    JSON.stringify(left),
    who,
  ).changes
}
