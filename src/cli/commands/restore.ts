import { join, relative } from 'node:path'
import { Command } from 'commander'
import { type Restored, restore } from '../../desk/backup.ts'
import { systemClock } from '../../io/clock.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { operator } from '../operator.ts'
import { print, printJson, say } from '../output.ts'
import { Progress } from '../progress.ts'
import { waitingText } from '../render/status.ts'

interface RestoreOptions extends DataOptions, WhyOption {
  readonly from: string
  readonly replace?: boolean
  readonly json?: boolean
}

/** `waybill restore`. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('make a backup the data folder again, after checking all of it')
    .requiredOption('--from <folder>', 'the backup, which stays as it is')
    .option('--replace', 'put aside what is in the data folder; else there must be no mail in it')
    .option('--json', 'one JSON object for each store')
    .addHelpText(
      'after',
      '\nThe server must not run. Letters that were delivered since the backup was made\n' +
        'are delivered again, once the server starts: waybill queue hold --all before\n' +
        'that keeps them back.',
    )
    .action(async (options: RestoreOptions) => {
      const root = dataFolderOf(options)
      for (const from of storesIn(options.from, 'Name the folder of the backup with --from.')) {
        const folder = join(root, relative(options.from, from))
        tell(folder, from, await restored(folder, from, options), options.json === true)
      }
    })
  return withWhy(withDataOptions(command))
}

async function restored(
  folder: string,
  from: string,
  { replace, why = '' }: RestoreOptions,
): Promise<Restored> {
  const progress = new Progress('octets checked')
  try {
    return await restore({
      from,
      folder,
      replace: replace === true,
      actor: { by: operator(), door: 'command line', why },
      now: systemClock.now(),
      progress: (octets) => progress.at(octets),
    })
  } finally {
    progress.end()
  }
}

function tell(
  folder: string,
  from: string,
  { counts, report, aside }: Restored,
  json: boolean,
): void {
  const { messages, journeys, queued, held } = counts
  const { contents, octets } = report
  if (json) {
    const put = aside === undefined ? {} : { aside }
    printJson({ folder, from, messages, journeys, waiting: queued, held, contents, octets, ...put })
    return
  }
  const letters = messages === 1 ? '1 message' : `${messages} messages`
  const records = journeys === 1 ? '1 journey' : `${journeys} journeys`
  print(`${folder}: ${letters} and ${records} came back, all whole.`)
  print(`  ${waitingText({ waiting: queued, held })}.`)
  if (aside !== undefined) print(`  What was there before is in ${aside}.`)
  if (queued > held) say('Those that wait are tried again when the server starts.')
}
