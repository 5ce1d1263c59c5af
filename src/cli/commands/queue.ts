import { Command } from 'commander'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { chosenFilter } from '../../desk/chosen-letters.ts'
import { waitingItem } from '../../desk/waiting.ts'
import { queueWords } from '../../search/queue-query.ts'
import { readQueueWords } from '../waiting-letters.ts'
import { count, rowTime } from './list.ts'
import { queueChangeCommand } from './queue-change.ts'
import { queueGiveUpCommand } from './queue-give-up.ts'
import { queueRuleCommand } from './queue-rule.ts'
import { queueShapeCommand } from './queue-shape.ts'
import { queueShowCommand } from './queue-show.ts'
import type { QueueItem } from '../../store/ports/queue.ts'

/** `waybill queue list|show|retry|hold|release|bounce|drop|shape|rule`. */
export function queueCommand(): Command {
  const command = new Command('list')
    .description('list what waits to be delivered, the next attempts first')
    .argument('[filters...]', `only these: ids, or ${queueWords}`)
    .option('-n, --limit <count>', 'how many at most', count, 50)
    .option('--json', 'one JSON object a line')
    .action(async (words: readonly string[], options: QueueOptions) => {
      const query = readQueueWords(words)
      const { limit } = options
      const stores = new Stores(dataFolderOf(options))
      try {
        const places = stores.readers.map(({ queue }) => queue)
        const filter = await chosenFilter(places, query)
        const lists = places.map((place) => place.list({ limit, filter }))
        const items = (await Promise.all(lists)).flat()
        for (const item of items) {
          if (options.json === true) printJson(waitingItem(item))
          else print(row(itemText(item), item.held ? heldText(item) : item.lastProblem, columns()))
        }
        if (items.length === 0 && options.json !== true) {
          say(words.length === 0 ? 'Nothing waits.' : 'Nothing that waits fits that.')
        }
      } finally {
        stores.close()
      }
    })
  return new Command('queue')
    .description(
      'see what waits to be delivered, try it now, keep it back, let it go on, send it back, give it up',
    )
    .addCommand(withDataOptions(command))
    .addCommand(queueShowCommand())
    .addCommand(queueChangeCommand('retry'))
    .addCommand(queueChangeCommand('hold'))
    .addCommand(queueChangeCommand('release'))
    .addCommand(queueGiveUpCommand('bounce'))
    .addCommand(queueGiveUpCommand('drop'))
    .addCommand(queueShapeCommand())
    .addCommand(queueRuleCommand())
}

interface QueueOptions extends DataOptions {
  readonly limit: number
  readonly json?: boolean
}

function itemText(item: QueueItem): string {
  const { journeyId, attempts, recipient } = item
  return `${journeyId}  ${whenText(item)}  attempt ${attempts + 1}  ${recipient}`
}

/** Why it is held, and until when. */
function heldText({ holdReason, heldUntil, lastProblem }: QueueItem): string {
  const end = heldUntil === undefined ? '' : `until ${rowTime(heldUntil)}`
  const why = holdReason === '' ? lastProblem : holdReason
  return [end, why].filter((part) => part !== '').join(': ')
}

/** When it is tried; what is due is under way, or has a place in a moment. */
function whenText({ held, nextAttemptAt }: QueueItem): string {
  const time = rowTime(nextAttemptAt)
  if (held) return 'held'.padEnd(time.length)
  return nextAttemptAt <= Date.now() ? 'now'.padEnd(time.length) : time
}
