import { Command, Option } from 'commander'
import { chosenFilter } from '../../desk/chosen-letters.ts'
import { ageLimitsMs, joinedShape, shapeJson } from '../../desk/shape.ts'
import { systemClock } from '../../io/clock.ts'
import { queueWords } from '../../search/queue-query.ts'
import { type ShapeKey, shapeKeys } from '../../store/ports/queue-shape.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, say } from '../output.ts'
import { shapeText } from '../render/shape.ts'
import { readQueueWords } from '../waiting-letters.ts'
import { count } from './list.ts'

interface ShapeOptions extends DataOptions {
  readonly by: ShapeKey
  readonly limit: number
  readonly json?: boolean
}

/** `waybill queue shape`. */
export function queueShapeCommand(): Command {
  const command = new Command('shape')
    .description('count what waits by its age and where it goes, as qshape does')
    .argument('[filters...]', `only these: ids, or ${queueWords}`)
    .addOption(
      new Option('--by <what>', 'what is counted together')
        .choices(shapeKeys)
        .default('destination'),
    )
    .option('-n, --limit <count>', 'how many lines at most, the largest first', count, 30)
    .option('--json', 'all of it as one JSON object')
    .addHelpText(
      'after',
      '\nThe columns are minutes: below 5 stands what came less than 5 minutes ago.',
    )
    .action(async (words: readonly string[], { by, limit, json, ...options }: ShapeOptions) => {
      const stores = new Stores(dataFolderOf(options))
      try {
        const places = stores.readers.map(({ queue }) => queue)
        const filter = await chosenFilter(places, readQueueWords(words))
        const query = { by, now: systemClock.now(), ages: ageLimitsMs, filter, limit }
        const shapes = await Promise.all(places.map((place) => place.shape(query)))
        const shape = shapeJson(by, joinedShape(shapes, limit))
        if (json === true) return printJson(shape)
        if (shape.total === 0) {
          return say(words.length === 0 ? 'Nothing waits.' : 'Nothing that waits fits that.')
        }
        for (const line of shapeText(shape, columns())) print(line)
        if (shape.count > shape.groups.length) {
          say(`${shape.count - shape.groups.length} more are not shown: --limit.`)
        }
      } finally {
        stores.close()
      }
    })
  return withDataOptions(command)
}
