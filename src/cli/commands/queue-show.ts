import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import type { JourneyRow } from '../../store/ports/journeys.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import { dataFolderOf, type DataOptions, sameData, Stores, withDataOptions } from '../data.ts'
import { paint, print, printJson } from '../output.ts'
import { waitingItem } from '../../desk/waiting.ts'
import { rowTime } from './list.ts'

interface ShowOptions extends DataOptions {
  readonly json?: boolean
}

/** `waybill queue show`. */
export function queueShowCommand(): Command {
  const command = new Command('show')
    .description('all that is known of a letter that waits, for each recipient')
    .argument('<id>', 'of its journey, as `waybill queue list` has it, or 4 characters of it')
    .option('--json', 'one JSON object for each recipient')
    .action(async (id: string, options: ShowOptions) => {
      const stores = new Stores(dataFolderOf(options))
      try {
        const { items, journey } = await waitingOf(stores, id, sameData(options))
        if (options.json === true) {
          for (const item of items) printJson({ ...waitingItem(item), ...journeyJson(journey) })
          return
        }
        print(headText(journey))
        for (const item of items) print(itemText(item))
        print(`  waybill show ${journey.id}${sameData(options)} tells all of its journey.`)
      } finally {
        stores.close()
      }
    })
  return withDataOptions(command)
}

interface Waiting {
  readonly items: readonly QueueItem[]
  readonly journey: JourneyRow
}

/** @throws WaybillError `not-found` when it does not wait (any more), and what `Stores.locate` says */
async function waitingOf(stores: Stores, id: string, where: string): Promise<Waiting> {
  const { reader, stored } = await stores.locate(id)
  const items = (await reader.queue.list({ limit: moreThanAny })).filter(
    ({ journeyId }) => journeyId === stored.id,
  )
  if (items.length > 0) return { items, journey: stored }
  throw new WaybillError('not-found', `The letter ${stored.id} does not wait: ${stored.status}.`, {
    hint: `waybill show ${stored.id}${where} tells what became of it.`,
  })
}

/** More than a queue has: all of it. */
const moreThanAny = 10_000_000

function journeyJson({ mailFrom, author, subject, status }: JourneyRow): Record<string, unknown> {
  return { mail_from: mailFrom, author, subject, status }
}

function headText({ id, mailFrom, author, subject }: JourneyRow): string {
  const from = mailFrom === '' ? '<>' : mailFrom
  const written = author === '' || author === mailFrom ? '' : ` (From: ${author})`
  return `${paint('bold', id)}  from ${from}${written}${subject === '' ? '' : `\n  ${subject}`}`
}

function itemText(item: QueueItem): string {
  const { recipient, destination, attempts, held, createdAt, nextAttemptAt, expiresAt } = item
  const next = held
    ? heldText(item)
    : nextAttemptAt <= Date.now()
      ? 'now: it is under way, or has a place in a moment'
      : rowTime(nextAttemptAt)
  const before = attempts === 0 ? 'none yet' : `${attempts}${lastText(item)}`
  return [
    `  to ${recipient}`,
    `    by           ${destination}`,
    `    since        ${rowTime(createdAt)}`,
    `    attempts     ${before}`,
    `    next         ${next}`,
    `    given up     ${rowTime(expiresAt)}`,
  ].join('\n')
}

function heldText({ holdReason, heldUntil }: QueueItem): string {
  const end = heldUntil === undefined ? 'waybill queue release' : rowTime(heldUntil)
  return `held until ${end}${holdReason === '' ? '' : `: ${holdReason}`}`
}

function lastText({ lastProblem }: QueueItem): string {
  return lastProblem === '' ? '' : `, the last one: ${lastProblem}`
}
