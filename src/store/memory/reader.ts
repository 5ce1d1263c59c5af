import { maxAmbiguous, parseJourneyRef } from '../journey-ref.ts'
import { readMemoryChanges } from './changes.ts'
import { memoryCredentialReads } from './credentials.ts'
import { memoryMailboxReads } from './mailbox-reads.ts'
import { memoryRegisterReads } from './register.ts'
import { hasMessageId, itemFits, journeyFits } from './search.ts'
import { shapeOf } from '../queue-shape.ts'
import {
  lower,
  type MemoryJourney,
  type MemoryQueueRow,
  type MemoryTables,
  pairName,
} from './tables.ts'
import type {
  FoundJourney,
  JourneyQuery,
  JourneyRow,
  ListedJourney,
  StoredJourney,
} from '../ports/journeys.ts'
import type { QueueItem, QueueQuery } from '../ports/queue.ts'
import type { MessagePlace, Reads } from '../reads.ts'

/** The reading side of the store in memory. */
export function memoryReads(tables: MemoryTables): Reads {
  return {
    ...memoryMailboxReads(tables),
    ...memoryCredentialReads(tables),
    ...memoryRegisterReads(tables),
    changes: (query) => readMemoryChanges(tables, query),
    findJourney: (ref) => findJourney(tables, ref),
    listedJourneys: (ids) => ids.flatMap((id) => listedJourney(tables, id)),
    listJourneys: (query) => listJourneys(tables, query),
    searchJourneys({ filter, limit, behind }) {
      const last = behind === undefined ? undefined : tables.journeys.get(behind.toLowerCase())
      const before = behind === undefined ? Infinity : (last?.key ?? 0)
      const rows = lastWrittenFirst(tables).filter((one) => {
        return one.key < before && journeyFits(one, filter)
      })
      return { rows: rows.slice(0, limit).map(rowOf), searchedAll: true }
    },
    sharedFacts(hashes) {
      const facts = new Map<string, string>()
      for (const hash of hashes) {
        const fact = tables.facts.get(hash)
        if (fact !== undefined) facts.set(hash, fact.json)
      }
      return facts
    },
    message: (id) => messagePlace(tables, id),
    contentOctets: (_content, sha256) => contentOctets(tables, sha256),
    listQueue: (query) => listQueue(tables, query),
    queueShape: (query) => {
      const { filter = {} } = query
      return shapeOf(listQueue(tables, { filter, limit: Infinity }), query)
    },
    dkimKeys(domain) {
      return Array.from(tables.dkimKeys.values())
        .filter((key) => key.domain === domain)
        .sort((a, b) => a.createdAt - b.createdAt || (a.selector < b.selector ? -1 : 1))
    },
    accounts: () => sorted(tables.accounts),
    account: (address) => tables.accounts.get(lower(address)),
    aliases: () => sorted(tables.aliases),
    domains: () => sorted(tables.domains),
    receipt: (who, key) => tables.receipts.get(pairName(who, key)),
    acts({ limit, before = Infinity, what }) {
      return Array.from(tables.acts.values())
        .filter((act) => act.number < before && (what === undefined || act.what === what))
        .sort((a, b) => b.number - a.number)
        .slice(0, limit)
    },
    counts() {
      const { messages, queue, journeys } = tables
      const held = Array.from(queue.values()).filter(({ item }) => item.held).length
      return { messages: messages.size, queued: queue.size, held, journeys: journeys.size }
    },
  }
}

function listQueue(tables: MemoryTables, query: QueueQuery): readonly QueueItem[] {
  const { filter = {}, limit, journey, ids, after } = query
  const { journeys } = tables
  const byTime = (a: MemoryQueueRow, b: MemoryQueueRow): number => {
    return a.item.nextAttemptAt - b.item.nextAttemptAt || a.key - b.key
  }
  const byId = (a: MemoryQueueRow, b: MemoryQueueRow): number => (a.item.id < b.item.id ? -1 : 1)
  return Array.from(tables.queue.values())
    .filter(({ item }) => journey === undefined || lower(item.journeyId) === lower(journey))
    .filter(({ item }) => ids === undefined || ids.includes(item.id))
    .filter(({ item }) => after === undefined || item.id > after)
    .filter(({ item }) => itemFits(item, journeys.get(item.journeyId.toLowerCase()), filter))
    .sort(after === undefined ? byTime : byId)
    .slice(0, limit)
    .map(({ item, lease }) => (lease === undefined ? item : { ...item, leasedUntil: lease.until }))
}

