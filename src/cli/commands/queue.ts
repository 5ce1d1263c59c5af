import { Command } from 'commander'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { count, filterWords, readFilters, rowTime } from './list.ts'

/** `waybill queue list`. */
export function queueCommand(): Command {
  const command = new Command('list')
    .description('list what waits to be delivered, the next attempts first')
    .argument('[filters...]', filterWords)
    .option('-n, --limit <count>', 'how many at most', count, 50)
    .option('--json', 'one JSON object a line')
    .action((words: readonly string[], options: QueueOptions) => {
      const filter = readFilters(words)
      const { limit } = options
      const stores = new Stores(dataFolderOf(options))
      try {
        const items = stores.readers.flatMap((reader) => reader.listQueue({ limit, filter }))
        for (const item of items) {
          const next = new Date(item.nextAttemptAt).toISOString()
          const { id, journeyId: journey, recipient, destination, attempts, held } = item
          const why = item.lastProblem
          if (options.json === true) {
            const times = {
              next_attempt_at: next,
              expires_at: new Date(item.expiresAt).toISOString(),
            }
            printJson({
              id,
              journey,
              recipient,
              destination,
              attempts,
              held,
              ...times,
              last_problem: why,
            })
          } else {
            const time = rowTime(item.nextAttemptAt)
            const start = `${journey}  ${time}  attempt ${attempts + 1}  ${recipient}`
            print(row(start, why, columns()))
          }
        }
        if (items.length === 0 && options.json !== true) {
          say(words.length === 0 ? 'Nothing waits.' : 'Nothing that waits fits that.')
        }
      } finally {
        stores.close()
      }
    })
  return new Command('queue')
    .description('see what waits to be delivered')
    .addCommand(withDataOptions(command))
}

interface QueueOptions extends DataOptions {
  readonly limit: number
  readonly json?: boolean
}
