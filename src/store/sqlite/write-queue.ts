import { integer, type Row, text } from './database.ts'
import { accountsFiled, standingSettlements } from '../operations.ts'
import { queueItem, selectQueue } from './rows.ts'
import type {
  Hold,
  LeaseRequest,
  LeasesOf,
  QueueItem,
  Release,
  Settlement,
  TakeRequest,
} from '../ports/queue.ts'
import { byPriority, firstDueAt, firstWaiting, unappointed } from './queue-order.ts'
import { firstBySender } from './queue-turns.ts'
import type { Transaction } from './transaction.ts'
import { appendSteps, writeAcceptance } from './write-acceptance.ts'
import { putRecipient, tellWhole } from './write-recipients.ts'
import { putRegister } from './write-register.ts'
import { dropSettledMessage } from './write-retention.ts'

/** Leases due items: those that wait, and those whose lease has run out. */
export function leaseItems(transaction: Transaction, request: LeaseRequest): readonly QueueItem[] {
  const { now, limit, farthest = Number.MAX_SAFE_INTEGER, turns } = request
  endHolds(transaction, now)
  const waiting = firstWaiting(
    transaction,
    { sql: 'AND next_attempt_ms <= ?', values: [now] },
    { limit },
  )
  // All of them are sorted: no more are leased than one server sends at a time.
  const expired = transaction.all(
    `${selectQueue} WHERE held = 0 AND lease_owner IS NOT NULL AND lease_until_ms <= ?
      ORDER BY priority DESC, next_attempt_ms, queue.key LIMIT ?`,
    now,
    limit,
  )
  const strayed = firstWaiting(
    transaction,
    { sql: 'AND next_attempt_ms > ?', values: [Math.round(Math.max(now, farthest))] },
    { limit, parts: [unappointed] },
  )
  const due = [...waiting, ...expired, ...strayed].sort(byPriority).slice(0, limit)
  leaseRows(transaction, due, request)
  const inTurn = turns === undefined ? [] : firstBySender(transaction, now, turns)
  leaseRows(transaction, inTurn, request)
  return [...due, ...inTurn].map(queueItem)
}

function leaseRows(
  transaction: Transaction,
  rows: readonly Row[],
  { owner, leaseUntil }: Pick<LeaseRequest, 'owner' | 'leaseUntil'>,
): void {
  for (const row of rows) {
    transaction.run(
      'UPDATE queue SET lease_owner = ?, lease_until_ms = ? WHERE key = ?',
      owner,
      Math.round(leaseUntil),
      integer(row, 'key'),
    )
  }
}

/** Leases these items, whatever they wait for; not those that are leased to somebody else now. */
export function takeItems(
  transaction: Transaction,
  { queueIds, owner, now, leaseUntil }: TakeRequest,
): readonly QueueItem[] {
  return queueIds.flatMap((id) => {
    const taken = transaction.run(
      `UPDATE queue SET lease_owner = ?, lease_until_ms = ?
        WHERE id = ? AND (lease_owner IS NULL OR lease_owner = ? OR lease_until_ms <= ?)`,
      owner,
      Math.round(leaseUntil),
      id,
      owner,
      now,
    )
    if (taken.changes === 0) return []
    return transaction.all(`${selectQueue} WHERE queue.id = ?`, id).map(queueItem)
  })
}

/** So many holds at most are ended by one lease; the next one goes on. */
const holdsAtOnce = 1000

/** Ends holds whose time is over. */
function endHolds(transaction: Transaction, now: number): void {
  const { changes } = transaction.run(
    `UPDATE queue SET held = 0, hold_reason = '', held_until_ms = NULL WHERE key IN
      (SELECT key FROM queue WHERE held = 1 AND held_until_ms <= ? ORDER BY held_until_ms LIMIT ?)`,
    now,
    holdsAtOnce,
  )
  transaction.count('held', -changes)
  if (changes > 0) transaction.tell({ type: 'queue' })
}

/**
 * Settles what each owner still leases; a lease that ran out but was not taken over still counts.
 * A journey gets the word and the sentence of all its recipients, once, however many are settled.
 *
 * @returns the ids of the items whose leases were lost
 */
export function settleItems(
  transaction: Transaction,
  settlements: readonly Settlement[],
): readonly string[] {
  const { lost, standing } = standingSettlements(settlements, ({ queueId, owner }) => {
    const sql = 'SELECT 1 FROM queue WHERE id = ? AND lease_owner = ?'
    return transaction.get(sql, queueId, owner) !== undefined
  })
  const touched = new Map<number, Told>()
  for (const settlement of standing) {
    const journey = settleItem(transaction, settlement)
    if (journey !== undefined) touched.set(journey, settlement)
  }
  for (const [journey, last] of touched) tellWhole(transaction, journey, last)
  return lost
}

