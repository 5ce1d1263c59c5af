import { type Database, integer, text, type Value } from '../../store/sqlite/database.ts'
import type { JourneyMark } from '../../store/sqlite/journey-marks.ts'
import type { Document } from '../document.ts'

/** A journey with all that a query can ask of it. */
export interface Entry {
  readonly mark: JourneyMark
  readonly document: Document
}

/** Writes a journey, in the place of what was known of it. */
export function writeEntry(database: Database, { mark, document }: Entry): void {
  const { place, id } = mark
  const known = database.get('SELECT key, message FROM journey WHERE id = ?', id)
  const sameText = known?.['key'] === place && known['message'] === mark.message
  if (known !== undefined && !sameText) removeEntry(database, integer(known, 'key'))
  // Of data that was brought back another journey may have been there.
  const other = database.get('SELECT key FROM journey WHERE key = ? AND id <> ?', place, id)
  if (other !== undefined) removeEntry(database, place)
  const { row, words, checks, recipients } = document
  const { spf = '', dkim = '', dmarc = '', arc = '', tls = '' } = checks
  put(database, 'journey', {
    key: place,
    id,
    mark: mark.mark,
    message: mark.message,
    direction: row.direction,
    started_ms: row.startedAt,
    status: row.status,
    mail_from: row.mailFrom,
    author: row.author,
    subject: row.subject,
    header_id: row.headerMessageId,
    ip: document.ip,
    helo: document.helo,
    login: document.login,
    code: document.code,
    enhanced: document.enhanced,
    size: document.size,
    took: document.tookMs,
    attachment: document.hasAttachment ? 1 : 0,
    spf,
    dkim,
    dmarc,
    arc,
    tls,
  })
  database.run('DELETE FROM journey_recipient WHERE journey = ?', place)
  for (const { address, status, accounts } of recipients) {
    const his = { journey: place, address, status, accounts: accounts.join(' ') }
    put(database, 'journey_recipient', his)
  }
  if (!sameText) put(database, 'words', { rowid: place, ...words })
}

/** One row, by the names of its columns; in the place of one with the same key. */
function put(database: Database, table: string, row: Readonly<Record<string, Value>>): void {
  const [names, values] = [Object.keys(row), Object.values(row)]
  const places = names.map(() => '?').join(', ')
  const how = table === 'words' ? 'INSERT' : 'INSERT OR REPLACE'
  database.run(`${how} INTO ${table} (${names.join(', ')}) VALUES (${places})`, ...values)
}

/** Takes one out: it is not found any longer, and its words leave the file with the next tidying. */
export function removeEntry(database: Database, place: number): void {
  database.run('DELETE FROM words WHERE rowid = ?', place)
  database.run('DELETE FROM journey_recipient WHERE journey = ?', place)
  database.run('DELETE FROM journey WHERE key = ?', place)
  database.run('UPDATE state SET gone = gone + 1')
}

/** What is known of journeys: those with these ids, or all from one place to before another. */
export function knownMarks(
  database: Database,
  which: { readonly ids: readonly string[] } | { readonly from: number; readonly before: number },
): readonly Omit<JourneyMark, 'message'>[] {
  const select = 'SELECT key, id, mark FROM journey WHERE'
  const rows =
    'ids' in which
      ? which.ids.flatMap((id) => database.all(`${select} id = ?`, id))
      : database.all(`${select} key >= ? AND key < ?`, which.from, which.before)
  return rows.map((row) => {
    return { place: integer(row, 'key'), id: text(row, 'id'), mark: text(row, 'mark') }
  })
}

/**
 * Writes the words anew that share pages with those that have gone, a part of them: some
 * milliseconds. An index only marks what goes; whoever reads the file should not find it there.
 *
 * @param begin with the first part of a tidying
 * @returns whether there is more to do
 */
export function tidyWords(database: Database, begin: boolean): boolean {
  const changes = (): number =>
    integer(database.get('SELECT total_changes() AS changes') ?? {}, 'changes')
  const before = changes()
  database.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", begin ? -64 : 64)
  if (changes() - before >= 2) return true
  database.run('UPDATE state SET gone = 0')
  return false
}
