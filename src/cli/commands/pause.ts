import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { pauseAdd, pauseEnd } from '../../desk/pause-operations.ts'
import {
  pauseKey,
  pauseSentence,
  type PersonPause,
  readPauseKey,
  readPauses,
} from '../../desk/pauses.ts'
import { pauseJson } from '../../desk/pause-json.ts'
import type { QueuePart } from '../../desk/queue.ts'
import { parseUntil } from '../../desk/until.ts'
import { systemClock } from '../../io/clock.ts'
import { atDesk, type Place, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { queueDeskOver } from '../queue-desk.ts'
import { mailFor } from '../waiting-letters.ts'

interface PauseOptions extends DataOptions, WhyOption {
  readonly all?: boolean
  readonly source?: string
  readonly until?: string
  readonly json?: boolean
}

const afterPause = `
Without a destination the pauses are listed. Mail to come is taken as before and
waits; nothing is lost, and what is being sent at that moment goes on. Letters
keep their time: one whose time is over meanwhile goes back to its sender, who
is told of the pause, not by whom or why. \`waybill queue hold\` stops that clock
too.`

/** `waybill pause`. */
export function pauseCommand(): Command {
  const command = new Command('pause')
    .description('send nothing to a destination for a while, or nothing at all')
    .argument(
      '[destination]',
      'example.com, .example.com (and below it), *.example.com (those alone)',
    )
    .option('--all', 'nothing goes out')
    .option('--source <name>', 'nothing goes out from this source, or from this IP address')
    .option('--until <time>', 'it ends by itself: in 2h, at 2026-12-01T08:00 (UTC)')
    .option('--json', 'as JSON: the pause, or one a line')
    .addHelpText('after', afterPause)
    .action(async (destination: string | undefined, options: PauseOptions) => {
      const folder = dataFolderOf(options)
      const keys = keysOf(destination, options)
      const [key] = keys
      if (key === undefined) return await listPauses(folder, options)
      const { until: end, why, json } = options
      const until = end === undefined ? {} : { until: parseUntil(end, systemClock.now()) }
      const asked = { key, of: readPauseKey(key), ...until }
      const pause = await atDesk(pauseAdd, asked, placeIn(folder, why))
      if (json === true) printJson(pauseJson(pause))
      else print(pauseSentence(pause))
    })
  return withWhy(withDataOptions(command))
}

/** `waybill resume`. */
export function resumeCommand(): Command {
  const command = new Command('resume')
    .description('end a pause; what waited for it is due now')
    .argument('[destination]', 'as it was paused')
    .option('--all', 'end every pause')
    .option('--source <name>', 'the pause of this source, or of this IP address')
    .option('--json', 'what was ended, as one JSON object')
    .addHelpText('after', '\nExit code 0: done. 5: there is no such pause.')
    .action(async (destination: string | undefined, options: PauseOptions) => {
      const folder = dataFolderOf(options)
      const { all, why, json } = options
      const named = keysOf(destination, options)
      if (named.length === 0) {
        throw new WaybillError('usage', 'It must be said which pause is to end.', {
          hint: 'A destination, --source or --all; waybill pause lists them.',
        })
      }
      const keys = all === true ? (await pausesIn(folder)).map(({ key }) => key) : named
      const done = await atDesk(pauseEnd, { keys }, placeIn(folder, why))
      if (done.ended.length === 0) process.exitCode = exitCodes.notFound
      if (json === true) printJson(done)
      else if (done.ended.length === 0) say('There is no such pause.')
      else print(`Ended: ${done.ended.join(', ')}. ${mailFor(done.due)} is due now.`)
    })
  return withWhy(withDataOptions(command))
}

/** @throws WaybillError `usage` when several are named, or what is no domain and no address */
function keysOf(destination: string | undefined, { all, source }: PauseOptions): readonly string[] {
  const keys = [
    ...(all === true ? ['all'] : []),
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(destination === undefined ? [] : [`destination ${destination}`]),
  ]
  if (keys.length <= 1) return keys.map((key) => pauseKey(readPauseKey(key)))
  throw new WaybillError('usage', 'Either a destination, --source or --all.')
}

async function listPauses(folder: string, { json }: PauseOptions): Promise<void> {
  const pauses = await pausesIn(folder)
  for (const pause of pauses) {
    if (json === true) printJson(pauseJson(pause))
    else print(pauseSentence(pause))
  }
  if (pauses.length === 0 && json !== true) say('Nothing is paused.')
}

async function pausesIn(folder: string): Promise<readonly PersonPause[]> {
  const stores = new Stores(folder)
  try {
    const now = systemClock.now()
    const all = await Promise.all(stores.readers.map(({ register }) => readPauses(register, now)))
    return all.flat()
  } finally {
    stores.close()
  }
}

function placeIn(folder: string, why: string | undefined): Place<QueuePart> {
  return {
    opening: { folder },
    desk: (store) => ({ queue: queueDeskOver(store) }),
    // What waits for a pause is brought back one by one.
    timeoutMs: 120_000,
    ...(why === undefined ? {} : { why }),
  }
}
