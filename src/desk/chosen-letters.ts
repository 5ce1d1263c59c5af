import { timeOfId } from '../base/id.ts'
import { meantLetters } from './meant-letters.ts'
import type { QueueQuery } from '../search/queue-query.ts'
import type { QueueFilter } from '../store/ports/queue-filter.ts'
import type { QueueItem, QueuePort } from '../store/ports/queue.ts'

/** Where letters wait. */
export type WaitingPlace = Pick<QueuePort, 'list' | 'shape'>

/** So many letters are read and changed at one go: no transaction and no request is large. */
export const pageSize = 500
/** So many that an id fits are looked at; more than that mean several letters. */
const mostFitting = 1000

/**
 * The filter of those that are meant: parts of ids become the whole ids of their journeys.
 *
 * @throws WaybillError `usage` when a part fits several journeys, `not-found` when it fits none
 */
export async function chosenFilter(
  places: readonly WaitingPlace[],
  { filter, ids }: QueueQuery,
): Promise<QueueFilter> {
  if (ids.length === 0) return filter
  const journeys = new Set<string>()
  for (const word of ids) {
    const query = { limit: mostFitting, filter: { ...filter, journeyPart: word }, after: '' }
    const found = await Promise.all(places.map((place) => place.list(query)))
    for (const { journeyId } of meantLetters(found.flat(), [word])) journeys.add(journeyId)
  }
  return { ...filter, journeys: Array.from(journeys) }
}

/** How many a filter lets through, without bringing one of them. */
export async function countWaiting(
  places: readonly WaitingPlace[],
  filter: QueueFilter,
): Promise<number> {
  const query = { by: 'destination', now: 0, ages: [], filter, limit: 0 } as const
  const shapes = await Promise.all(places.map((place) => place.shape(query)))
  return shapes.reduce((sum, { total }) => sum + total, 0)
}

/**
 * Those that a filter lets through, in pages, however many there are and whatever happens to them
 * meanwhile. What came into the queue since they were counted was not meant.
 *
 * @param time.counted when that was, Unix milliseconds
 */
export async function* waitingPages(
  place: Pick<WaitingPlace, 'list'>,
  filter: QueueFilter,
  time: { readonly counted: number; readonly now: () => number },
): AsyncGenerator<readonly QueueItem[]> {
  // An id of a later hour than now is of a time before the clock was set back.
  const isNew = ({ id }: QueueItem): boolean => {
    const at = timeOfId(id) ?? 0
    return at > time.counted && at <= time.now()
  }
  for (let after = ''; ; ) {
    const page = await place.list({ filter, after, limit: pageSize })
    const meant = page.filter((item) => !isNew(item))
    if (meant.length > 0) yield meant
    // A short page is not yet the end: of what an account may see some may have been left out.
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
  }
}
