import { readFileSync, rmSync } from 'node:fs'
import { countStatuses, wholeStatus, wholeSummary } from '../../journey/recipients.ts'
import { contentOf } from '../ports/contents.ts'
import { fileInMemory } from './mailboxes.ts'
import { putInMemory } from './register.ts'
import { type MemoryWork, pairName } from './tables.ts'
import { type NewReceipt, receiptMs } from '../ports/receipts.ts'
import { keptRanges, messageSize } from '../message-ranges.ts'
import { firstAttemptAt, messagesIn, recipientsIn } from '../operations.ts'
import type {
  JourneyRecipient,
  Acceptance,
  LaterSteps,
  NewContent,
  NewJourney,
  NewMessage,
  NewQueueItem,
  SharedFact,
} from '../ports/post.ts'

const hourMs = 3_600_000

/** Writes an acceptance. Throws when it refers to a message that is neither in it nor stored. */
export function acceptInMemory(work: MemoryWork, acceptance: Acceptance): void {
  const read = new Map<NewContent, Uint8Array>()
  for (const message of messagesIn(acceptance)) {
    // A file is taken over by the first message; the others are made of the same octets.
    const octets = read.get(message.content) ?? octetsOf(message.content)
    read.set(message.content, octets)
    putMessage(work, message, octets)
  }
  for (const journey of acceptance.journeys) {
    putJourney(work, journey)
    work.undo.tell({ type: 'journey', id: journey.id })
  }
  for (const item of acceptance.queue) {
    const dueAt = firstAttemptAt(item)
    putQueueItem(work, { ...item, nextAttemptAt: dueAt })
    work.undo.tell({ type: 'queue', dueAt })
  }
  for (const item of acceptance.mailbox) {
    mustExist(work, item.messageId)
    fileInMemory(work, item)
    work.undo.tell({ type: 'mailbox', account: item.account })
  }
  for (const later of acceptance.laterSteps ?? []) {
    appendMemorySteps(work, later)
    for (const recipient of later.recipients ?? []) {
      tellMemoryRecipient(work, later.journeyId, recipient)
    }
  }
  if (acceptance.receipt !== undefined) putReceipt(work, acceptance.receipt)
  putInMemory(work, acceptance.register ?? [])
}

/** Appends steps to a journey; one that is gone is passed over. */
export function appendMemorySteps(
  work: MemoryWork,
  { journeyId, steps, shared }: LaterSteps,
): void {
  const { journeys } = work.tables
  const id = journeyId.toLowerCase()
  const stored = journeys.get(id)
  if (stored === undefined) return
  work.undo.set(journeys, id, { ...stored, appended: [...stored.appended, steps] })
  work.undo.tell({ type: 'journey', id: stored.journey.id })
  putFacts(work, shared, stored.journey.startedAt)
}

/** Says how it stands with a recipient of a journey, and so with the whole; one that is gone is passed over. */
export function tellMemoryRecipient(
  work: MemoryWork,
  journeyId: string,
  told: Omit<JourneyRecipient, 'accounts'> & {
    readonly summary: string
    /** Absent or empty: what is known of them stays. */
    readonly accounts?: string
  },
): void {
  const { journeys } = work.tables
  const id = journeyId.toLowerCase()
  const stored = journeys.get(id)
  if (stored === undefined) return
  const recipients = new Map(stored.recipients)
  const { address, status: his, summary } = told
  const accounts = told.accounts || (recipients.get(address)?.accounts ?? '')
  recipients.set(address, { address, status: his, accounts })
  const counts = countStatuses(Array.from(recipients.values()))
  const status = wholeStatus(counts) ?? his
  const journey = { ...stored.journey, status, summary: wholeSummary(counts, summary) }
  work.undo.set(journeys, id, { ...stored, journey, recipients })
}

function putReceipt({ tables, undo }: MemoryWork, receipt: NewReceipt): void {
  const { receipts } = tables
  for (const [name, { at }] of receipts) {
    if (at < receipt.at - receiptMs) undo.delete(receipts, name)
  }
  const name = pairName(receipt.who, receipt.key)
  if (receipts.has(name)) throw new Error(`Store: the key ${receipt.key} is used already`)
  undo.set(receipts, name, structuredClone(receipt))
}

function putMessage(work: MemoryWork, message: NewMessage, octets: Uint8Array): void {
  const { messages, contents } = work.tables
  const { id, content, prefix, omit } = message
  const size = messageSize(prefix, keptRanges(content.size, omit))
  if (messages.has(id)) throw new Error(`Store: message ${id} is there already`)
  if (!contents.has(content.sha256)) work.undo.set(contents, content.sha256, octets)
  const row = { id, sha256: content.sha256, size, prefix: prefix.slice() }
  work.undo.set(messages, id, { ...row, omit: structuredClone(omit) })
}

function putJourney(work: MemoryWork, journey: NewJourney): void {
  const { journeys } = work.tables
  const id = journey.id.toLowerCase()
  if (journeys.has(id)) throw new Error(`Store: journey ${journey.id} is there already`)
  if (journey.messageId !== undefined) mustExist(work, journey.messageId)
  const recipients = new Map(recipientsIn(journey).map((one) => [one.address, one]))
  const key = work.undo.nextKey()
  // Nothing here outlives the process, so the order of writing is all the time there is.
  const facts = { appended: [], recipients, writtenAt: key }
  work.undo.set(journeys, id, { key, journey: structuredClone(journey), ...facts })
  putFacts(work, journey.shared, journey.startedAt)
}

function putQueueItem(work: MemoryWork, item: NewQueueItem): void {
  const { queue } = work.tables
  mustExist(work, item.messageId)
  if (queue.has(item.id)) throw new Error(`Store: queue item ${item.id} is there already`)
  const { priority = 0, ...rest } = structuredClone(item)
  const fresh = { attempts: 0, held: false, holdReason: '', lastProblem: '' }
  const waiting = { ...rest, ...(priority === 0 ? {} : { priority }), ...fresh }
  work.undo.set(queue, item.id, { key: work.undo.nextKey(), item: waiting, lease: undefined })
}

function mustExist({ tables }: MemoryWork, messageId: string): void {
  if (!tables.messages.has(messageId)) throw new Error(`Store: there is no message ${messageId}`)
}

function putFacts(
  { tables, undo }: MemoryWork,
  facts: readonly SharedFact[],
  journeyStartedAt: number,
): void {
  const usedMs = Math.ceil(journeyStartedAt / hourMs) * hourMs
  for (const { hash, json } of facts) {
    const known = tables.facts.get(hash)
    const fact = { json: known?.json ?? json, usedMs: Math.max(usedMs, known?.usedMs ?? usedMs) }
    undo.set(tables.facts, hash, fact)
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
