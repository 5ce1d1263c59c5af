import { dataFolder } from '../data-folder.ts'
import { type Database, integer, openDatabase } from './database.ts'
import { storeProblem } from '../problems.ts'
import { checkCurrent } from './schema.ts'
import type { PruneRequest } from '../ports/retention.ts'
import type { StrangerLimits } from '../strangers.ts'
import { strangerTotal } from './stranger-total.ts'

/** What a pruning would remove now. */
export interface Prunable {
  readonly journeys: number
  /** Contents of refused letters that go before their journeys, and their octets. */
  readonly contents: number
  readonly octets: number
}

/**
 * Counts what a pruning would remove, and changes nothing; also beside a running server.
 *
 * Throws `not-found` when the data is from an older version, and what the store says.
 */
export function countPrunable(
  folder: string,
  request: PruneRequest & { readonly strangers: StrangerLimits },
): Prunable {
  let database: Database | undefined
  try {
    database = openDatabase(dataFolder(folder).database, { readOnly: true, busyTimeoutMs: 5000 })
    checkCurrent(database)
    return count(database, request)
  } catch (error) {
    throw storeProblem(error) ?? error
  } finally {
    database?.close()
  }
}

function count(
  database: Database,
  request: PruneRequest & { readonly strangers: StrangerLimits },
): Prunable {
  const { journeysBefore, scansBefore = journeysBefore, refusedBefore = -1, strangers } = request
  const of = (sql: string, ...values: number[]): number =>
    integer(database.get(sql, ...values) ?? {}, 'n')
  let journeys = of(
    `SELECT count(*) AS n FROM journey WHERE started_ms < ?
      AND NOT EXISTS (SELECT 1 FROM queue WHERE journey_id = journey.id)`,
    journeysBefore,
  )
  let [contents, octets] = [0, 0]
  let left = strangerTotal(database)
  // In the order of a pruning, over what strangers left: it is bounded by their share of the disk.
  const rows = database.all('SELECT * FROM stranger ORDER BY started_ms').map((row) => ({
    scan: row['kind'] === 'scan',
    startedAt: integer(row, 'started_ms'),
    record: integer(row, 'record_octets'),
    content: integer(row, 'content_octets'),
  }))
  const less = (record: number, content: number): void => {
    left = { content: left.content - content, all: left.all - content - record }
  }
  const stay: { record: number; content: number }[] = []
  for (const { scan, startedAt, record, content } of rows) {
    if (startedAt < journeysBefore || (scan && startedAt < scansBefore)) {
      if (startedAt >= journeysBefore) journeys++
      less(record, content)
    } else if (content > 0 && startedAt < refusedBefore) {
      less(0, content)
      contents++
      octets += content
      stay.push({ record, content: 0 })
    } else stay.push({ record, content })
  }
  for (const one of stay) {
    if (left.content <= strangers.contentOctets) break
    if (one.content === 0) continue
    less(0, one.content)
    contents++
    octets += one.content
    one.content = 0
  }
  for (const { record, content } of stay) {
    if (left.all <= strangers.octets) break
    less(record, content)
    journeys++
  }
  return { journeys, contents, octets }
}