/** @returns the key of the journey that it belongs to; `undefined` when nothing was settled */
function settleItem(transaction: Transaction, settlement: Settlement): number | undefined {
  const { queueId, owner, outcome } = settlement
  const item = transaction.get(
    'SELECT key, message, journey_id, recipient FROM queue WHERE id = ? AND lease_owner = ?',
    queueId,
    owner,
  )
  if (item === undefined) return undefined
  const key = integer(item, 'key')
  if (outcome.type === 'deferred') {
    transaction.run(
      `UPDATE queue SET attempts = attempts + ?, next_attempt_ms = ?, last_problem = ?,
        last_kind = ?, not_before_ms = NULL, lease_owner = NULL, lease_until_ms = NULL WHERE key = ?`,
      outcome.attempted === false ? 0 : 1,
      Math.round(outcome.nextAttemptAt),
      outcome.problem,
      outcome.kind ?? '',
      key,
    )
    transaction.tell({ type: 'queue', dueAt: outcome.nextAttemptAt })
  } else {
    takeOut(transaction, key)
    transaction.tell({ type: 'queue' })
  }
  const journey = tell(transaction, item, settlement)
  if (outcome.type !== 'deferred') dropSettledMessage(transaction, integer(item, 'message'))
  return journey
}

/** What a journey is told of one of its recipients. */
type Told = Pick<
  Settlement,
  'steps' | 'shared' | 'status' | 'summary' | 'notification' | 'register'
>

function takeOut(transaction: Transaction, key: number): void {
  const left = transaction.get('DELETE FROM queue WHERE key = ? RETURNING held', key)
  transaction.count('queued', -1)
  transaction.count('held', -integer(left ?? {}, 'held'))
}

/** @returns the key of the journey that the item belongs to; `undefined` when it is gone */
function tell(transaction: Transaction, item: Row, told: Told): number | undefined {
  const { status, steps, shared, notification, register } = told
  const journeyId = text(item, 'journey_id')
  const journey = appendSteps(transaction, { journeyId, steps, shared })
  if (journey !== undefined) {
    const accounts = accountsFiled(told, journeyId)
    putRecipient(transaction, journey, { address: text(item, 'recipient'), status, accounts })
  }
  if (notification !== undefined) writeAcceptance(transaction, notification)
  putRegister(transaction, register ?? [])
  return journey
}

export function releaseLeases(transaction: Transaction, of?: LeasesOf): void {
  const ends = 'UPDATE queue SET lease_owner = NULL, lease_until_ms = NULL WHERE'
  let changes = 0
  if (of === undefined) changes += transaction.run(`${ends} lease_owner IS NOT NULL`).changes
  for (const id of of?.queueIds ?? []) {
    changes += transaction.run(`${ends} id = ? AND lease_owner = ?`, id, of?.owner ?? '').changes
  }
  const dueAt = changes === 0 ? undefined : nextDueAt(transaction)
  if (dueAt !== undefined) transaction.tell({ type: 'queue', dueAt })
}

export function holdItems(
  transaction: Transaction,
  queueIds: readonly string[],
  how?: Hold,
): number {
  let [held, changed] = [0, 0]
  const { reason, until, told = [] } = how ?? { reason: '' }
  const steps = new Map(told.map((one) => [one.queueId, one.steps]))
  const end = until === undefined ? null : Math.round(until)
  for (const id of queueIds) {
    const set = 'UPDATE queue SET held = 1, hold_reason = ?, held_until_ms = ? WHERE id = ?'
    const fresh = transaction.run(`${set} AND held = 0`, reason, end, id).changes
    const otherwise =
      how === undefined
        ? 0
        : transaction.run(
            `${set} AND (hold_reason <> ? OR held_until_ms IS NOT ?)`,
            reason,
            end,
            id,
            reason,
            end,
          ).changes
    held += fresh
    changed += otherwise
    if (fresh + otherwise > 0) tellJourney(transaction, id, steps.get(id))
  }
  transaction.count('held', held)
  if (held + changed > 0) {
    transaction.tell({ type: 'queue', ...(until === undefined ? {} : { dueAt: until }) })
  }
  return held
}

export function releaseItems(
  transaction: Transaction,
  { queueIds, nextAttemptAt, told = [] }: Release,
): number {
  let released = 0
  const steps = new Map(told.map((one) => [one.queueId, one.steps]))
  for (const id of queueIds) {
    const ends =
      "UPDATE queue SET held = 0, hold_reason = '', held_until_ms = NULL WHERE id = ? AND held = 1"
    const ended = transaction.run(ends, id).changes
    transaction.count('held', -ended)
    if (ended > 0) tellJourney(transaction, id, steps.get(id))
    released += transaction.run(
      'UPDATE queue SET next_attempt_ms = ? WHERE id = ?',
      Math.round(nextAttemptAt),
      id,
    ).changes
  }
  if (released > 0) transaction.tell({ type: 'queue', dueAt: nextAttemptAt })
  return released
}

function tellJourney(transaction: Transaction, queueId: string, steps: string | undefined): void {
  if (steps === undefined) return
  const item = transaction.get('SELECT journey_id FROM queue WHERE id = ?', queueId)
  if (item === undefined) return
  appendSteps(transaction, { journeyId: text(item, 'journey_id'), steps, shared: [] })
}

export function nextDueAt(transaction: Transaction): number | undefined {
  const leased = transaction.get(
    `SELECT lease_until_ms AS due FROM queue WHERE held = 0 AND lease_owner IS NOT NULL
      ORDER BY lease_until_ms LIMIT 1`,
  )
  const held = transaction.get(
    `SELECT held_until_ms AS due FROM queue WHERE held = 1 AND held_until_ms IS NOT NULL
      ORDER BY held_until_ms LIMIT 1`,
  )
  const ends = [leased, held].flatMap((row) => (row === undefined ? [] : [integer(row, 'due')]))
  const times = [...firstDueAt(transaction), ...ends]
  return times.length === 0 ? undefined : Math.min(...times)
}
