import type { QueueItem, QueueQuery } from '../ports/queue.ts'
import type { ReadRows, Row } from './database.ts'
import { byNextAttempt, dueAnyTime, firstWaiting } from './queue-order.ts'
import { queueItem, selectQueue } from './rows.ts'
import { type Conditions, queueConditions, where } from './search-terms.ts'

/** What waits, the next attempts first. */
export function listQueue(rows: ReadRows, query: QueueQuery): readonly QueueItem[] {
  const { limit } = query
  const wanted = conditionsOf(query)
  if (wanted.sql.length > 0) {
    return rows
      .all(
        `${selectQueue} LEFT JOIN journey ON journey.id = queue.journey_id ${where(wanted)}
          ORDER BY next_attempt_ms, queue.key LIMIT ?`,
        ...wanted.values,
        limit,
      )
      .map(queueItem)
  }
  // Each part reads the first rows of one index; together they are the first of all.
  const part = (condition: string): Row[] =>
    rows.all(`${selectQueue} WHERE ${condition} LIMIT ?`, limit)
  const order = 'ORDER BY next_attempt_ms, queue.key'
  return [
    ...(hasPriorities(rows)
      ? firstWaiting(rows, dueAnyTime, { limit, each: true })
      : part(`held = 0 AND lease_owner IS NULL ${order}`)),
    ...part(`held = 0 AND lease_owner IS NOT NULL ${order}`),
    ...part(`held = 1 ${order}`),
  ]
    .sort(byNextAttempt)
    .slice(0, limit)
    .map(queueItem)
}

function conditionsOf({ filter = {}, journey }: QueueQuery): Conditions {
  const { sql, values } = queueConditions(filter)
  if (journey === undefined) return { sql, values }
  return { sql: ['queue.journey_id = ?', ...sql], values: [journey, ...values] }
}

/** A folder that no server of this version has opened has none. */
function hasPriorities(rows: ReadRows): boolean {
  return rows.get("SELECT 1 FROM sqlite_schema WHERE name = 'queue_appointed'") !== undefined
}
