import { Command } from 'commander'
import { changeInParts, type Dropped, queueDrop } from '../../desk/queue.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { confirm } from '../confirm.ts'
import { dataFolderOf, type DataOptions, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { queueDeskOver } from '../queue-desk.ts'
import { chosenLetters } from '../waiting-letters.ts'
import { mailFor } from './queue-change.ts'
import { filterWords } from './list.ts'

interface DropOptions extends DataOptions, WhyOption {
  readonly all?: boolean
  /** `false`: the senders are not told. */
  readonly notice: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** `waybill queue drop`. */
export function queueDropCommand(): Command {
  const command = new Command('drop')
    .description('give letters up; their senders are told, and their journeys say who did it')
    .argument('[filters...]', `ids of journeys, or ${filterWords}`)
    .option('--all', 'all that waits')
    .option('--no-notice', 'their senders are not told')
    .option('--yes', 'do not ask first')
    .option('--json', 'how many there were, as one JSON object')
    .addHelpText(
      'after',
      '\nWhat is being sent at that moment is held instead; the next in turn is not sent.' +
        '\nExit code 0: done. 5: nothing that waits fits.',
    )
    .action(async (filters: readonly string[], options: DropOptions) => {
      const folder = dataFolderOf(options)
      const letters = await chosenLetters(folder, filters, options)
      if (letters.length > 0) await confirm(question(letters.length, options), options)
      tell(await drop(folder, letters, filters, options), options.json === true)
    })
  return withWhy(withDataOptions(command))
}

function question(count: number, { notice }: DropOptions): string {
  return `Give up ${mailFor(count).toLowerCase()}? It cannot be taken back; who sent it is ${notice ? '' : 'not '}told.`
}

async function drop(
  folder: string,
  letters: readonly QueueItem[],
  filters: readonly string[],
  options: DropOptions,
): Promise<Dropped> {
  const chosen = filters.length === 0 ? ['--all'] : filters
  return await changeInParts(letters, chosen, (part) => {
    const input = { ...part, tellSender: options.notice }
    return atDesk(queueDrop, input, {
      opening: { folder },
      desk: (store) => ({ queue: queueDeskOver(store) }),
      timeoutMs: 120_000,
      ...(options.why === undefined ? {} : { why: options.why }),
    })
  })
}

function tell({ letters, left }: Dropped, json: boolean): void {
  if (letters === 0) process.exitCode = exitCodes.notFound
  if (json) return printJson({ dropped: letters, left })
  if (letters > 0) print(`${mailFor(letters)} is given up.`)
  else if (left === 0) say('Nothing that waits fits that.')
  if (left > 0) {
    say(`${left} more are being tried just now, or are gone; what waits again is held.`)
    say('  Run this again for those.')
  }
}
