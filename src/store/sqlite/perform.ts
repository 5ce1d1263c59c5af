import { problemOf } from '../../base/error-data.ts'
import type { Operation, Outcome, Results } from '../operations.ts'
import type { DkimKeyRow } from '../ports/keys.ts'
import { storeProblem } from '../problems.ts'
import type { Transaction } from './transaction.ts'
import { changeAccounts, putAct } from './write-accounts.ts'
import { changeCredentials } from './write-credentials.ts'
import { writeAcceptance } from './write-acceptance.ts'
import { removeMail, setFlags } from './write-mailbox.ts'
import { putRegister, removeRegister } from './write-register.ts'
import {
  holdItems,
  leaseItems,
  nextDueAt,
  releaseItems,
  releaseLeases,
  settleItems,
  takeItems,
} from './write-queue.ts'
import { pruneStep } from './write-retention.ts'

/** Does one operation within a transaction. */
export type DoOne = (transaction: Transaction, operation: Operation) => Outcome

/** One operation within its savepoint. Throws when the whole transaction is lost. */
export function attempt(transaction: Transaction, operation: Operation): Outcome {
  const { database } = transaction
  const mark = transaction.mark()
  database.run('SAVEPOINT operation')
  try {
    const outcome = perform(transaction, operation)
    database.run('RELEASE operation')
    return outcome
  } catch (error) {
    // SQLite may have rolled everything back on its own (SQLITE_FULL), or nothing can be believed.
    const problem = storeProblem(error)
    if (!database.inTransaction || problem?.code === 'store-broken') throw error
    database.run('ROLLBACK TO operation')
    database.run('RELEASE operation')
    transaction.backTo(mark)
    return { ok: false, problem: problemOf(problem ?? error) }
  }
}

/** One operation. Throws when it fails, with its traces still in the transaction. */
export function perform(transaction: Transaction, operation: Operation): Outcome {
  return { ok: true, value: valueOf(transaction, operation) }
}

function valueOf(transaction: Transaction, operation: Operation): Results[keyof Results] {
  switch (operation.type) {
    case 'accept':
      writeAcceptance(transaction, operation.acceptance)
      return undefined
    case 'lease':
      return leaseItems(transaction, operation.request)
    case 'settle':
      return settleItems(transaction, operation.settlements)
    case 'releaseLeases':
      releaseLeases(transaction, operation.of)
      return undefined
    case 'hold':
      return holdItems(transaction, operation.queueIds, operation.how)
    case 'release':
      return releaseItems(transaction, operation)
    case 'nextDueAt':
      return nextDueAt(transaction)
    case 'take':
      return takeItems(transaction, operation.request)
    case 'setFlags':
      return setFlags(transaction, operation.change)
    case 'removeMail':
      return removeMail(transaction, operation.removal)
    case 'putDkimKey':
      putDkimKey(transaction, operation.key)
      return undefined
    case 'changeAccounts':
      return changeAccounts(transaction, operation.change)
    case 'changeCredentials':
      return changeCredentials(transaction, operation.change)
    case 'putAct':
      return putAct(transaction, operation.act)
    case 'putRegister':
      putRegister(transaction, operation.entries)
      return undefined
    case 'removeRegister':
      return removeRegister(transaction, operation)
    case 'prune':
      return pruneStep(transaction, operation.request)
  }
}

function putDkimKey(transaction: Transaction, key: DkimKeyRow): void {
  transaction.run(
    `INSERT INTO dkim_key (domain, selector, algorithm, private_key, created_ms, active)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (domain, selector) DO UPDATE SET algorithm = excluded.algorithm,
        private_key = excluded.private_key, created_ms = excluded.created_ms,
        active = excluded.active`,
    key.domain,
    key.selector,
    key.algorithm,
    key.privateKey,
    Math.round(key.createdAt),
    key.active ? 1 : 0,
  )
  transaction.tell({ type: 'key', domain: key.domain })
}
