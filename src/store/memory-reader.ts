import { maxAmbiguous, parseJourneyRef } from './journey-ref.ts'
import type { MemoryJourney, MemoryTables } from './memory-tables.ts'
import { hasMessageId, itemFits, journeyFits } from './memory-search.ts'
import { octetContent, openStored } from './message-ranges.ts'
import type {
  FoundJourney,
  FoundJourneys,
  JourneyQuery,
  JourneyRow,
  MailboxRow,
  OpenMessage,
  QueueItem,
  StoreReader,
} from './store.ts'

/** The reading side of the store in memory. */
export class MemoryReader implements StoreReader {
  readonly #tables: MemoryTables

  constructor(tables: MemoryTables) {
    this.#tables = tables
  }

  findJourney(ref: string): FoundJourney {
    const parsed = parseJourneyRef(ref)
    if (parsed.type === 'newest') return found(this.#lastWrittenFirst()[parsed.place - 1])
    if (parsed.type === 'message-id') {
      const { messageId } = parsed
      return oneOf(
        this.#lastWrittenFirst().filter(({ journey }) => {
          return hasMessageId(journey.headerMessageId, messageId)
        }),
      )
    }
    const id = parsed.id.toLowerCase()
    const exact = this.#tables.journeys.get(id)
    if (exact !== undefined || !parsed.mayBePart) return found(exact)
    const fitting = this.#newestFirst().filter(({ journey }) => {
      const whole = journey.id.toLowerCase()
      return whole.startsWith(id) || whole.endsWith(id)
    })
    return oneOf(fitting)
  }

  searchJourneys({ filter, limit }: Parameters<StoreReader['searchJourneys']>[0]): FoundJourneys {
    const rows = this.#lastWrittenFirst().filter((one) => journeyFits(one, filter))
    return { rows: rows.slice(0, limit).map(rowOf), searchedAll: true }
  }

  listJourneys(query: JourneyQuery): readonly JourneyRow[] {
    const { before, behind, direction, status } = query
    let rows = this.#newestFirst()
    if (behind !== undefined) {
      const place = rows.findIndex(
        ({ journey }) => journey.id.toLowerCase() === behind.toLowerCase(),
      )
      rows = place < 0 ? [] : rows.slice(place + 1)
    }
    return rows
      .filter(({ journey }) => before === undefined || journey.startedAt < before)
      .filter(({ journey }) => direction === undefined || journey.direction === direction)
      .filter(({ journey }) => status === undefined || journey.status === status)
      .slice(0, query.limit)
      .map(rowOf)
  }

  sharedFacts(hashes: readonly string[]): ReadonlyMap<string, string> {
    const facts = new Map<string, string>()
    for (const hash of hashes) {
      const fact = this.#tables.facts.get(hash)
      if (fact !== undefined) facts.set(hash, fact.json)
    }
    return facts
  }

  openMessage(id: string): OpenMessage | undefined {
    const message = this.#tables.messages.get(id)
    const octets = this.#tables.contents.get(message?.sha256 ?? '')
    if (message === undefined || octets === undefined) return undefined
    const { prefix, omit } = message
    return openStored({
      id,
      contentSize: octets.length,
      prefix,
      omit,
      read: octetContent(() => octets),
    })
  }

  listMailbox(query: {
    readonly account?: string
    readonly mailbox?: string
    readonly afterUid?: number
    readonly limit?: number
  }): readonly MailboxRow[] {
    const { account, mailbox, afterUid, limit } = query
    return Array.from(this.#tables.mailbox.values())
      .filter((item) => item.uid > (afterUid ?? 0))
      .filter((item) => account === undefined || item.account === account)
      .filter((item) => mailbox === undefined || item.mailbox === mailbox)
      .slice(0, limit)
      .map((item) => ({ ...item, size: this.#tables.messages.get(item.messageId)?.size ?? 0 }))
  }

  listQueue({ filter = {}, limit }: Parameters<StoreReader['listQueue']>[0]): readonly QueueItem[] {
    const { journeys } = this.#tables
    return Array.from(this.#tables.queue.values())
      .filter(({ item }) => itemFits(item, journeys.get(item.journeyId.toLowerCase()), filter))
      .sort((a, b) => a.item.nextAttemptAt - b.item.nextAttemptAt || a.key - b.key)
      .slice(0, limit)
      .map(({ item }) => item)
  }

  dkimKeys(domain: string): ReturnType<StoreReader['dkimKeys']> {
    return Array.from(this.#tables.dkimKeys.values())
      .filter((key) => key.domain === domain)
      .sort((a, b) => a.createdAt - b.createdAt || (a.selector < b.selector ? -1 : 1))
  }

  counts(): ReturnType<StoreReader['counts']> {
    const { messages, queue, journeys } = this.#tables
    return { messages: messages.size, queued: queue.size, journeys: journeys.size }
  }

  close(): void {
    // Nothing is open.
  }

  #lastWrittenFirst(): MemoryJourney[] {
    return Array.from(this.#tables.journeys.values()).sort((a, b) => b.key - a.key)
  }

  #newestFirst(): MemoryJourney[] {
    return Array.from(this.#tables.journeys.values()).sort(
      (a, b) => b.journey.startedAt - a.journey.startedAt || b.key - a.key,
    )
  }
}

function oneOf(fitting: readonly MemoryJourney[]): FoundJourney {
  if (fitting.length <= 1) return found(fitting[0])
  const ids = fitting.slice(0, maxAmbiguous).map(({ journey }) => journey.id)
  return { type: 'ambiguous', ids }
}

function found(stored: MemoryJourney | undefined): FoundJourney {
  if (stored === undefined) return { type: 'none' }
  const { journey, appended } = stored
  const { json, messageId } = journey
  return { type: 'found', journey: { ...rowOf(stored), json, appended, messageId } }
}

function rowOf({ journey, writtenAt }: MemoryJourney): JourneyRow {
  const { id, direction, startedAt, status, mailFrom, rcptTo, subject, summary } = journey
  const { author = '', headerMessageId = '' } = journey
  const found = { author, headerMessageId, writtenAt }
  return { id, direction, startedAt, status, mailFrom, rcptTo, subject, summary, ...found }
}
