import { Command } from 'commander'
import { askServer } from '../../control/ask.ts'
import { diskTroubles, type Trouble, troublesOf } from '../../desk/health.ts'
import { serverStatus, type ServerStatus } from '../../desk/status.ts'
import { storeStatus } from '../../desk/store-status.ts'
import { systemClock } from '../../io/clock.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { operator } from '../operator.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { serverText, statusJson, storeJson, storeText, troubleText } from '../render/status.ts'

interface StatusOptions extends DataOptions {
  readonly json?: boolean
}

/** `waybill status`. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('how the server is: ports, queue, what is down, limits met, disk, last backup')
    .option('--json', 'all of it as one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0: it runs and all is well. 1: it runs, and something wants to be\n' +
        'looked at. 4: no server runs there, or it is the folder of the lab, which\n' +
        '`waybill lab clock` asks.',
    )
    .action(async (options: StatusOptions) => {
      const root = dataFolderOf(options)
      const json = options.json === true
      const folders = storesIn(root)
      for (const folder of folders) {
        const running = folder === root ? await ask(folder) : undefined
        if (running !== undefined) tellServer(running, json)
        else await tellStore(folder, { json, isLab: folder !== root })
      }
      if (folders.includes(root)) return
      process.exitCode = exitCodes.unreachable
      if (!json) {
        say('This is the lab’s, so whether it runs is not told here: waybill lab clock asks it.')
        say('  The terminal of npm start tells its ports.')
      }
    })
  return withDataOptions(command)
}

/** `undefined` when nobody is there to be asked. */
async function ask(folder: string): Promise<ServerStatus | undefined> {
  const request = { operation: serverStatus.name, by: operator() }
  const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 10_000 })
  // What the server's own desk gave, as JSON: the greeting said that it is of our version.
  return asked.type === 'answered' ? (asked.value as ServerStatus) : undefined
}

function tellServer(status: ServerStatus, json: boolean): void {
  const troubles = troublesOf(status, systemClock.now())
  if (json) printJson(statusJson(status, troubles))
  else {
    print(serverText(status))
    tellTroubles(troubles, 'All is well.')
  }
  if (troubles.length > 0) process.exitCode = exitCodes.no
}

/** What can be told without a server; one of the lab cannot be asked. */
async function tellStore(
  folder: string,
  { json, isLab }: { readonly json: boolean; readonly isLab: boolean },
): Promise<void> {
  const reader = openReadOnlyStore({ folder })
  try {
    const status = await storeStatus(reader, folder, Date.now())
    const troubles = diskTroubles(status)
    if (json) printJson({ running: false, folder, ...storeJson(status) })
    else {
      print(storeText(status, folder))
      tellTroubles(troubles, '')
    }
  } finally {
    reader.close()
  }
  if (!json && !isLab) {
    say(`No server runs on ${folder}.`)
    say('  waybill start --config FILE starts one, in the foreground.')
  }
  if (!isLab) process.exitCode = exitCodes.unreachable
}

function tellTroubles(troubles: readonly Trouble[], none: string): void {
  for (const trouble of troubles) print(troubleText(trouble))
  if (troubles.length === 0 && none !== '') print(`  ${none}`)
}
