import { Command } from 'commander'
import { replayOpened, storedDomains } from '../../desk/replays.ts'
import { type ReplayView, viewReplay } from '../../journey/replay-view.ts'
import { dataFolderOf, dataWords, Stores } from '../data.ts'
import { type ExitCode, exitCodes, printJson } from '../output.ts'
import { printReplay } from '../render/replay.ts'
import {
  type OverrideOptions,
  overridesOf,
  overrideWords,
  withOverrides,
} from '../replay-options.ts'

interface ReplayOptions extends OverrideOptions {
  readonly json?: boolean
}

/** `waybill replay ID`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('decide a journey again, offline, from its record; with changes: what if?')
    .argument(
      '<id>',
      '"last", "last:2", 4 characters of an id or more, "Ref …" as pasted, a Message-ID',
    )
  return withOverrides(command)
    .option('--config <file>', 'by the rules of this waybill.toml; its data folder, without --data')
    .option('--data <folder>', dataWords)
    .option('--json', 'the result as one JSON object')
    .action((ref: string, options: ReplayOptions) => replay(ref, options))
    .addHelpText(
      'after',
      '\nExit code 0: the same verdicts as recorded, or none to derive.' +
        '\n1: something differs. 3: cannot be told offline.',
    )
}

async function replay(ref: string, options: ReplayOptions): Promise<void> {
  const stores = new Stores(folderOf(options))
  try {
    const journey = await stores.find(ref)
    const overrides = overridesOf(options, await storedDomains(journey.reader))
    const view = viewReplay(journey.record, await replayOpened(journey, overrides))
    if (options.json === true) printJson(view)
    else printReplay(view, overrideWords(options))
    process.exitCode = exitCodeOf(view)
  } finally {
    stores.close()
  }
}

/** With both the configuration is for its rules, and the data are elsewhere. */
function folderOf({ data, config }: ReplayOptions): string {
  return data ?? dataFolderOf(config === undefined ? {} : { config })
}

function exitCodeOf(view: ReplayView): ExitCode {
  if (!view.replayed) return exitCodes.couldNotTell
  if (view.first_difference !== null) return exitCodes.no
  return view.missing.length > 0 ? exitCodes.couldNotTell : exitCodes.yes
}
