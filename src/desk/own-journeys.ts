import type { JourneyFilter } from '../journey/filter.ts'
import { readDocument } from '../search/document.ts'
import { fits } from '../search/fits.ts'
import { parseJourneyRef } from '../store/journey-ref.ts'
import {
  type FoundJourney,
  type FoundJourneys,
  type JourneyPort,
  type JourneyRow,
  type JourneySearch,
  type ListedJourney,
  rowOf,
} from '../store/ports/journeys.ts'
import { isSentBy, ownJourney } from './own-journey.ts'

/** How many are looked up at once. */
const pageSize = 100
/** How many journeys that are its own are looked at for what else was asked for. */
const mostLookedAt = 5000

/** The journeys of an account: those that it sent, and as much as it may see of those filed for it. */
export function ownJourneys(journeys: JourneyPort, account: string): JourneyPort {
  const listed = async (ids: readonly string[]): Promise<readonly ListedJourney[]> => {
    return (await journeys.listed(ids)).flatMap((one) => {
      const own = ownJourney(one, account)
      if (own === undefined) return []
      // What waits, waits for somebody else than who has got it.
      const { nextAttemptAt } = one
      return [{ ...own, nextAttemptAt: isSentBy(one, account) ? nextAttemptAt : undefined }]
    })
  }
  /** What the store finds by what an account may not see of it is not found. */
  const search = async ({ filter, limit, behind }: JourneySearch): Promise<FoundJourneys> => {
    if (isForeign(filter, account)) return { rows: [], searchedAll: true }
    // As behind one that has gone: that somebody else has it tells nobody when it was.
    const isOwn = behind === undefined || (await listed([behind])).length > 0
    if (!isOwn) return { rows: [], searchedAll: true }
    const rows: JourneyRow[] = []
    let last = behind
    for (let looked = 0; looked < mostLookedAt; looked += pageSize) {
      const after = last === undefined ? {} : { behind: last }
      const query = { filter: { ...filter, account }, limit: pageSize, ...after }
      const page = await journeys.search(query)
      for (const own of await listed(page.rows.map(({ id }) => id))) {
        const document = await readDocument(undefined, own)
        if (!fits(document, { filter, terms: [] })) continue
        rows.push(rowOf(own))
        if (rows.length === limit) return { rows, searchedAll: true }
      }
      last = page.rows.at(-1)?.id
      if (page.rows.length < pageSize) return { ...page, rows }
    }
    return { rows, searchedAll: false }
  }
  return {
    find: async (ref) => await found(await journeys.find(ref), { ref, account, listed, search }),
    listed,
    search,
    async list({ limit, behind }) {
      return (await search({ filter: {}, limit, ...(behind === undefined ? {} : { behind }) })).rows
    },
    // They are asked for by hashes that stand in journeys.
    sharedFacts: (hashes) => journeys.sharedFacts(hashes),
  }
}

/** Whatever else a word means, it does not tell that this is there. */
async function found(
  answer: FoundJourney,
  asked: {
    readonly ref: string
    readonly account: string
    readonly listed: JourneyPort['listed']
    readonly search: JourneyPort['search']
  },
): Promise<FoundJourney> {
  const { ref, account, listed, search } = asked
  const parsed = parseJourneyRef(ref)
  const ids =
    parsed.type === 'newest'
      ? (await search({ filter: {}, limit: parsed.place })).rows
          .slice(parsed.place - 1)
          .map(({ id }) => id)
      : answer.type === 'ambiguous'
        ? answer.ids
        : []
  if (answer.type === 'found' && parsed.type !== 'newest') {
    const own = ownJourney(answer.journey, account)
    return own === undefined ? { type: 'none' } : { type: 'found', journey: own }
  }
  const all = await listed(ids)
  const [only] = all
  if (only === undefined) return { type: 'none' }
  if (all.length > 1) return { type: 'ambiguous', ids: all.map(({ id }) => id) }
  const { nextAttemptAt: _, ...journey } = only
  return { type: 'found', journey }
}

/** Somebody else is asked for. */
export function isForeign(filter: JourneyFilter, account: string): boolean {
  return filter.account !== undefined && filter.account.toLowerCase() !== account.toLowerCase()
}
