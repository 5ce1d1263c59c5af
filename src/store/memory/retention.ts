import { removeExpiredInMemory } from './register.ts'
import type { MemoryWork } from './tables.ts'
import type { PruneRequest, PruneResult } from '../ports/retention.ts'
import { strangerKind } from '../strangers.ts'

/** Removes all that may go at once. */
export function pruneMemory(work: MemoryWork, request: PruneRequest): PruneResult {
  const { messages, contents } = work.tables
  const before = { messages: messages.size, contents: contents.size }
  const journeys = pruneJourneys(work, request)
  pruneKept(work, request)
  if (request.expiredBy !== undefined) removeExpiredInMemory(work, request.expiredBy)
  const facts = pruneFacts(work)
  return {
    journeys,
    messages: before.messages - messages.size,
    contents: before.contents - contents.size,
    facts,
  }
}

function pruneJourneys(work: MemoryWork, request: PruneRequest): number {
  const { journeysBefore, scansBefore = journeysBefore } = request
  const { journeys, queue } = work.tables
  const queued = new Set(Array.from(queue.values(), ({ item }) => item.journeyId.toLowerCase()))
  let pruned = 0
  for (const [id, { journey }] of Array.from(journeys)) {
    const scan = strangerKind(journey) === 'scan' && journey.startedAt < scansBefore
    if (queued.has(id) || !(scan || journey.startedAt < journeysBefore)) continue
    work.undo.delete(journeys, id)
    work.undo.tell({ type: 'journey', id: journey.id })
    if (journey.messageId !== undefined) dropUnreferred(work, journey.messageId)
    pruned++
  }
  return pruned
}

function pruneKept(work: MemoryWork, { refusedBefore = -Infinity }: PruneRequest): void {
  for (const { journey } of Array.from(work.tables.journeys.values())) {
    if (strangerKind(journey) === undefined || journey.startedAt >= refusedBefore) continue
    if (journey.messageId !== undefined) leaveMessage(work, journey.messageId)
  }
}

function pruneFacts({ tables: { journeys, facts }, undo }: MemoryWork): number {
  const starts = Array.from(journeys.values(), ({ journey }) => journey.startedAt)
  const oldest = starts.reduce((a, b) => Math.min(a, b), Infinity)
  const unused = Array.from(facts).filter(([, { usedMs }]) => usedMs < oldest)
  for (const [hash] of unused) undo.delete(facts, hash)
  return unused.length
}

/** Takes a message from the journeys that have it, and removes it where nothing else does. */
export function leaveMessage(work: MemoryWork, messageId: string): void {
  const { journeys, queue, items } = work.tables
  const has = (one: { readonly messageId: string }): boolean => one.messageId === messageId
  if (Array.from(queue.values()).some(({ item }) => has(item))) return
  if (Array.from(items.values()).some(has)) return
  for (const [id, stored] of Array.from(journeys)) {
    if (stored.journey.messageId !== messageId) continue
    const { messageId: _gone, ...journey } = stored.journey
    work.undo.set(journeys, id, { ...stored, journey })
    work.undo.tell({ type: 'journey', id: journey.id })
  }
  dropUnreferred(work, messageId)
}

function dropUnreferred({ tables, undo }: MemoryWork, messageId: string): void {
  const { messages, contents, journeys, queue, items } = tables
  const message = messages.get(messageId)
  const referred =
    Array.from(queue.values()).some(({ item }) => item.messageId === messageId) ||
    Array.from(items.values()).some((item) => item.messageId === messageId) ||
    Array.from(journeys.values()).some(({ journey }) => journey.messageId === messageId)
  if (referred || message === undefined) return
  undo.delete(messages, messageId)
  const { sha256 } = message
  if (!Array.from(messages.values()).some((other) => other.sha256 === sha256)) {
    undo.delete(contents, sha256)
  }
}
