import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { type ExportedJourney, exportLines } from '../../desk/bundles.ts'
import { writePackedLines } from '../../io/bundle-file.ts'
import { systemClock } from '../../io/clock.ts'
import { searchLimit } from '../../store/ports/journeys.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { print, printJson } from '../output.ts'
import { Progress } from '../progress.ts'
import { programVersion } from '../version.ts'
import { readFilters } from './list.ts'

interface ExportOptions extends DataOptions {
  readonly out: string
  readonly redact?: boolean
  readonly json?: boolean
}

/** `waybill export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('put journeys into a bundle that can be shown and replayed anywhere')
    .argument('<journeys...>', 'ids as `waybill show` takes them, or filters as of `waybill list`')
    .requiredOption('--out <file>', 'a new file, whose name ends in .waybill')
    .option('--redact', 'without letters and subjects, with hashes for people')
    .option('--json', 'what was written, as one JSON object')
    .action(exportJourneys)
    .addHelpText(
      'after',
      '\nA redacted bundle shows every verdict; without the letters only routes can be' +
        '\nreplayed. Domains and addresses of machines stay in it.',
    )
  return withDataOptions(command)
}

async function exportJourneys(words: readonly string[], options: ExportOptions): Promise<void> {
  const { out, redact = false } = options
  if (!out.endsWith('.waybill')) {
    throw new WaybillError('usage', `"${out}" does not end in .waybill.`)
  }
  const stores = new Stores(dataFolderOf(options))
  try {
    const chosen = await choose(stores, words)
    const progress = new Progress('journeys')
    let journeys = 0
    const counted = async function* (): AsyncGenerator<ExportedJourney> {
      for await (const one of chosen()) {
        progress.at(journeys++)
        yield one
      }
    }
    const made = { version: programVersion(), now: systemClock.now() }
    const redactWith = redact ? { redactWith: crypto.getRandomValues(new Uint8Array(32)) } : {}
    await writePackedLines(out, exportLines(counted(), { ...made, ...redactWith }))
    progress.end()
    if (options.json === true) printJson({ file: out, journeys, redacted: redact })
    else print(`${journeys === 1 ? '1 journey is' : `${journeys} journeys are`} in ${out}.`)
  } finally {
    stores.close()
  }
}

/** Those that are meant, looked up when their turn comes. @throws WaybillError when there are none */
async function choose(
  stores: Stores,
  words: readonly string[],
): Promise<() => AsyncGenerator<ExportedJourney>> {
  // A Message-ID and a pasted reference have no colon behind a word of letters.
  if (!words.every((word) => /^[a-z-]+:./i.test(word) && !/^last:\d+$/.test(word))) {
    const located = await Promise.all(words.map((word) => stores.locate(word)))
    return async function* () {
      yield* located
    }
  }
  const { rows } = await stores.list(searchLimit, readFilters(words))
  if (rows.length === 0) throw new WaybillError('not-found', 'No journey fits that.')
  return async function* () {
    for (const { id, site } of rows) {
      const reader = stores.all.find(({ name }) => name === site)?.reads
      const found = await reader?.journeys.find(id)
      if (reader !== undefined && found?.type === 'found') yield { reader, stored: found.journey }
    }
  }
}
