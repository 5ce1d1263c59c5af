import { join, relative } from 'node:path'
import { Command } from 'commander'
import { backUpStore } from '../../store/backup.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { print, printJson } from '../output.ts'

interface BackupOptions extends DataOptions {
  readonly to: string
  readonly json?: boolean
}

/** `waybill backup`. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .description('copy the data folder as it is at one instant, also while its server runs')
    .requiredOption('--to <folder>', 'where to: a folder that is empty or not there yet')
    .option('--json', 'one JSON object for each store')
    .addHelpText(
      'after',
      '\nThe copy is a data folder: with it in the place of the old one the server\nstarts.' +
        '\nwaybill verify-store --data FOLDER reads the whole copy once.',
    )
    .action((options: BackupOptions) => {
      const root = dataFolderOf(options)
      for (const folder of storesIn(root)) {
        const to = join(options.to, relative(root, folder))
        const result = backUpStore({ folder, to })
        if (options.json === true) printJson({ folder, to, ...result })
        else {
          const { messages, contents } = result
          print(`${to}: ${messages} messages, ${contents} of their contents in files of their own`)
        }
      }
    })
  return withDataOptions(command)
}
