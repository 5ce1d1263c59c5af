import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { type BackupMade, backupMade } from '../../desk/backup.ts'
import { type BackupResult, backUpStore } from '../../store/sqlite/backup.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { Progress } from '../progress.ts'

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
        '\nwaybill verify-store --data FOLDER reads the whole copy once.' +
        '\nExit code 0: the copy is whole. 1: contents were missing, and it says how many.',
    )
    .action(async (options: BackupOptions) => {
      const root = dataFolderOf(options)
      for (const folder of storesIn(root)) {
        const to = join(options.to, relative(root, folder))
        const result = copied(folder, to)
        if (options.json === true) printJson({ folder, to, ...result })
        else print(resultText(to, result))
        if (result.missing > 0) tellMissing(folder, result.missing)
        // The stores of the lab come and go, and nobody asks when they were copied.
        if (folder === root) await writeDown(folder, { to: resolve(to), ...result }, options)
      }
    })
  return withWhy(withDataOptions(command))
}

function copied(folder: string, to: string): BackupResult {
  const progress = new Progress('contents copied')
  try {
    return backUpStore({ folder, to, progress: (contents) => progress.at(contents) })
  } finally {
    progress.end()
  }
}

function resultText(to: string, { messages, contents, missing }: BackupResult): string {
  const made = `${to}: ${messages} ${messages === 1 ? 'message' : 'messages'}, ${contents} of their contents in files of their own`
  return missing === 0 ? made : `${made}; ${missing} missing`
}

/** What is lost in the original cannot be copied; the rest is better than nothing. */
function tellMissing(folder: string, missing: number): void {
  const what = missing === 1 ? '1 content that' : `${missing} contents that`
  say(`The backup is not whole: ${what} its messages name could not be found.`)
  say(`  waybill restore will refuse it. waybill verify-store --data ${folder} tells which.`)
  process.exitCode = exitCodes.no
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
    say(`The backup was made; that it was could not be written down: ${problem.message}`)
  }
}
