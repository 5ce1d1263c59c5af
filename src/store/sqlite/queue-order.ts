import type { ReadRows, Row } from './database.ts'
import { integer } from './database.ts'
import { selectQueue } from './rows.ts'

/** Items that wait: neither held nor leased. Each of these has an index by priority, then due time. */
const waitingParts = [
  'held = 0 AND lease_owner IS NULL AND not_before_ms IS NULL',
  'held = 0 AND lease_owner IS NULL AND not_before_ms IS NOT NULL',
] as const

/** What was given to be sent at any time: there a due time far away is that of a clock set back. */
export const unappointed: WaitingPart = waitingParts[0]

export type WaitingPart = (typeof waitingParts)[number]

/** Which of those that wait, in SQL, with their values. */
export interface DueCondition {
  readonly sql: '' | 'AND next_attempt_ms <= ?' | 'AND next_attempt_ms > ?'
  readonly values: readonly number[]
}

/** Whichever are due when. */
export const dueAnyTime: DueCondition = { sql: '', values: [] }

/**
 * The first of those that wait: from each part, and within it from each priority, the highest first,
 * those that are due first. Each is one place of an index, so this costs nothing for what stands
 * behind. At most `limit` of each; without `each`, a priority is not looked at when those before it
 * are enough.
 */
export function firstWaiting(
  rows: Pick<ReadRows, 'get' | 'all'>,
  due: DueCondition,
  {
    limit,
    each,
    parts = waitingParts,
  }: {
    readonly limit: number
    readonly each?: true
    readonly parts?: readonly WaitingPart[]
  },
): Row[] {
  return parts.flatMap((part) => {
    const found: Row[] = []
    for (const priority of priorities(rows, part)) {
      const sql = `${selectQueue} WHERE ${part} AND priority = ? ${due.sql}
        ORDER BY next_attempt_ms, queue.key LIMIT ?`
      const left = each === true ? limit : limit - found.length
      found.push(...rows.all(sql, priority, ...due.values, left))
      if (each !== true && found.length >= limit) break
    }
    return found
  })
}

/** When the first of those that wait is due. */
export function firstDueAt(rows: Pick<ReadRows, 'get' | 'all'>): readonly number[] {
  return waitingParts.flatMap((part) => {
    return Array.from(priorities(rows, part), (priority) => {
      const sql = `SELECT next_attempt_ms AS due FROM queue WHERE ${part} AND priority = ?
        ORDER BY next_attempt_ms LIMIT 1`
      return integer(rows.get(sql, priority) ?? {}, 'due')
    })
  })
}

/** The priorities of those that wait, the highest first: each costs one look into the index. */
function* priorities(rows: Pick<ReadRows, 'get'>, part: WaitingPart): Generator<number> {
  let below = Number.MAX_SAFE_INTEGER
  for (;;) {
    const sql = `SELECT priority FROM queue WHERE ${part} AND priority < ?
      ORDER BY priority DESC LIMIT 1`
    const row = rows.get(sql, below)
    if (row === undefined) return
    below = integer(row, 'priority')
    yield below
  }
}

/** The next attempts first. */
export function byNextAttempt(a: Row, b: Row): number {
  const difference = integer(a, 'next_attempt_ms') - integer(b, 'next_attempt_ms')
  return difference === 0 ? integer(a, 'key') - integer(b, 'key') : difference
}

/** The higher priorities first, then the next attempts. */
export function byPriority(a: Row, b: Row): number {
  return integer(b, 'priority') - integer(a, 'priority') || byNextAttempt(a, b)
}
