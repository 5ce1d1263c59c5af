import { messageIdForms } from '../../journey/filter.ts'
import { type ReadRows, type Row, type Value, integer, text } from './database.ts'
import { journeysByPart } from './journey-ends.ts'
import { maxAmbiguous, parseJourneyRef } from '../journey-ref.ts'
import type {
  FoundJourney,
  FoundJourneys,
  JourneyQuery,
  JourneyRow,
  JourneySearch,
  ListedJourney,
  StoredJourney,
} from '../ports/journeys.ts'
import { searchLimit } from '../ports/journeys.ts'
import type { Reads } from '../reads.ts'
import { journeyRow } from './rows.ts'
import { type Conditions, indexedConditions, otherConditions, where } from './search-terms.ts'

/** What can be read of journeys. */
export function journeyReads(
  rows: ReadRows,
): Pick<
  Reads,
  'findJourney' | 'listedJourneys' | 'listJourneys' | 'searchJourneys' | 'sharedFacts'
> {
  return {
    findJourney: (ref) => findJourney(rows, ref),
    listedJourneys: (ids) => ids.flatMap((id) => listedJourney(rows, id)),
    listJourneys: (query) => listJourneys(rows, query),
    searchJourneys: (query) => searchJourneys(rows, query),
    sharedFacts(hashes) {
      const facts = new Map<string, string>()
      for (const hash of hashes) {
        const row = rows.get('SELECT json FROM fact WHERE hash = ?', hash)
        if (row !== undefined) facts.set(hash, text(row, 'json'))
      }
      return facts
    },
  }
}

function findJourney(rows: ReadRows, ref: string): FoundJourney {
  const parsed = parseJourneyRef(ref)
  if (parsed.type === 'newest') {
    // By the order of writing: a clock that was set ahead makes nothing the newest.
    const order = 'ORDER BY key DESC LIMIT 1 OFFSET ?'
    return found(rows, rows.get(`SELECT * FROM journey ${order}`, parsed.place - 1))
  }
  if (parsed.type === 'message-id') {
    const sql = `SELECT * FROM journey WHERE header_id IN (?, ?) AND header_id <> ''
      ORDER BY key DESC LIMIT ${maxAmbiguous + 1}`
    return oneOf(rows, rows.all(sql, ...messageIdForms(parsed.messageId)))
  }
  const exact = rows.get('SELECT * FROM journey WHERE id = ?', parsed.id)
  if (exact !== undefined || !parsed.mayBePart) return found(rows, exact)
  const all = (sql: string, part: string): Row[] => rows.all(sql, part)
  return oneOf(rows, journeysByPart(all, parsed.id, maxAmbiguous + 1))
}

function oneOf(rows: ReadRows, fitting: readonly Row[]): FoundJourney {
  if (fitting.length <= 1) return found(rows, fitting[0])
  return { type: 'ambiguous', ids: fitting.slice(0, maxAmbiguous).map((row) => text(row, 'id')) }
}

function found(rows: ReadRows, row: Row | undefined): FoundJourney {
  return row === undefined ? { type: 'none' } : { type: 'found', journey: storedJourney(rows, row) }
}

function storedJourney(rows: ReadRows, row: Row): StoredJourney {
  const key = integer(row, 'key')
  const record = rows.get('SELECT json FROM journey_record WHERE journey = ?', key) ?? {}
  const steps = rows.all('SELECT json FROM journey_steps WHERE journey = ? ORDER BY key', key)
  const message =
    typeof row['message'] === 'number'
      ? rows.get('SELECT id FROM message WHERE key = ?', row['message'])
      : undefined
  return {
    ...journeyRow(row),
    json: text(record, 'json'),
    appended: steps.map((step) => text(step, 'json')),
    messageId: message === undefined ? undefined : text(message, 'id'),
  }
}

function listedJourney(rows: ReadRows, id: string): readonly ListedJourney[] {
  const row = rows.get('SELECT * FROM journey WHERE id = ?', id)
  if (row === undefined) return []
  const next = rows.get(
    'SELECT min(next_attempt_ms) AS at FROM queue WHERE journey_id = ? AND held = 0',
    id,
  )
  const at = next?.['at']
  return [{ ...storedJourney(rows, row), nextAttemptAt: typeof at === 'number' ? at : undefined }]
}

function searchJourneys(rows: ReadRows, { filter, limit, behind }: JourneySearch): FoundJourneys {
  const indexed = indexedConditions(filter)
  const first = behind === undefined ? indexed : writtenBefore(indexed, behind)
  const then = otherConditions(filter)
  // Without an index to follow the newest rows are looked at, and a search has an end.
  const fitting = rows
    .all(
      `SELECT * FROM (SELECT * FROM journey ${where(first)} ORDER BY key DESC LIMIT ${searchLimit})
          AS journey ${where(then)} ORDER BY key DESC LIMIT ?`,
      ...first.values,
      ...then.values,
      limit,
    )
    .map(journeyRow)
  if (fitting.length === limit || indexed.sql.length > 0)
    return { rows: fitting, searchedAll: true }
  const [last, more] = rows.all(
    `SELECT started_ms FROM journey ${where(first)}
      ORDER BY key DESC LIMIT 2 OFFSET ${searchLimit - 1}`,
    ...first.values,
  )
  if (last === undefined || more === undefined) return { rows: fitting, searchedAll: true }
  return { rows: fitting, searchedAll: false, searchedUntil: integer(last, 'started_ms') }
}

function writtenBefore(indexed: Conditions, behind: string): Conditions {
  return {
    sql: [...indexed.sql, 'key < (SELECT key FROM journey WHERE id = ?)'],
    values: [...indexed.values, behind],
  }
}

function listJourneys(rows: ReadRows, query: JourneyQuery): readonly JourneyRow[] {
  const conditions: string[] = []
  const values: Value[] = []
  const want = (condition: string, value: Value | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(value)
  }
  want('started_ms < ?', query.before)
  want('(started_ms, key) < (SELECT started_ms, key FROM journey WHERE id = ?)', query.behind)
  want('direction = ?', query.direction)
  want('status = ?', query.status)
  const sql = `SELECT * FROM journey ${where({ sql: conditions })}
    ORDER BY started_ms DESC, key DESC LIMIT ?`
  return rows.all(sql, ...values, query.limit).map(journeyRow)
}
