import { WaybillError } from '../base/error.ts'
import { parseQuery, type Query } from '../search/query.ts'
import { parseQueueQuery, type QueueQuery } from '../search/queue-query.ts'

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
 * Which letters that wait a `q` asks for.
 *
 * @param now Unix milliseconds
 * @throws WaybillError `usage`, with what was probably meant
 */
export function queueQueryOf(q: string, now: number): QueueQuery {
  const query = parseQueueQuery(q, now)
  if (query.ok) return query.value
  const { problem, hint } = query.problem
  throw new WaybillError('usage', `${problem}.`, { hint })
}
