import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { type BackupMade, backupMade } from '../../desk/backup.ts'
import { backUpStore } from '../../store/backup.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { print, printJson, say } from '../output.ts'

interface BackupOptions extends DataOptions, WhyOption {
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
    .action(async (options: BackupOptions) => {
      const root = dataFolderOf(options)
      for (const folder of storesIn(root)) {
        const to = join(options.to, relative(root, folder))
        const result = backUpStore({ folder, to })
        if (options.json === true) printJson({ folder, to, ...result })
        else {
          const { messages, contents } = result
          print(`${to}: ${messages} messages, ${contents} of their contents in files of their own`)
        }
        // The stores of the lab come and go, and nobody asks when they were copied.
        if (folder === root) await writeDown(folder, { to: resolve(to), ...result }, options)
      }
    })
  return withWhy(withDataOptions(command))
}

/** So that `waybill status` knows of it. A copy is a copy, also where nobody may write that down. */
async function writeDown(folder: string, made: BackupMade, { why }: WhyOption): Promise<void> {
  try {
    const desk = (): object => ({})
    await atDesk(backupMade, made, {
      opening: { folder },
      desk,
      ...(why === undefined ? {} : { why }),
    })
  } catch (problem) {
    if (!(problem instanceof WaybillError)) throw problem
    say(`The backup is whole; that it was made could not be written down: ${problem.message}`)
  }
}
