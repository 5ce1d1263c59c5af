import type { JourneyFilter } from '../../journey/filter.ts'

export interface JourneyRow {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly startedAt: number
  readonly status: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly subject: string
  readonly summary: string
  /** The addresses in From, with commas between; empty when there are none. */
  readonly author: string
  /** The Message-ID field; empty when there is none. */
  readonly headerMessageId: string
  /** When it was written down, by the clock of the machine, which no lab moves. */
  readonly writtenAt: number
}

export interface StoredJourney extends JourneyRow {
  readonly json: string
  /** JSON of the steps appended later, in order. */
  readonly appended: readonly string[]
  readonly messageId: string | undefined
}

/** What of a stored journey lists show, without its record. */
export function rowOf(stored: StoredJourney | ListedJourney): JourneyRow {
  const whole: StoredJourney & Partial<ListedJourney> = stored
  const { json: _json, appended: _appended, messageId: _id, nextAttemptAt: _next, ...row } = whole
  return row
}

/** A journey, and when it goes on. */
export interface ListedJourney extends StoredJourney {
  /** The first of the next attempts of what waits and is not held; `undefined`: nothing does. */
  readonly nextAttemptAt: number | undefined
}

/** Newest first. */
export interface JourneyQuery {
  readonly limit: number
  /** Only journeys that started before this time. */
  readonly before?: number
  /** Only journeys behind the one with this id in the list: for paging, exact at equal times. */
  readonly behind?: string
  readonly direction?: 'in' | 'out'
  readonly status?: string
}

export type FoundJourney =
  | { readonly type: 'found'; readonly journey: StoredJourney }
  | { readonly type: 'none' }
  | { readonly type: 'ambiguous'; readonly ids: readonly string[] }

/** Journeys that a filter lets through, newest first in the order in which they were written. */
export interface FoundJourneys {
  readonly rows: readonly JourneyRow[]
  /** `false`: only the newest `searchLimit` journeys were looked at. */
  readonly searchedAll: boolean
  /** When the last of them began that was looked at, where not all were. */
  readonly searchedUntil?: number
}

/** How many journeys a search looks at, unless an index leads to those that are meant. */
export const searchLimit: number = 100_000

export interface JourneySearch {
  readonly filter: JourneyFilter
  readonly limit: number
  /** Only journeys that were written before the one with this id: for paging. */
  readonly behind?: string
}

/** The records of what happened. They are written by `post.accept` and `queue.settle`. */
export interface JourneyPort {
  /**
   * `last`, `last:2` (by the order of writing), at least 4 characters from the start or the end of an
   * id, `Ref …` as replies have it, or a Message-ID.
   */
  find(ref: string): Promise<FoundJourney>
  /** Those with these ids, in this order, at one go. Those that are not there (any more) are left out. */
  listed(ids: readonly string[]): Promise<readonly ListedJourney[]>
  list(query: JourneyQuery): Promise<readonly JourneyRow[]>
  search(query: JourneySearch): Promise<FoundJourneys>
  /** What records refer to by hash. What is not there (any more) is not in the map. */
  sharedFacts(hashes: readonly string[]): Promise<ReadonlyMap<string, string>>
}
