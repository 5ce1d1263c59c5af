import { WaybillError } from '../base/error.ts'
import { filterHint, type JourneyFilter, parseFilters } from '../journey/filter.ts'

/**
 * The filter that a `q` asks for.
 *
 * @param now Unix milliseconds
 * @throws WaybillError `usage`
 */
export function filterOf(q: string, now: number): JourneyFilter {
  const filter = parseFilters(q.split(/\s+/).filter(Boolean), now)
  if (filter.ok) return filter.value
  throw new WaybillError('usage', `${filter.problem}.`, { hint: filterHint })
}
