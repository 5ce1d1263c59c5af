import { maxAmbiguous, parseJourneyRef } from './journey-ref.ts'
import { mailboxName } from '../journey/mailbox-role.ts'
import type { MemoryJourney, MemoryTables } from './memory-tables.ts'
import { lower } from './memory-tables.ts'
import { hasMessageId, itemFits, journeyFits } from './memory-search.ts'
import { octetContent, openStored } from './message-ranges.ts'
import type { StoredAccount, StoredAlias, StoredDomain } from './ports/accounts.ts'
import type { Act, ActQuery } from './ports/acts.ts'
import type {
  FoundJourney,
  FoundJourneys,
  JourneyQuery,
  JourneyRow,
  MailboxQuery,
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

  listMailbox(query: MailboxQuery): readonly MailboxRow[] {
    const { account, role, afterUid = 0, limit } = query
    const one = account !== undefined && role !== undefined
    return this.#rowsOfMailboxes()
      .filter((item) => item.uid > afterUid)
      .filter((item) => account === undefined || lower(item.account) === lower(account))
      .filter((item) => role === undefined || item.role === role)
      .sort((a, b) => (one ? a.uid - b.uid : a.receivedAt - b.receivedAt))
      .slice(0, limit)
  }

  #rowsOfMailboxes(): MailboxRow[] {
    const { accounts, mailboxes, items, messages } = this.#tables
    const addresses = new Map(Array.from(accounts.values(), ({ id, address }) => [id, address]))
    const places = new Map(Array.from(mailboxes.values(), (mailbox) => [mailbox.id, mailbox]))
    return Array.from(items.values()).flatMap((item) => {
      const place = places.get(item.mailbox)
      if (place === undefined) return []
      const { role } = place
      const account = addresses.get(place.account) ?? ''
      const size = messages.get(item.messageId)?.size ?? 0
      return [{ ...item, account, role, mailbox: mailboxName(role), size }]
    })
  }

  accounts(): readonly StoredAccount[] {
    return sorted(this.#tables.accounts)
  }

  account(address: string): StoredAccount | undefined {
    return this.#tables.accounts.get(lower(address))
  }

  aliases(): readonly StoredAlias[] {
    return sorted(this.#tables.aliases)
  }

  domains(): readonly StoredDomain[] {
    return sorted(this.#tables.domains)
  }

  acts({ limit, before = Infinity, what }: ActQuery): readonly Act[] {
    return Array.from(this.#tables.acts.values())
      .filter((act) => act.number < before && (what === undefined || act.what === what))
      .sort((a, b) => b.number - a.number)
      .slice(0, limit)
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
    const held = Array.from(queue.values()).filter(({ item }) => item.held).length
    return { messages: messages.size, queued: queue.size, held, journeys: journeys.size }
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

function sorted<T>(table: ReadonlyMap<string, T>): readonly T[] {
  return Array.from(table.entries())
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row)
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
