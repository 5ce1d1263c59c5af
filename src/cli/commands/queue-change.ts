import { Command } from 'commander'
import type { Operation } from '../../desk/act.ts'
import {
  type Changed,
  changeInParts,
  queueHold,
  queueRelease,
  type QueuePart,
  queueRetry,
  type WaitingLetters,
} from '../../desk/queue.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { queueDeskOver } from '../queue-desk.ts'
import { chosenLetters } from '../waiting-letters.ts'
import { filterWords } from './list.ts'

interface ChangeOptions extends DataOptions, WhyOption {
  readonly all?: boolean
  readonly json?: boolean
}

type Kind = 'retry' | 'hold' | 'release'

interface Words {
  readonly operation: Operation<QueuePart, WaitingLetters, Changed>
  readonly does: string
  readonly done: (count: string) => string
  /** The member of `--json` with how many there were. */
  readonly counted: string
}

const kinds: Record<Kind, Words> = {
  retry: {
    operation: queueRetry,
    does: 'try letters now that wait, held or not; that their servers were down is forgotten',
    done: (count) => `${count} will be tried now.`,
    counted: 'retried',
  },
  hold: {
    operation: queueHold,
    does: 'keep letters back until `waybill queue release` or `retry`; they do not expire meanwhile',
    done: (count) => `${count} will be kept back until waybill queue release.`,
    counted: 'held',
  },
  release: {
    operation: queueRelease,
    does: 'let letters go on that are kept back, and no others',
    done: (count) => `${count} will go on now.`,
    counted: 'released',
  },
}

/** What waits is counted by recipient: a letter to three of them is three times in the queue. */
export function mailFor(count: number): string {
  return `Mail for ${count} ${count === 1 ? 'recipient' : 'recipients'}`
}

/** `waybill queue retry`, `hold` and `release`. */
export function queueChangeCommand(kind: Kind): Command {
  const words = kinds[kind]
  const command = new Command(kind)
    .description(words.does)
    .argument('[filters...]', `ids of journeys, or ${filterWords}`)
    .option('--all', 'all that waits')
    .option('--json', 'how many there were, as one JSON object')
    .addHelpText('after', '\nExit code 0: done. 5: nothing that waits fits.')
    .action(async (filters: readonly string[], options: ChangeOptions) => {
      const folder = dataFolderOf(options)
      const waiting = await chosenLetters(folder, filters, options)
      const letters = kind === 'release' ? waiting.filter(({ held }) => held) : waiting
      const { letters: changed, left } = await change(words.operation, {
        folder,
        letters,
        filters,
        options,
      })
      if (changed === 0) process.exitCode = exitCodes.notFound
      if (options.json === true) {
        printJson({ [words.counted]: changed, ...(kind === 'hold' ? { left } : {}) })
      } else if (changed === 0) say('Nothing that waits fits that.')
      else print(words.done(mailFor(changed)))
      if (left > 0 && options.json !== true) tellLeft(left)
    })
  return withWhy(withDataOptions(command))
}

/** Those that cannot be taken back: the other server may have them. */
function tellLeft(left: number): void {
  const what = left === 1 ? '1 of them is' : `${left} of them are`
  say(`${what} being sent at this moment; what the other server does not take is kept back.`)
}

async function change(
  operation: Words['operation'],
  asked: {
    readonly folder: string
    readonly letters: readonly QueueItem[]
    readonly filters: readonly string[]
    readonly options: WhyOption
  },
): Promise<Changed> {
  const { folder, letters, filters, options } = asked
  const chosen = filters.length === 0 ? ['--all'] : filters
  return await changeInParts(letters, chosen, (input) => {
    return atDesk(operation, input, {
      opening: { folder },
      desk: (store) => ({ queue: queueDeskOver(store) }),
      ...options,
    })
  })
}
