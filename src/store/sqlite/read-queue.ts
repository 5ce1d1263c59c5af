import type { QueueItem, QueueQuery } from '../ports/queue.ts'
import type { ReadRows, Row } from './database.ts'
import { byNextAttempt, dueAnyTime, firstWaiting } from './queue-order.ts'
import { queueItem, selectQueue } from './rows.ts'
import { type Conditions, joined, queueConditions, where } from './search-terms.ts'

/** What waits, the next attempts first. */
export function listQueue(rows: ReadRows, query: QueueQuery): readonly QueueItem[] {
  const { limit, after } = query
  const wanted = conditionsOf(query)
  if (wanted.sql.length > 0) {
    const order = after === undefined ? 'next_attempt_ms, queue.key' : 'queue.id'
    return rows
      .all(
        `${selectQueue} LEFT JOIN journey ON journey.id = queue.journey_id ${where(wanted)}
          ORDER BY ${order} LIMIT ?`,
        ...wanted.values,
        limit,
      )
      .map(listedItem)
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
    .map(listedItem)
}

/** As `queueItem`, with the end of its lease where it has one. */
function listedItem(row: Row): QueueItem {
  const { lease_until_ms: leasedUntil } = row
  return { ...queueItem(row), ...(typeof leasedUntil === 'number' ? { leasedUntil } : {}) }
}

function conditionsOf({ filter = {}, journey, ids, after }: QueueQuery): Conditions {
  const all: Conditions[] = [queueConditions(filter)]
  if (journey !== undefined) all.push({ sql: ['queue.journey_id = ?'], values: [journey] })
  if (ids !== undefined) {
    const sql = 'queue.id IN (SELECT value FROM json_each(?))'
    all.push({ sql: [sql], values: [JSON.stringify(ids)] })
  }
  if (after !== undefined) all.push({ sql: ['queue.id > ?'], values: [after] })
  return joined(all)
}

/** A folder that no server of this version has opened has none. */
function hasPriorities(rows: ReadRows): boolean {
  return rows.get("SELECT 1 FROM sqlite_schema WHERE name = 'queue_appointed'") !== undefined
}
