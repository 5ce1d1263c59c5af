import { resolve } from 'node:path'
import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { bundleImport } from '../../desk/bundle-import.ts'
import { readPackedLines } from '../../io/bundle-file.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { print, printJson } from '../output.ts'

interface ImportOptions extends DataOptions, WhyOption {
  readonly json?: boolean
}

/** A bundle may hold very many letters. */
const patienceMs = 3_600_000

/** `waybill import`. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('bring the journeys of a bundle in; nothing of it is sent or filed')
    .argument('<file>', 'a bundle that `waybill export` made')
    .option('--json', 'what was brought in, as one JSON object')
    .action(async (file: string, options: ImportOptions) => {
      const { why } = options
      const imported = await atDesk(
        bundleImport,
        { file: resolve(file) },
        {
          opening: { folder: folderOf(options) },
          begins: true,
          desk: (store) => ({ imports: { store, linesOf: (path) => readPackedLines(path) } }),
          timeoutMs: patienceMs,
          ...(why === undefined ? {} : { why }),
        },
      )
      if (options.json === true) return printJson(imported)
      const { journeys, known, messages } = imported
      const here = known === 0 ? '' : ` ${known} were here already and stay as they are.`
      print(`${journeys} journeys and ${messages} letters were brought in.${here}`)
    })
    .addHelpText('after', '\nA journey whose id is here already is left alone.')
  return withWhy(withDataOptions(command))
}

/** A folder of one's own, also a new one. @throws WaybillError `usage` of the lab */
function folderOf(options: DataOptions): string {
  const folder = dataFolderOf(options)
  if (placesIn(folder).every((one) => one === folder)) return folder
  throw new WaybillError('usage', 'The mail of the lab stays as it is.', {
    hint: 'Name the folder of a server, or a new one, with --data.',
  })
}

function placesIn(folder: string): readonly string[] {
  try {
    return storesIn(folder)
  } catch (problem) {
    if (problem instanceof WaybillError && problem.code === 'not-found') return []
    throw problem
  }
}
