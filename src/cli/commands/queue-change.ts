import { Command } from 'commander'
import type { Operation } from '../../desk/act.ts'
import type { Changed, HeldLetters, QueuePart } from '../../desk/queue.ts'
import { queueHold, queueRelease, queueRetry } from '../../desk/queue-operations.ts'
import type { ChangedPages, RefusedLetter } from '../../desk/queue-pages.ts'
import { parseUntil } from '../../desk/until.ts'
import { systemClock } from '../../io/clock.ts'
import { queueWords } from '../../search/queue-query.ts'
import type { QueueFilter } from '../../store/ports/queue-filter.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { queueDeskOver } from '../queue-desk.ts'
import { changeLetters, chosenLetters, mailFor } from '../waiting-letters.ts'
import { rowTime } from './list.ts'

interface ChangeOptions extends DataOptions, WhyOption {
  readonly all?: boolean
  readonly account?: string
  readonly until?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

type Kind = 'retry' | 'hold' | 'release'

interface Words {
  readonly operation: Operation<QueuePart, HeldLetters, Changed>
  readonly does: string
  readonly done: (count: string, until?: number) => string
  readonly would: (count: string) => string
  /** The member of `--json` with how many there were. */
  readonly counted: string
  /** Of which alone it can be done. */
  readonly narrowed: QueueFilter
}

const kinds: Record<Kind, Words> = {
  retry: {
    operation: queueRetry,
    does: 'try letters now that wait, held or not; that their servers were down is forgotten',
    done: (count) => `${count} will be tried now.`,
    would: (count) => `${count} would be tried now.`,
    counted: 'retried',
    narrowed: {},
  },
  hold: {
    operation: queueHold,
    does: 'keep letters back until `waybill queue release` or `retry`; they do not expire meanwhile',
    done: (count, until) => {
      return until === undefined
        ? `${count} will be kept back until waybill queue release.`
        : `${count} will be kept back until ${rowTime(until)}.`
    },
    would: (count) => `${count} would be kept back.`,
    counted: 'held',
    narrowed: {},
  },
  release: {
    operation: queueRelease,
    does: 'let letters go on that are kept back, and no others',
    done: (count) => `${count} will go on now.`,
    would: (count) => `${count} would go on.`,
    counted: 'released',
    narrowed: { held: true },
  },
}

/** `waybill queue retry`, `hold` and `release`. */
export function queueChangeCommand(kind: Kind): Command {
  const words = kinds[kind]
  const command = new Command(kind)
    .description(words.does)
    .argument('[filters...]', `ids of journeys, or ${queueWords}`)
    .option('--all', 'all that waits')
    .option('--account <address>', 'only what was sent with this login')
    .option('--dry-run', 'only count them')
    .option('--json', 'how many there were, as one JSON object')
    .addHelpText('after', '\nExit code 0: done. 5: nothing that waits fits.')
    .action(async (filters: readonly string[], options: ChangeOptions) => {
      const folder = dataFolderOf(options)
      const { account, all, dryRun, until: end } = options
      const until = end === undefined ? undefined : parseUntil(end, systemClock.now())
      const meant = account === undefined ? filters : [...filters, `account:${account}`]
      const chosen = await chosenLetters(folder, meant, { all, narrowed: words.narrowed })
      if (dryRun === true) return tellCount(chosen.count, words, options)
      const changed = await changeLetters(chosen, (part) => {
        const input = until === undefined ? part : { ...part, until }
        return atDesk(words.operation, input, {
          opening: { folder },
          desk: (store) => ({ queue: queueDeskOver(store) }),
          ...options,
        })
      })
      tell(kind, changed, { ...options, at: until })
    })
  if (kind === 'hold') {
    command.option('--until <time>', 'they go on by themselves: in 2h, at 2026-12-01T08:00 (UTC)')
  }
  return withWhy(withDataOptions(command))
}

function tellCount(count: number, words: Words, { json }: ChangeOptions): void {
  if (count === 0) process.exitCode = exitCodes.notFound
  if (json === true) printJson({ dry_run: true, [words.counted]: count })
  else if (count === 0) say('Nothing that waits fits that.')
  else print(words.would(mailFor(count)))
}

function tell(
  kind: Kind,
  changed: ChangedPages,
  { json, at }: ChangeOptions & { readonly at: number | undefined },
): void {
  const { letters, left, refused } = changed
  const words = kinds[kind]
  if (letters === 0) process.exitCode = exitCodes.notFound
  if (json === true) {
    const more = kind === 'hold' ? { left } : {}
    return printJson({ [words.counted]: letters, ...more, ...refusedJson(refused) })
  }
  if (letters > 0) print(words.done(mailFor(letters), at))
  else if (refused.length === 0) say('Nothing that waits fits that.')
  if (kind === 'hold' && left > 0) tellLeft(left)
  for (const { item, because } of refused) say(`${item.journeyId} to ${item.recipient}: ${because}`)
}

function refusedJson(refused: readonly RefusedLetter[]): Record<string, unknown> {
  if (refused.length === 0) return {}
  return {
    refused: refused.map(({ item, because }) => {
      return { id: item.id, journey: item.journeyId, recipient: item.recipient, because }
    }),
  }
}

/** Those that cannot be taken back: the other server may have them. */
function tellLeft(left: number): void {
  const what = left === 1 ? '1 of them is' : `${left} of them are`
  say(`${what} being sent at this moment; what the other server does not take is kept back.`)
}
