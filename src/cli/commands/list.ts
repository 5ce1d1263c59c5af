import { Command, InvalidArgumentError } from 'commander'
import type { JourneyRow } from '../../store/store.ts'
import { defaultData, Stores } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'

/** `waybill list`. */
export function listCommand(): Command {
  return new Command('list')
    .alias('ls')
    .description('list the last journeys, newest first')
    .option('--data <folder>', 'the data folder', defaultData)
    .option('-n, --limit <count>', 'how many at most', count, 20)
    .option('--json', 'one JSON object a line')
    .action((options: { data: string; limit: number; json?: boolean }) => {
      const stores = new Stores(options.data)
      try {
        const rows = stores.list(options.limit)
        if (options.json === true) for (const one of rows) printJson(rowJson(one))
        else if (rows.length === 0) say('No messages yet.')
        else for (const one of rows) print(rowText(one))
      } finally {
        stores.close()
      }
    })
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

function rowText(journey: JourneyRow): string {
  const { id, startedAt, direction, status, mailFrom, author, summary } = journey
  const arrow = direction === 'in' ? 'in ' : 'out'
  const from = mailFrom === '' ? '<>' : mailFrom
  // Who wrote it, where that is somebody else than who has to hear of trouble.
  const written = author === '' || author === mailFrom ? '' : ` (From: ${author})`
  const start = `${id}  ${rowTime(startedAt)}  ${arrow}  ${status.padEnd(11)} ${from}${written}`
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
