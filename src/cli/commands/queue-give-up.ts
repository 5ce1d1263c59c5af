import { Command } from 'commander'
import { queueBounce, queueDrop } from '../../desk/queue-operations.ts'
import type { ChangedPages } from '../../desk/queue-pages.ts'
import { queueWords } from '../../search/queue-query.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { confirm } from '../confirm.ts'
import { dataFolderOf, type DataOptions, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { queueDeskOver } from '../queue-desk.ts'
import { changeLetters, chosenLetters, mailFor } from '../waiting-letters.ts'

interface GiveUpOptions extends DataOptions, WhyOption {
  readonly all?: boolean
  readonly dryRun?: boolean
  /** `false`: the senders are not told. Of `bounce` there is no such option. */
  readonly notice?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

type Kind = 'drop' | 'bounce'

const does: Record<Kind, string> = {
  drop: 'give letters up; their senders are told, and their journeys say who did it',
  bounce: 'send letters back now: nothing more is tried, and their senders get a notice',
}

/** The member of `--json` with how many there were. */
const counted: Record<Kind, string> = { drop: 'dropped', bounce: 'bounced' }

/** `waybill queue drop` and `bounce`. */
export function queueGiveUpCommand(kind: Kind): Command {
  const command = new Command(kind)
    .description(does[kind])
    .argument('[filters...]', `ids of journeys, or ${queueWords}`)
    .option('--all', 'all that waits')
    .option('--dry-run', 'only count them')
    .option('--yes', 'do not ask first')
    .option('--json', 'how many there were, as one JSON object')
    .addHelpText(
      'after',
      '\nWhat is being sent at that moment is held instead; the next in turn is not sent.' +
        '\nExit code 0: done. 5: nothing that waits fits.',
    )
    .action((filters: readonly string[], options: GiveUpOptions) => {
      return giveUp(kind, filters, options)
    })
  if (kind === 'drop') command.option('--no-notice', 'their senders are not told')
  return withWhy(withDataOptions(command))
}

async function giveUp(
  kind: Kind,
  filters: readonly string[],
  options: GiveUpOptions,
): Promise<void> {
  const folder = dataFolderOf(options)
  const { all, dryRun, json = false, notice: tellSender = true, why } = options
  const chosen = await chosenLetters(folder, filters, { all })
  const { count } = chosen
  if (dryRun === true) return tellCount(kind, count, json)
  if (count > 0) await confirm(question(count, tellSender), options)
  const operation = kind === 'drop' ? queueDrop : queueBounce
  const done = await changeLetters(chosen, (part) => {
    return atDesk(
      operation,
      { ...part, tellSender },
      {
        opening: { folder },
        desk: (store) => ({ queue: queueDeskOver(store) }),
        timeoutMs: 120_000,
        ...(why === undefined ? {} : { why }),
      },
    )
  })
  tell(kind, done, json)
}

function tellCount(kind: Kind, count: number, json: boolean): void {
  if (count === 0) process.exitCode = exitCodes.notFound
  if (json) printJson({ dry_run: true, [counted[kind]]: count })
  else if (count === 0) say('Nothing that waits fits that.')
  else print(`${mailFor(count)} would be given up.`)
}

function question(count: number, tellSender: boolean): string {
  return `Give up ${mailFor(count).toLowerCase()}? It cannot be taken back; who sent it is ${tellSender ? '' : 'not '}told.`
}

function tell(kind: Kind, { letters, left }: ChangedPages, json: boolean): void {
  if (letters === 0) process.exitCode = exitCodes.notFound
  if (json) return printJson({ [counted[kind]]: letters, left })
  if (letters > 0) print(`${mailFor(letters)} is given up.`)
  else if (left === 0) say('Nothing that waits fits that.')
  if (left > 0) {
    say(`${left} more are being tried just now, or are gone; what waits again is held.`)
    say('  Run this again for those.')
  }
}