function messagePlace(tables: MemoryTables, id: string): MessagePlace | undefined {
  const message = tables.messages.get(id)
  const octets = tables.contents.get(message?.sha256 ?? '')
  if (message === undefined || octets === undefined) return undefined
  const { prefix, omit, sha256 } = message
  return { prefix, omit, sha256, contentSize: octets.length, content: 0 }
}

function contentOctets(tables: MemoryTables, sha256: string): Uint8Array {
  const octets = tables.contents.get(sha256)
  if (octets === undefined) throw new Error(`Store: the content ${sha256} is gone`)
  return octets
}

function findJourney(tables: MemoryTables, ref: string): FoundJourney {
  const parsed = parseJourneyRef(ref)
  if (parsed.type === 'newest') return found(lastWrittenFirst(tables)[parsed.place - 1])
  if (parsed.type === 'message-id') {
    const { messageId } = parsed
    return oneOf(
      lastWrittenFirst(tables).filter(({ journey }) => {
        return hasMessageId(journey.headerMessageId, messageId)
      }),
    )
  }
  const id = parsed.id.toLowerCase()
  const exact = tables.journeys.get(id)
  if (exact !== undefined || !parsed.mayBePart) return found(exact)
  const fitting = newestFirst(tables).filter(({ journey }) => {
    const whole = journey.id.toLowerCase()
    return whole.startsWith(id) || whole.endsWith(id)
  })
  return oneOf(fitting)
}

function listJourneys(tables: MemoryTables, query: JourneyQuery): readonly JourneyRow[] {
  const { before, behind, direction, status } = query
  let rows = newestFirst(tables)
  if (behind !== undefined) {
    const place = rows.findIndex(({ journey }) => {
      return journey.id.toLowerCase() === behind.toLowerCase()
    })
    rows = place < 0 ? [] : rows.slice(place + 1)
  }
  return rows
    .filter(({ journey }) => before === undefined || journey.startedAt < before)
    .filter(({ journey }) => direction === undefined || journey.direction === direction)
    .filter(({ journey }) => status === undefined || journey.status === status)
    .slice(0, query.limit)
    .map(rowOf)
}

function lastWrittenFirst(tables: MemoryTables): MemoryJourney[] {
  return Array.from(tables.journeys.values()).sort((a, b) => b.key - a.key)
}

function newestFirst(tables: MemoryTables): MemoryJourney[] {
  return Array.from(tables.journeys.values()).sort(
    (a, b) => b.journey.startedAt - a.journey.startedAt || b.key - a.key,
  )
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
  return stored === undefined ? { type: 'none' } : { type: 'found', journey: wholeOf(stored) }
}

function listedJourney(tables: MemoryTables, id: string): readonly ListedJourney[] {
  const stored = tables.journeys.get(lower(id))
  if (stored === undefined) return []
  const times = Array.from(tables.queue.values())
    .filter(({ item }) => lower(item.journeyId) === lower(id) && !item.held)
    .map(({ item }) => item.nextAttemptAt)
  const nextAttemptAt = times.length === 0 ? undefined : Math.min(...times)
  return [{ ...wholeOf(stored), nextAttemptAt }]
}

function wholeOf(stored: MemoryJourney): StoredJourney {
  const { json, messageId } = stored.journey
  return { ...rowOf(stored), json, appended: stored.appended, messageId }
}

function rowOf({ journey, writtenAt }: MemoryJourney): JourneyRow {
  const { id, direction, startedAt, status, mailFrom, rcptTo, subject, summary } = journey
  const { author = '', headerMessageId = '' } = journey
  const more = { author, headerMessageId, writtenAt }
  return { id, direction, startedAt, status, mailFrom, rcptTo, subject, summary, ...more }
}
