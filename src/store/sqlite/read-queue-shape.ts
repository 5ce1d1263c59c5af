import type { QueueShape, ShapeCounts, ShapeKey, ShapeQuery } from '../ports/queue-shape.ts'
import { integer, type ReadRows, type Row, text } from './database.ts'
import { queueConditions, where } from './search-terms.ts'

/** The shape of what waits: two passes over the rows, and only the largest groups are brought. */
export function queueShape(rows: ReadRows, query: ShapeQuery): QueueShape {
  const { by, now, ages, limit, filter = {} } = query
  const wanted = queueConditions(filter)
  const joins = wanted.sql.some((sql) => sql.includes('journey.'))
  const from = `FROM queue ${joins ? 'LEFT JOIN journey ON journey.id = queue.journey_id' : ''}
    ${where(wanted)}`
  const since = ages.map((age) => now - age)
  const name = columns[by]
  const all = rows.get(
    `SELECT ${counts(ages)}, count(DISTINCT ${name}) AS groups ${from}`,
    ...since,
    ...wanted.values,
  )
  const groups = rows.all(
    `SELECT ${name} AS name, ${counts(ages)}, max(queue.last_problem) AS problem ${from}
      GROUP BY 1 ORDER BY total DESC, 1 LIMIT ?`,
    ...since,
    ...wanted.values,
    limit,
  )
  return {
    ...countsOf(all ?? {}, ages),
    count: integer(all ?? {}, 'groups'),
    groups: groups.map((row) => {
      return { name: text(row, 'name'), ...countsOf(row, ages), problem: text(row, 'problem') }
    }),
  }
}

const columns: Readonly<Record<ShapeKey, string>> = {
  destination: 'queue.destination',
  sender: 'queue.reverse_path',
  account: "coalesce(queue.account, '')",
  kind: 'queue.last_kind',
  reason: 'queue.last_problem',
}

/** How many came after each of the moments that are given as values. */
function counts(ages: readonly number[]): string {
  const younger = ages.map((_, index) => `sum(queue.created_ms > ?) AS younger${index}`)
  return [
    ...younger,
    'count(*) AS total',
    'sum(queue.held) AS held',
    'min(queue.created_ms) AS oldest',
    'min(CASE WHEN queue.held = 0 THEN queue.next_attempt_ms END) AS next',
  ].join(', ')
}

function countsOf(row: Row, ages: readonly number[]): ShapeCounts {
  const total = integer(row, 'total')
  // A sum of no rows is NULL.
  if (total === 0) return { total, held: 0, ages: [...ages, 0].map(() => 0) }
  const younger = [...ages.map((_, index) => integer(row, `younger${index}`)), total]
  const next = row['next']
  return {
    total,
    held: integer(row, 'held'),
    ages: younger.map((many, index) => many - (younger[index - 1] ?? 0)),
    oldestAt: integer(row, 'oldest'),
    ...(next === null || next === undefined ? {} : { nextAttemptAt: integer(row, 'next') }),
  }
}
