import { readFileSync, rmSync } from 'node:fs'
import { concat } from '../base/octets.ts'
import { countStatuses, wholeStatus, wholeSummary } from '../journey/recipients.ts'
import { accountPort, actPort } from './account-port.ts'
import { contentOf } from './content-sink.ts'
import {
  changeMemoryAccounts,
  fileInMemory,
  putMemoryAct,
  takeOutInMemory,
} from './memory-accounts.ts'
import type { LeaseRequest, TakeRequest } from './operations.ts'
import { messagesIn, recipientsIn, standingSettlements } from './operations.ts'
import { keptRanges, messageSize } from './message-ranges.ts'
import { MemoryReader } from './memory-reader.ts'
import type { MemoryTables } from './memory-tables.ts'
import { UndoLog, emptyTables } from './memory-tables.ts'
import type { AccountPort } from './ports/accounts.ts'
import type { ActPort } from './ports/acts.ts'
import type {
  Acceptance,
  ContentSink,
  DkimKeyRow,
  FullStore,
  LaterSteps,
  NewContent,
  NewMessage,
  PruneRequest,
  PruneResult,
  QueueItem,
  Settlement,
  SharedFact,
  StoreReader,
} from './store.ts'
import { strangerKind } from './strangers.ts'

const hourMs = 3_600_000

export interface MemoryStoreOptions {
  /** Called before each change; what it throws is the fault of that step (for tests). */
  readonly beforeChange?: () => void
}

