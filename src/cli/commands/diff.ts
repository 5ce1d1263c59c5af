import { Command } from 'commander'
import { diffJourneys } from '../../journey/diff.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { exitCodes, printJson } from '../output.ts'
import { printDiff } from '../render/diff.ts'

interface DiffOptions extends DataOptions {
  readonly json?: boolean
}

/** `waybill diff ID ID`. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description('why did this one pass and that one not: two journeys side by side')
    .argument('<id>', 'a journey, as `waybill show` takes it')
    .argument('<other>', 'another one')
    .option('--json', 'what differs, as one JSON object')
    .action(async (id: string, other: string, options: DiffOptions) => {
      const stores = new Stores(dataFolderOf(options))
      try {
        const [left, right] = [await stores.find(id), await stores.find(other)]
        const diff = diffJourneys(left.view, right.view)
        if (options.json === true) printJson(diff)
        else printDiff(diff)
        process.exitCode = diff.same ? exitCodes.yes : exitCodes.no
      } finally {
        stores.close()
      }
    })
    .addHelpText('after', '\nTimes, sizes and ids are left out. Exit code 1 when they differ.')
  return withDataOptions(command)
}
