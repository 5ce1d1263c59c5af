import { Command, InvalidArgumentError } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { type JourneyFilter, parseFilters } from '../../journey/filter.ts'
import type { JourneyRow } from '../../store/ports/journeys.ts'
import { parseArguments, type Query } from '../../search/query.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { filterAdvice, withMoments } from '../../search/filter-words.ts'
import { columns, print, printJson, row, say } from '../output.ts'

/** `waybill list`. */
export function listCommand(): Command {
  const command = new Command('list')
    .alias('ls')
    .description('list the last journeys, newest first')
    .argument('[query...]', queryWords)
    .option('-n, --limit <count>', 'how many at most', count, 20)
    .option('--json', 'one JSON object a line')
    .action(async (words: readonly string[], options: ListOptions) => {
      const query = readQuery(words)
      const stores = new Stores(dataFolderOf(options))
      try {
        const { rows, searchedAll, searchedUntil } = await stores.search(options.limit, query)
        if (options.json === true) for (const one of rows) printJson(rowJson(one))
        else if (rows.length === 0) {
          say(words.length === 0 ? 'No messages yet.' : 'No journey fits that.')
        } else {
          const width = Math.max(11, ...rows.map(({ status }) => status.length))
          for (const one of rows) print(rowText(one, width))
        }
        if (!searchedAll) {
          const which =
            searchedUntil === undefined ? 'Older ones' : `Older than ${rowTime(searchedUntil)}`
          say(`${which} were not looked at: a server that runs keeps an index of all.`)
        }
      } finally {
        stores.close()
      }
    })
  return withDataOptions(command)
}

interface ListOptions extends DataOptions {
  readonly limit: number
  readonly json?: boolean
}

const queryWords =
  'words, "phrases", -not, and operators such as to: subject: is: dmarc: has: since: took: (docs/search.md)'

/** @throws WaybillError `usage` */
function readQuery(words: readonly string[]): Query {
  const query = parseArguments(words, Date.now())
  if (query.ok) return query.value
  throw new WaybillError('usage', `${query.problem.problem}.`, { hint: query.problem.hint })
}

/** @throws WaybillError `usage` */
export function readFilters(words: readonly string[]): JourneyFilter {
  const now = Date.now()
  const filter = parseFilters(withMoments(words, now), now)
  if (filter.ok) return filter.value
  throw new WaybillError('usage', `${filter.problem}.`, { hint: filterAdvice(words) })
}

function rowJson(row: JourneyRow): Record<string, unknown> {
  return {
    id: row.id,
    direction: row.direction,
    started_at: new Date(row.startedAt).toISOString(),
    status: row.status,
    mail_from: row.mailFrom,
    rcpt_to: row.rcptTo,
    subject: row.subject,
    summary: row.summary,
    author: row.author,
    message_id: row.headerMessageId,
  }
}

function rowText(journey: JourneyRow, statusWidth: number): string {
  const { id, startedAt, direction, status, mailFrom, author, summary } = journey
  const arrow = direction === 'in' ? 'in ' : 'out'
  // A connection that brought no letter is no report from nobody.
  const nobody = journey.rcptTo.length === 0 && author === '' ? '-' : '<>'
  const from = mailFrom === '' ? nobody : mailFrom
  // Who wrote it, where that is somebody else than who has to hear of trouble.
  const written = author === '' || author === mailFrom ? '' : ` (From: ${author})`
  const start = `${id}  ${rowTime(startedAt)}  ${arrow}  ${status.padEnd(statusWidth)} ${from}${written}`
  return row(start, summary, columns())
}

/** The time of a row: `2026-09-01 12:00:00Z`. */
export function rowTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** A whole number above 0. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Wants a number above 0.')
  return Number(text)
}