/**
 * The store in memory: the same behaviour as the real one, nothing durable. For tests of what
 * stands above the store; the contract tests hold both to the same words.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): FullStore {
  return new MemoryStore(options.beforeChange ?? (() => undefined))
}

class MemoryStore implements FullStore {
  readonly read: StoreReader
  readonly accounts: AccountPort
  readonly acts: ActPort
  readonly #tables: MemoryTables = emptyTables()
  readonly #undo: UndoLog
  #closed = false

  constructor(beforeChange: () => void) {
    this.#undo = new UndoLog(beforeChange)
    this.read = new MemoryReader(this.#tables)
    const [tables, undo] = [this.#tables, this.#undo]
    this.accounts = accountPort(this.read, (change) => {
      return this.#atomically(() => changeMemoryAccounts(tables, undo, change))
    })
    this.acts = actPort(this.read, (act) => {
      return this.#atomically(() => putMemoryAct(tables, undo, act))
    })
  }

  newContent(): ContentSink {
    return new MemorySink()
  }

  accept(acceptance: Acceptance): Promise<void> {
    return this.#atomically(() => this.#accept(acceptance))
  }

  lease(request: LeaseRequest): Promise<readonly QueueItem[]> {
    return this.#atomically(() => {
      const { owner, now, leaseUntil, limit, farthest = Infinity } = request
      const isDue = (at: number): boolean => at <= now || at > Math.max(now, farthest)
      const due = Array.from(this.#tables.queue.values())
        .filter(({ item, lease }) =>
          item.held ? false : lease === undefined ? isDue(item.nextAttemptAt) : lease.until <= now,
        )
        .sort((a, b) => a.item.nextAttemptAt - b.item.nextAttemptAt || a.key - b.key)
        .slice(0, limit)
      for (const row of due) {
        const lease = { owner, until: leaseUntil }
        this.#undo.set(this.#tables.queue, row.item.id, { ...row, lease })
      }
      return due.map(({ item }) => item)
    })
  }

  take({ queueIds, owner, now, leaseUntil }: TakeRequest): Promise<readonly QueueItem[]> {
    return this.#atomically(() => {
      return queueIds.flatMap((id) => {
        const row = this.#tables.queue.get(id)
        const { lease } = row ?? {}
        if (row === undefined) return []
        if (lease !== undefined && lease.owner !== owner && lease.until > now) return []
        this.#undo.set(this.#tables.queue, id, { ...row, lease: { owner, until: leaseUntil } })
        return [row.item]
      })
    })
  }

  removeMail({ items }: Parameters<FullStore['removeMail']>[0]): Promise<number> {
    return this.#atomically(() => {
      const left = items.flatMap((place) => takeOutInMemory(this.#tables, this.#undo, place) ?? [])
      for (const messageId of left) this.#leaveMessage(messageId)
      return left.length
    })
  }

  settle(settlements: readonly Settlement[]): Promise<readonly string[]> {
    return this.#atomically(() => {
      const { lost, standing } = standingSettlements(settlements, ({ queueId, owner }) => {
        return this.#tables.queue.get(queueId)?.lease?.owner === owner
      })
      for (const settlement of standing) this.#settle(settlement)
      return lost
    })
  }

  releaseLeases(): Promise<void> {
    return this.#atomically(() => {
      for (const [id, row] of Array.from(this.#tables.queue)) {
        if (row.lease !== undefined) {
          this.#undo.set(this.#tables.queue, id, { key: row.key, item: row.item, lease: undefined })
        }
      }
    })
  }

  hold(queueIds: readonly string[]): Promise<number> {
    return this.#atomically(() => {
      let held = 0
      for (const id of queueIds) {
        const row = this.#tables.queue.get(id)
        if (row === undefined || row.item.held) continue
        this.#undo.set(this.#tables.queue, id, { ...row, item: { ...row.item, held: true } })
        held++
      }
      return held
    })
  }

  release(queueIds: readonly string[], nextAttemptAt: number): Promise<number> {
    return this.#atomically(() => {
      let released = 0
      for (const id of queueIds) {
        const row = this.#tables.queue.get(id)
        if (row === undefined) continue
        const item = { ...row.item, held: false, nextAttemptAt }
        this.#undo.set(this.#tables.queue, id, { ...row, item })
        released++
      }
      return released
    })
  }

  nextDueAt(): Promise<number | undefined> {
    return this.#atomically(() => {
      const times = Array.from(this.#tables.queue.values())
        .filter(({ item }) => !item.held)
        .map(({ item, lease }) => lease?.until ?? item.nextAttemptAt)
      return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
    })
  }

  putDkimKey(key: DkimKeyRow): Promise<void> {
    return this.#atomically(() => {
      this.#undo.set(this.#tables.dkimKeys, `${key.domain} ${key.selector}`, key)
    })
  }

  prune(request: PruneRequest): Promise<PruneResult> {
    return this.#atomically(() => {
      const before = { messages: this.#tables.messages.size, contents: this.#tables.contents.size }
      const journeys = this.#pruneJourneys(request)
      this.#pruneKept(request)
      const facts = this.#pruneFacts()
      return {
        journeys,
        messages: before.messages - this.#tables.messages.size,
        contents: before.contents - this.#tables.contents.size,
        facts,
      }
    })
  }

  #pruneJourneys({ journeysBefore, scansBefore = journeysBefore }: PruneRequest): number {
    const { journeys, queue } = this.#tables
    const queued = new Set(Array.from(queue.values(), ({ item }) => item.journeyId.toLowerCase()))
    let pruned = 0
    for (const [id, { journey }] of Array.from(journeys)) {
      const scan = strangerKind(journey) === 'scan' && journey.startedAt < scansBefore
      if (queued.has(id) || !(scan || journey.startedAt < journeysBefore)) continue
      this.#undo.delete(journeys, id)
      if (journey.messageId !== undefined) this.#dropUnreferred(journey.messageId)
      pruned++
    }
    return pruned
  }

  #pruneKept({ refusedBefore = -Infinity }: PruneRequest): void {
    for (const stored of Array.from(this.#tables.journeys.values())) {
      const { journey } = stored
      if (strangerKind(journey) === undefined || journey.startedAt >= refusedBefore) continue
      if (journey.messageId !== undefined) this.#leaveMessage(journey.messageId)
    }
  }

  #pruneFacts(): number {
    const { journeys, facts } = this.#tables
    const starts = Array.from(journeys.values(), ({ journey }) => journey.startedAt)
    const oldest = starts.reduce((a, b) => Math.min(a, b), Infinity)
    const unused = Array.from(facts).filter(([, { usedMs }]) => usedMs < oldest)
    for (const [hash] of unused) this.#undo.delete(facts, hash)
    return unused.length
  }

  /** Takes a message from the journeys that have it, and removes it where nothing else does. */
  #leaveMessage(messageId: string): void {
    const { journeys, queue, items } = this.#tables
    const has = (one: { readonly messageId: string }): boolean => one.messageId === messageId
    if (Array.from(queue.values()).some(({ item }) => has(item))) return
    if (Array.from(items.values()).some(has)) return
    for (const [id, stored] of Array.from(journeys)) {
      if (stored.journey.messageId !== messageId) continue
      const { messageId: _gone, ...journey } = stored.journey
      this.#undo.set(journeys, id, { ...stored, journey })
    }
    this.#dropUnreferred(messageId)
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  /** All of `change` or, when it throws, nothing of it. Never answers in the same turn. */
  async #atomically<T>(change: () => T): Promise<T> {
    if (this.#closed) throw new Error('Store: it is closed')
    await Promise.resolve()
    return this.#undo.atomically(change)
  }

  #accept(acceptance: Acceptance): void {
    const { journeys, queue } = this.#tables
    const read = new Map<NewContent, Uint8Array>()
    for (const message of messagesIn(acceptance)) {
      // A file is taken over by the first message; the others are made of the same octets.
      const octets = read.get(message.content) ?? octetsOf(message.content)
      read.set(message.content, octets)
      this.#putMessage(message, octets)
    }
    for (const journey of acceptance.journeys) {
      const id = journey.id.toLowerCase()
      if (journeys.has(id)) throw new Error(`Store: journey ${journey.id} is there already`)
      if (journey.messageId !== undefined) this.#mustExist(journey.messageId)
      const recipients = new Map(recipientsIn(journey).map((one) => [one.address, one]))
      const key = this.#undo.nextKey()
      // Nothing here outlives the process, so the order of writing is all the time there is.
      const facts = { appended: [], recipients, writtenAt: key }
      const row = { key, journey: structuredClone(journey), ...facts }
      this.#undo.set(journeys, id, row)
      this.#putFacts(journey.shared, journey.startedAt)
    }
    for (const item of acceptance.queue) {
      this.#mustExist(item.messageId)
      if (queue.has(item.id)) throw new Error(`Store: queue item ${item.id} is there already`)
      const waiting = { ...structuredClone(item), attempts: 0, held: false, lastProblem: '' }
      const row = { key: this.#undo.nextKey(), item: waiting, lease: undefined }
      this.#undo.set(queue, item.id, row)
    }
    for (const item of acceptance.mailbox) {
      this.#mustExist(item.messageId)
      fileInMemory(this.#tables, this.#undo, item)
    }
    for (const later of acceptance.laterSteps ?? []) this.#appendSteps(later)
  }

  #appendSteps({ journeyId, steps, shared }: LaterSteps): void {
    const id = journeyId.toLowerCase()
    const stored = this.#tables.journeys.get(id)
    if (stored === undefined) return
    const appended = [...stored.appended, steps]
    this.#undo.set(this.#tables.journeys, id, { ...stored, appended })
    this.#putFacts(shared, stored.journey.startedAt)
  }

  #putMessage({ id, content, prefix, omit }: NewMessage, octets: Uint8Array): void {
    const { messages, contents } = this.#tables
    const size = messageSize(prefix, keptRanges(content.size, omit))
    if (messages.has(id)) throw new Error(`Store: message ${id} is there already`)
    if (!contents.has(content.sha256)) this.#undo.set(contents, content.sha256, octets)
    const message = { id, sha256: content.sha256, size, prefix: prefix.slice() }
    this.#undo.set(messages, id, { ...message, omit: structuredClone(omit) })
  }

  #mustExist(messageId: string): void {
    if (!this.#tables.messages.has(messageId)) {
      throw new Error(`Store: there is no message ${messageId}`)
    }
  }

  #putFacts(facts: readonly SharedFact[], journeyStartedAt: number): void {
    const usedMs = Math.ceil(journeyStartedAt / hourMs) * hourMs
    for (const { hash, json } of facts) {
      const known = this.#tables.facts.get(hash)
      const fact = { json: known?.json ?? json, usedMs: Math.max(usedMs, known?.usedMs ?? usedMs) }
      this.#undo.set(this.#tables.facts, hash, fact)
    }
  }

  #settle(settlement: Settlement): void {
    const { queueId, owner, outcome, notification } = settlement
    const row = this.#tables.queue.get(queueId)
    if (row === undefined || row.lease?.owner !== owner) return
    const { key, item } = row
    if (outcome.type === 'deferred') {
      const { nextAttemptAt, problem, attempted } = outcome
      const attempts = item.attempts + (attempted === false ? 0 : 1)
      const deferred = { ...item, attempts, nextAttemptAt, lastProblem: problem }
      this.#undo.set(this.#tables.queue, queueId, { key, item: deferred, lease: undefined })
    } else {
      this.#undo.delete(this.#tables.queue, queueId)
    }
    const { summary, steps, shared } = settlement
    this.#appendSteps({ journeyId: item.journeyId, steps, shared })
    const id = item.journeyId.toLowerCase()
    const stored = this.#tables.journeys.get(id)
    if (stored !== undefined) {
      const recipients = new Map(stored.recipients)
      const { recipient: address } = item
      const accounts = recipients.get(address)?.accounts ?? ''
      recipients.set(address, { address, status: settlement.status, accounts })
      const counts = countStatuses(Array.from(recipients.values()))
      const status = wholeStatus(counts) ?? settlement.status
      const journey = { ...stored.journey, status, summary: wholeSummary(counts, summary) }
      this.#undo.set(this.#tables.journeys, id, { ...stored, journey, recipients })
    }
    if (notification !== undefined) this.#accept(notification)
    if (outcome.type !== 'deferred') this.#leaveMessage(item.messageId)
  }

  #dropUnreferred(messageId: string): void {
    const { messages, contents, journeys, queue, items } = this.#tables
    const message = messages.get(messageId)
    const referred =
      Array.from(queue.values()).some(({ item }) => item.messageId === messageId) ||
      Array.from(items.values()).some((item) => item.messageId === messageId) ||
      Array.from(journeys.values()).some(({ journey }) => journey.messageId === messageId)
    if (referred || message === undefined) return
    this.#undo.delete(messages, messageId)
    const { sha256 } = message
    if (!Array.from(messages.values()).some((other) => other.sha256 === sha256)) {
      this.#undo.delete(contents, sha256)
    }
  }
}

