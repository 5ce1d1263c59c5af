import { Command, Option } from 'commander'
import { chosenFilter } from '../../desk/chosen-letters.ts'
import {
  ageLimitsMs,
  joinedShape,
  type ShapeName,
  shapeBy,
  shapeJson,
  shapeNames,
} from '../../desk/shape.ts'
import { systemClock } from '../../io/clock.ts'
import { queueWords } from '../../search/queue-query.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { columns, print, printJson, say } from '../output.ts'
import { shapeText } from '../render/shape.ts'
import { readQueueWords } from '../waiting-letters.ts'
import { sitesOf } from '../standings.ts'
import { count } from './list.ts'

interface ShapeOptions extends DataOptions {
  readonly by: ShapeName
  readonly limit: number
  readonly json?: boolean
}

const nobodyKnows =
  'Which mail servers a destination leads to is known to the server that sends there, and none could be asked: each is told alone.'

/** `waybill queue shape`. */
export function queueShapeCommand(): Command {
  const command = new Command('shape')
    .description('count what waits by its age and where it goes, as qshape does')
    .argument('[filters...]', `only these: ids, or ${queueWords}`)
    .addOption(
      new Option('--by <what>', 'what is counted together')
        .choices(shapeNames)
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
        const folder = dataFolderOf(options)
        let known = true
        const shapes = await Promise.all(
          stores.all.map(({ name, reads }) => {
            return shapeBy(reads.queue, query, async (destinations) => {
              const sites = await sitesOf(folder, name, destinations)
              known &&= sites !== undefined
              return sites
            })
          }),
        )
        if (!known) say(nobodyKnows)
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
