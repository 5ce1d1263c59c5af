import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { jsonLine } from '../../base/shown-text.ts'
import { ReplayCount, type ReplayCounts, replayEach } from '../../desk/replay-all.ts'
import { replayOpened, storedDomains } from '../../desk/replays.ts'
import { changesSomething } from '../../journey/overrides.ts'
import { isChanged, type ReplayView, viewReplay } from '../../journey/replay-view.ts'
import { dataFolderOf, type DataOptions, configWords, dataWords, Stores } from '../data.ts'
import { type ExitCode, exitCodes, print, printJson } from '../output.ts'
import { type NamedJourney, withJourney } from '../named-journey.ts'
import { Progress } from '../progress.ts'
import { printReplay } from '../render/replay.ts'
import { printChanged, printCounts } from '../render/replay-all.ts'
import {
  type OverrideOptions,
  overridesOf,
  overrideWords,
  withOverrides,
} from '../replay-options.ts'

interface ReplayOptions extends OverrideOptions, DataOptions {
  readonly all?: boolean
  readonly json?: boolean
}

/** `waybill replay ID`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('decide a journey again, offline, from its record; with changes: what if?')
    .argument(
      '[id]',
      '"last", "last:2", 4 characters of an id or more, "Ref …" as pasted, a Message-ID',
    )
    .argument('[which]', 'a journey of a bundle: `replay letters.waybill 7d2f`')
    .option('--all', 'every journey that is stored, and the list of those that come out otherwise')
  return withOverrides(command)
    .option('--data <folder>', dataWords)
    .option('--config <file>', `${configWords}; with --all its rules, too`)
    .option('--json', 'the result as one JSON object')
    .action(replay)
    .addHelpText(
      'after',
      '\nExit code 0: the same verdicts as recorded, or none to derive.' +
        '\n1: something differs. 3: cannot be told offline.',
    )
}

async function replay(
  ref: string | undefined,
  which: string | undefined,
  options: ReplayOptions,
): Promise<void> {
  if ((ref === undefined) !== (options.all === true)) {
    throw new WaybillError('usage', 'It must be said which journey is meant.', {
      hint: 'Either one, such as last, or --all.',
    })
  }
  if (ref !== undefined) {
    await withJourney({ ref, which }, options, (journey) => replayOne(journey, options))
    return
  }
  const gate = gateOf(options)
  const stores = new Stores(dataFolderOf(gate))
  try {
    await replayAll(stores, gate)
  } finally {
    stores.close()
  }
}

/**
 * For all journeys the rules are those of `--config`, unless `--rules` names others; with `--data` the
 * file is for its rules alone. For one journey `--config` names the data folder and nothing else, as
 * it always did: the recorded verdicts come out again, whatever that file says by now.
 */
function gateOf(options: ReplayOptions): ReplayOptions {
  const { config, ...others } = options
  if (config === undefined || options.rules !== undefined) return options
  return { ...(options.data === undefined ? options : others), rules: config }
}

async function replayOne(journey: NamedJourney, options: ReplayOptions): Promise<void> {
  const overrides = overridesOf(options, journey.domains)
  const view = bundledView(
    journey,
    viewReplay(journey.record, await replayOpened(journey, overrides)),
  )
  if (options.json === true) printJson(view)
  else printReplay(view, overrideWords(options))
  process.exitCode = exitCodeOf(view)
}

/** A letter that was taken out on purpose is not called lost. */
function bundledView({ redacted }: NamedJourney, view: ReplayView): ReplayView {
  if (view.replayed || !redacted) return view
  return { ...view, because: 'The bundle is redacted: the letter that it takes is not in it.' }
}

function exitCodeOf(view: ReplayView): ExitCode {
  if (!view.replayed) return exitCodes.couldNotTell
  if (view.first_difference !== null) return exitCodes.no
  return view.missing.length > 0 ? exitCodes.couldNotTell : exitCodes.yes
}

/** What differs is told at once and not held: there may be a million journeys. */
async function replayAll(stores: Stores, options: ReplayOptions): Promise<void> {
  const json = options.json === true
  const counts = await Promise.all(stores.readers.map((reads) => reads.counts()))
  const progress = new Progress(
    'journeys',
    counts.reduce((sum, { journeys }) => sum + journeys, 0),
  )
  const count = new ReplayCount()
  let told = 0
  if (json) print('{"changed":[')
  const each = replayEach(stores, async (reads) => overridesOf(options, await storedDomains(reads)))
  for await (const { site, summary, view } of each) {
    progress.at(count.counts.journeys)
    if (!count.add(view)) continue
    progress.end()
    if (!json) printChanged(view)
    else print(`${told++ > 0 ? ',' : ''}${jsonLine(changedJson(view, { site, summary }))}`)
  }
  progress.end()
  const { changed, ...rest } = count.counts
  if (json) print(`],${jsonLine({ changed_count: changed, ...rest }).slice(1)}`)
  else printCounts(count.counts)
  const whatIf = changesSomething(overridesOf(options, []))
  process.exitCode = isSame(count.counts, whatIf) ? exitCodes.yes : exitCodes.no
}

function changedJson(
  view: ReplayView,
  journey: { readonly site: string; readonly summary: string },
): unknown {
  if (!view.replayed) return view
  const { id, first_difference } = view
  return { id, ...journey, first_difference, steps: view.steps.filter(isChanged) }
}

/** With something changed the reasons may be others; without, each verdict is the same bit for bit. */
function isSame({ changed, other_reasons }: ReplayCounts, whatIf: boolean): boolean {
  return changed === 0 && (whatIf || other_reasons === 0)
}
