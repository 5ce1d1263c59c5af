import { Command } from 'commander'
import { changeAtOnce, changeQueue, type QueueChange } from '../../app/queue-change.ts'
import { WaybillError } from '../../base/error.ts'
import { systemClock } from '../../io/clock.ts'
import type { QueueItem } from '../../store/store.ts'
import { changeStore } from '../change-store.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { filterWords, readFilters } from './list.ts'

interface ChangeOptions extends DataOptions {
  readonly all?: boolean
  readonly json?: boolean
}

type Kind = QueueChange['queue']

const texts: Record<Kind, { does: string; done: (count: string) => string }> = {
  retry: {
    does: 'try letters now that wait, held or not; that their servers were down is forgotten',
    done: (count) => `${count} will be tried now.`,
  },
  hold: {
    does: 'keep letters back until `waybill queue retry`; they do not expire meanwhile',
    done: (count) => `${count} will be kept back until waybill queue retry.`,
  },
}

/** `waybill queue retry` and `waybill queue hold`. */
export function queueChangeCommand(kind: Kind): Command {
  const command = new Command(kind)
    .description(texts[kind].does)
    .argument('[filters...]', `ids of journeys, or ${filterWords}`)
    .option('--all', 'all that waits')
    .option('--json', 'how many there were, as one JSON object')
    .addHelpText('after', '\nExit code 0: done. 5: nothing that waits fits.')
    .action(async (words: readonly string[], options: ChangeOptions) => {
      if (words.length > 0 === (options.all === true)) {
        const hint = 'Either --all, or filters such as to:@example.com, or the id of a journey.'
        throw new WaybillError('usage', 'It must be said which letters are meant.', { hint })
      }
      const folder = dataFolderOf(options)
      const changed = await change(kind, folder, meant(folder, words))
      if (changed === 0) process.exitCode = exitCodes.notFound
      if (options.json === true) printJson({ [kind === 'retry' ? 'retried' : 'held']: changed })
      else if (changed === 0) say('Nothing that waits fits that.')
      else print(texts[kind].done(changed === 1 ? '1 letter' : `${changed} letters`))
    })
  return withDataOptions(command)
}

/** More than a queue has: all of it. */
const noLimit = 10_000_000

/** What waits and is meant: filters must all fit; of ids one is enough. */
function meant(folder: string, words: readonly string[]): readonly QueueItem[] {
  const isId = (word: string): boolean => /^[0-9a-z]{4,}$/i.test(word)
  const ids = words.filter(isId).map((word) => word.toLowerCase())
  const filter = readFilters(words.filter((word) => !isId(word)))
  const stores = new Stores(folder)
  try {
    if (stores.isLab) {
      throw new WaybillError('usage', 'The queue of the lab is tried by the lab alone.', {
        hint: 'Name the folder of a server with --data or --config.',
      })
    }
    const waiting = stores.readers.flatMap((one) => one.listQueue({ limit: noLimit, filter }))
    if (ids.length === 0) return waiting
    return waiting.filter(({ journeyId }) => {
      return ids.some((id) => journeyId.startsWith(id) || journeyId.endsWith(id))
    })
  } finally {
    stores.close()
  }
}

async function change(kind: Kind, folder: string, all: readonly QueueItem[]): Promise<number> {
  let changed = 0
  for (let start = 0; start < all.length; start += changeAtOnce) {
    const some = all.slice(start, start + changeAtOnce)
    const items = some.map(({ id, destination }) => ({ id, destination }))
    const asked: QueueChange = { queue: kind, items }
    const answer = await changeStore(
      { folder },
      {
        here: (store) => changeQueue(asked, { store, now: systemClock.now() }),
        operation: `queue ${kind}`,
        input: asked,
        timeoutMs: 30_000,
      },
    )
    changed += typeof answer === 'number' ? answer : 0
  }
  return changed
}
