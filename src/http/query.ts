import { WaybillError } from '../base/error.ts'
import { filterHint, type JourneyFilter } from '../journey/filter.ts'
import { parseQuery, type Query } from '../search/query.ts'

/**
 * What a `q` asks for.
 *
 * @param now Unix milliseconds
 * @throws WaybillError `usage`, with what was probably meant
 */
export function queryOf(q: string, now: number): Query {
  const query = parseQuery(q, now)
  if (query.ok) return query.value
  const { problem, hint } = query.problem
  throw new WaybillError('usage', `${problem}.`, { hint })
}

/**
 * The same where only the filters of the store can be asked for.
 *
 * @throws WaybillError `usage`
 */
export function filterOf(q: string, now: number): JourneyFilter {
  const { filter, terms } = queryOf(q, now)
  if (terms.length === 0) return filter
  throw new WaybillError('usage', 'What waits is not looked for by words, checks, or "not".', {
    hint: filterHint,
  })
}
