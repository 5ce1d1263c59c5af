import { Command } from 'commander'
import { defaultData, Stores } from '../data.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { count, rowTime } from './list.ts'

/** `waybill queue list`. */
export function queueCommand(): Command {
  const list = new Command('list')
    .description('list what waits to be delivered, the next attempts first')
    .option('--data <folder>', 'the data folder', defaultData)
    .option('-n, --limit <count>', 'how many at most', count, 50)
    .option('--json', 'one JSON object a line')
    .action((options: { data: string; limit: number; json?: boolean }) => {
      const stores = new Stores(options.data)
      try {
        const items = stores.readers.flatMap((reader) => reader.listQueue({ limit: options.limit }))
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
        if (items.length === 0 && options.json !== true) say('Nothing waits.')
      } finally {
        stores.close()
      }
    })
  return new Command('queue').description('see what waits to be delivered').addCommand(list)
}