/** The octets of a content, checked. A file is taken over: read and removed. */
function octetsOf(content: NewContent): Uint8Array {
  const { source } = content
  const octets = source.type === 'octets' ? source.octets.slice() : readFileSync(source.path)
  if (source.type === 'file') rmSync(source.path)
  const right = contentOf(octets)
  if (right.size === content.size && right.sha256 === content.sha256) return octets
  throw new Error('Store: content does not have the size or hash it claims')
}

class MemorySink implements ContentSink {
  #chunks: Uint8Array[] | undefined = []

  push(chunk: Uint8Array): void {
    if (this.#chunks === undefined) throw new Error('MemorySink: push after the end')
    this.#chunks.push(chunk.slice())
  }

  finish(): Promise<NewContent> {
    if (this.#chunks === undefined) throw new Error('MemorySink: finish after the end')
    const octets = concat(this.#chunks)
    this.#chunks = undefined
    return Promise.resolve(contentOf(octets))
  }

  shorten(content: NewContent, octets: number): Promise<NewContent> {
    const { source } = content
    if (source.type !== 'octets') throw new Error('MemorySink: this content is not from here')
    return Promise.resolve(contentOf(source.octets.subarray(0, octets)))
  }

  abort(): void {
    this.#chunks = undefined
  }
}
