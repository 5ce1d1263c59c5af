import type { Archives } from '../desk/archives.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { Query } from '../search/query.ts'
import { csvLine } from './csv.ts'
import { cursorBehind, readCursor } from './cursor.ts'
import { rowsOf } from './row.ts'

/** So many rows a file has at most: what is behind them another query finds. */
const mostRows = 10_000
const atOnce = 200

const heads = [
  'id',
  'site',
  'started_at',
  'direction',
  'status',
  'mail_from',
  'rcpt_to',
  'subject',
  'code',
  'spf',
  'dkim',
  'dmarc',
  'tls',
  'size',
  'took_ms',
  'message_id_header',
  'summary',
] as const

/** The messages that a query finds as CSV, in pieces, each made when it is taken. */
export async function* messageCsv(
  archives: Archives,
  query: Query,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodeUtf8(csvLine(heads))
  let seen: ReadonlyMap<string, string> = new Map()
  for (let told = 0; told < mostRows; told += atOnce) {
    const { rows } = await archives.search(atOnce, query, seen)
    if (rows.length === 0) return
    const views = await rowsOf(archives, rows)
    const lines = views.map((row) =>
      csvLine([
        row.id,
        row.site,
        row.started_at,
        row.direction,
        row.status,
        row.mail_from,
        row.rcpt_to.join(' '),
        row.subject,
        row.outcome.code ?? '',
        row.checks['spf'] ?? '',
        row.checks['dkim'] ?? '',
        row.checks['dmarc'] ?? '',
        row.checks['tls'] ?? '',
        row.size ?? '',
        row.took_ms,
        row.message_id_header,
        row.summary,
      ]),
    )
    yield encodeUtf8(lines.join(''))
    if (rows.length < atOnce) return
    seen = readCursor(cursorBehind(rows, seen))
  }
}
