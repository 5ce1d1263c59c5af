import { countStatuses, wholeStatus, wholeSummary } from '../../journey/recipients.ts'
import { acceptInMemory, appendMemorySteps } from './post.ts'
import { leaveMessage } from './retention.ts'
import type { MemoryWork } from './tables.ts'
import { standingSettlements } from '../operations.ts'
import type { LeaseRequest, LeasesOf, QueueItem, Settlement, TakeRequest } from '../ports/queue.ts'

/** As `leaseItems` does it in the database; so do the others here. */
export function leaseInMemory(work: MemoryWork, request: LeaseRequest): readonly QueueItem[] {
  const { queue } = work.tables
  const { owner, now, leaseUntil, limit, farthest = Infinity } = request
  const isDue = (at: number): boolean => at <= now || at > Math.max(now, farthest)
  const due = Array.from(queue.values())
    .filter(({ item, lease }) =>
      item.held ? false : lease === undefined ? isDue(item.nextAttemptAt) : lease.until <= now,
    )
    .sort((a, b) => a.item.nextAttemptAt - b.item.nextAttemptAt || a.key - b.key)
    .slice(0, limit)
  const lease = { owner, until: leaseUntil }
  for (const row of due) work.undo.set(queue, row.item.id, { ...row, lease })
  return due.map(({ item }) => item)
}

export function settleInMemory(
  work: MemoryWork,
  settlements: readonly Settlement[],
): readonly string[] {
  const { queue } = work.tables
  const { lost, standing } = standingSettlements(settlements, ({ queueId, owner }) => {
    return queue.get(queueId)?.lease?.owner === owner
  })
  for (const settlement of standing) settleOne(work, settlement)
  return lost
}

function settleOne(work: MemoryWork, settlement: Settlement): void {
  const { queue } = work.tables
  const { queueId, owner, outcome } = settlement
  const row = queue.get(queueId)
  if (row === undefined || row.lease?.owner !== owner) return
  const { key, item } = row
  if (outcome.type === 'deferred') {
    const { nextAttemptAt, problem, attempted } = outcome
    const attempts = item.attempts + (attempted === false ? 0 : 1)
    const deferred = { ...item, attempts, nextAttemptAt, lastProblem: problem }
    work.undo.set(queue, queueId, { key, item: deferred, lease: undefined })
    work.undo.tell({ type: 'queue', dueAt: nextAttemptAt })
  } else {
    work.undo.delete(queue, queueId)
    work.undo.tell({ type: 'queue' })
  }
  tell(work, item, settlement)
  if (outcome.type !== 'deferred') leaveMessage(work, item.messageId)
}

export function takeInMemory(
  work: MemoryWork,
  { queueIds, owner, now, leaseUntil }: TakeRequest,
): readonly QueueItem[] {
  const { queue } = work.tables
  return queueIds.flatMap((id) => {
    const row = queue.get(id)
    const { lease } = row ?? {}
    if (row === undefined) return []
    if (lease !== undefined && lease.owner !== owner && lease.until > now) return []
    work.undo.set(queue, id, { ...row, lease: { owner, until: leaseUntil } })
    return [row.item]
  })
}

function tell(
  work: MemoryWork,
  item: QueueItem,
  told: Pick<Settlement, 'steps' | 'shared' | 'status' | 'summary' | 'notification'>,
): void {
  const { summary, steps, shared, notification } = told
  const { journeys } = work.tables
  appendMemorySteps(work, { journeyId: item.journeyId, steps, shared })
  const id = item.journeyId.toLowerCase()
  const stored = journeys.get(id)
  if (stored !== undefined) {
    const recipients = new Map(stored.recipients)
    const { recipient: address } = item
    const accounts = recipients.get(address)?.accounts ?? ''
    recipients.set(address, { address, status: told.status, accounts })
    const counts = countStatuses(Array.from(recipients.values()))
    const status = wholeStatus(counts) ?? told.status
    const journey = { ...stored.journey, status, summary: wholeSummary(counts, summary) }
    work.undo.set(journeys, id, { ...stored, journey, recipients })
  }
  if (notification !== undefined) acceptInMemory(work, notification)
}

export function releaseMemoryLeases(work: MemoryWork, of?: LeasesOf): void {
  const { queue } = work.tables
  const ids = of === undefined ? undefined : new Set(of.queueIds)
  let released = 0
  for (const [id, { key, item, lease }] of Array.from(queue)) {
    if (lease === undefined) continue
    if (ids !== undefined && (!ids.has(id) || lease.owner !== of?.owner)) continue
    work.undo.set(queue, id, { key, item, lease: undefined })
    released++
  }
  const dueAt = released === 0 ? undefined : nextDueInMemory(work)
  if (dueAt !== undefined) work.undo.tell({ type: 'queue', dueAt })
}

export function holdInMemory(work: MemoryWork, queueIds: readonly string[]): number {
  const { queue } = work.tables
  let held = 0
  for (const id of queueIds) {
    const row = queue.get(id)
    if (row === undefined || row.item.held) continue
    work.undo.set(queue, id, { ...row, item: { ...row.item, held: true } })
    held++
  }
  if (held > 0) work.undo.tell({ type: 'queue' })
  return held
}

export function releaseInMemory(
  work: MemoryWork,
  queueIds: readonly string[],
  nextAttemptAt: number,
): number {
  const { queue } = work.tables
  let released = 0
  for (const id of queueIds) {
    const row = queue.get(id)
    if (row === undefined) continue
    const item = { ...row.item, held: false, nextAttemptAt }
    work.undo.set(queue, id, { ...row, item })
    released++
  }
  if (released > 0) work.undo.tell({ type: 'queue', dueAt: nextAttemptAt })
  return released
}

export function nextDueInMemory({ tables: { queue } }: MemoryWork): number | undefined {
  const times = Array.from(queue.values())
    .filter(({ item }) => !item.held)
    .map(({ item, lease }) => lease?.until ?? item.nextAttemptAt)
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
}
