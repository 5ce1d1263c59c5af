import { acceptInMemory, appendMemorySteps, tellMemoryRecipient } from './post.ts'
import { putInMemory } from './register.ts'
import { leaveMessage } from './retention.ts'
import type { MemoryQueueRow, MemoryWork } from './tables.ts'
import { accountsFiled, standingSettlements } from '../operations.ts'
import { senderOf } from '../sender.ts'
import type {
  Hold,
  LeaseRequest,
  LeasesOf,
  QueueItem,
  SenderTurns,
  Release,
  Settlement,
  TakeRequest,
  ToldItem,
} from '../ports/queue.ts'

/** As `leaseItems` does it in the database; so do the others here. */
export function leaseInMemory(work: MemoryWork, request: LeaseRequest): readonly QueueItem[] {
  const { queue } = work.tables
  const { owner, now, leaseUntil, limit, farthest = Infinity, turns } = request
  endHolds(work, now)
  const isDue = ({ nextAttemptAt: at, notBefore }: QueueItem): boolean => {
    return at <= now || (at > Math.max(now, farthest) && notBefore === undefined)
  }
  const due = Array.from(queue.values())
    .filter(({ item, lease }) =>
      item.held ? false : lease === undefined ? isDue(item) : lease.until <= now,
    )
    .sort(
      (a, b) =>
        (b.item.priority ?? 0) - (a.item.priority ?? 0) ||
        a.item.nextAttemptAt - b.item.nextAttemptAt ||
        a.key - b.key,
    )
    .slice(0, limit)
  const lease = { owner, until: leaseUntil }
  for (const row of due) work.undo.set(queue, row.item.id, { ...row, lease })
  const inTurn = bySender(work, now, turns)
  for (const row of inTurn) work.undo.set(queue, row.item.id, { ...row, lease })
  return [...due, ...inTurn].map(({ item }) => item)
}

/** As `firstBySender`. */
function bySender(
  { tables: { queue } }: MemoryWork,
  now: number,
  turns: SenderTurns | undefined,
): readonly MemoryQueueRow[] {
  if (turns === undefined) return []
  const { after, each, limit, apart } = turns
  const waiting = Array.from(queue.values())
    .filter(({ item, lease }) => !item.held && lease === undefined && item.nextAttemptAt <= now)
    .sort((a, b) => a.item.nextAttemptAt - b.item.nextAttemptAt || a.key - b.key)
  const names = Array.from(new Set(waiting.map(({ item }) => senderOf(item))))
    .filter((name) => !apart.includes(name))
    .toSorted()
  const inTurn = [...names.filter((name) => name > after), ...names.filter((name) => name <= after)]
  return inTurn
    .flatMap((name) => waiting.filter(({ item }) => senderOf(item) === name).slice(0, each))
    .slice(0, limit)
}

function endHolds(work: MemoryWork, now: number): void {
  const { queue } = work.tables
  let ended = 0
  for (const [id, row] of Array.from(queue)) {
    if (!row.item.held || (row.item.heldUntil ?? Infinity) > now) continue
    work.undo.set(queue, id, { ...row, item: withoutHold(row.item) })
    ended++
  }
  if (ended > 0) work.undo.tell({ type: 'queue' })
}

function withoutHold({ heldUntil: _end, ...item }: QueueItem): QueueItem {
  return { ...item, held: false, holdReason: '' }
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
    const { nextAttemptAt, problem, kind, attempted } = outcome
    const attempts = item.attempts + (attempted === false ? 0 : 1)
    const { notBefore: _past, lastKind: _kind, ...rest } = item
    const meant = kind === undefined ? {} : { lastKind: kind }
    const deferred = { ...rest, attempts, nextAttemptAt, lastProblem: problem, ...meant }
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
  told: Pick<Settlement, 'steps' | 'shared' | 'status' | 'summary' | 'notification' | 'register'>,
): void {
  const { summary, steps, shared, notification, register } = told
  const { journeyId, recipient: address } = item
  appendMemorySteps(work, { journeyId, steps, shared })
  const accounts = accountsFiled(told, journeyId)
  tellMemoryRecipient(work, journeyId, { address, status: told.status, summary, accounts })
  if (notification !== undefined) acceptInMemory(work, notification)
  putInMemory(work, register ?? [])
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

export function holdInMemory(work: MemoryWork, queueIds: readonly string[], how?: Hold): number {
  const { queue } = work.tables
  let [held, changed] = [0, 0]
  const { reason, until, told = [] } = how ?? { reason: '' }
  for (const id of queueIds) {
    const row = queue.get(id)
    if (row === undefined || (row.item.held && how === undefined)) continue
    const { item } = row
    if (item.held && item.holdReason === reason && item.heldUntil === until) continue
    const end = until === undefined ? {} : { heldUntil: until }
    const other = { ...withoutHold(item), held: true, holdReason: reason, ...end }
    work.undo.set(queue, id, { ...row, item: other })
    if (item.held) changed++
    else held++
    tellJourney(work, item, told)
  }
  if (held + changed > 0) {
    work.undo.tell({ type: 'queue', ...(until === undefined ? {} : { dueAt: until }) })
  }
  return held
}

export function releaseInMemory(
  work: MemoryWork,
  { queueIds, nextAttemptAt, told = [] }: Release,
): number {
  const { queue } = work.tables
  let released = 0
  for (const id of queueIds) {
    const row = queue.get(id)
    if (row === undefined) continue
    const item = { ...withoutHold(row.item), nextAttemptAt }
    work.undo.set(queue, id, { ...row, item })
    if (row.item.held) tellJourney(work, item, told)
    released++
  }
  if (released > 0) work.undo.tell({ type: 'queue', dueAt: nextAttemptAt })
  return released
}

function tellJourney(
  work: MemoryWork,
  { id, journeyId }: QueueItem,
  told: readonly ToldItem[],
): void {
  const steps = told.findLast(({ queueId }) => queueId === id)?.steps
  if (steps !== undefined) appendMemorySteps(work, { journeyId, steps, shared: [] })
}

export function nextDueInMemory({ tables: { queue } }: MemoryWork): number | undefined {
  const times = Array.from(queue.values()).flatMap(({ item, lease }) => {
    return (item.held ? item.heldUntil : (lease?.until ?? item.nextAttemptAt)) ?? []
  })
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
}
