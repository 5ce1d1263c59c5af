import { Command } from 'commander'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { count, filterWords, readFilters, rowTime } from './list.ts'
import { queueChangeCommand } from './queue-change.ts'
import { queueDropCommand } from './queue-drop.ts'
import { queueShowCommand } from './queue-show.ts'
import { waitingItem } from '../../desk/waiting.ts'
import type { QueueItem } from '../../store/ports/queue.ts'

/** `waybill queue list|show|retry|hold|release|drop`. */
export function queueCommand(): Command {
  const command = new Command('list')
    .description('list what waits to be delivered, the next attempts first')
    .argument('[filters...]', filterWords)
    .option('-n, --limit <count>', 'how many at most', count, 50)
    .option('--json', 'one JSON object a line')
    .action(async (words: readonly string[], options: QueueOptions) => {
      const filter = readFilters(words)
      const { limit } = options
      const stores = new Stores(dataFolderOf(options))
      try {
        const lists = stores.readers.map((reader) => reader.queue.list({ limit, filter }))
        const items = (await Promise.all(lists)).flat()
        for (const item of items) {
          if (options.json === true) printJson(waitingItem(item))
          else print(row(itemText(item), item.lastProblem, columns()))
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
      'see what waits to be delivered, try it now, keep it back, let it go on, give it up',
    )
    .addCommand(withDataOptions(command))
    .addCommand(queueShowCommand())
    .addCommand(queueChangeCommand('retry'))
    .addCommand(queueChangeCommand('hold'))
    .addCommand(queueChangeCommand('release'))
    .addCommand(queueDropCommand())
}

interface QueueOptions extends DataOptions {
  readonly limit: number
  readonly json?: boolean
}

function itemText(item: QueueItem): string {
  const { journeyId, attempts, recipient } = item
  return `${journeyId}  ${whenText(item)}  attempt ${attempts + 1}  ${recipient}`
}

/** When it is tried; what is due is under way, or has a place in a moment. */
function whenText({ held, nextAttemptAt }: QueueItem): string {
  const time = rowTime(nextAttemptAt)
  if (held) return 'held'.padEnd(time.length)
  return nextAttemptAt <= Date.now() ? 'now'.padEnd(time.length) : time
}
