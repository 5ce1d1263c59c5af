import { type Catcher, openCatcher } from '../../catch/catcher.ts'
import { openCatcherConsole } from '../../catch/console.ts'
import { defaultData } from '../data.ts'
import { paint, print, printJson } from '../output.ts'
import { onSignals } from '../signals.ts'
import {
  leave,
  logStyle,
  openReporting,
  pageFolder,
  portsWanted,
  type StartOptions,
  tellMovedPorts,
} from '../starting.ts'
import { programVersion } from '../version.ts'

/** Runs a catcher until somebody ends it. */
export async function startCatcher(options: StartOptions): Promise<void> {
  const { log, report, close } = openReporting(logStyle(options.log ?? 'faults'))
  const { wanted, taken, named } = portsWanted(options)
  const folder = options.data ?? defaultData
  const { fault: faults } = options
  const catcher = await openCatcher({ folder, ports: wanted, taken, named, faults, log, report })
  const version = programVersion()
  const page = await openCatcherConsole(catcher, {
    folder,
    port: wanted.http,
    taken,
    named,
    version,
    page: pageFolder,
    report,
  }).catch(async (problem: unknown) => {
    await catcher.close()
    throw problem
  })
  const ports = { ...catcher.ports, http: page.http }
  const ended = Promise.withResolvers<void>()
  onSignals({ stop: () => ended.resolve(), hurry: () => catcher.hurry() })
  tellMovedPorts(wanted, ports)
  if (options.json === true) printJson({ event: 'ready', ports })
  else print(screen(ports, catcher, folder))
  await ended.promise
  await page.close()
  await catcher.close()
  close()
  leave()
}

function screen(
  ports: Catcher['ports'] & { readonly http: number },
  { authorityFile }: Catcher,
  folder: string,
): string {
  const place = (text: string): string => text.padEnd(29)
  const data = folder === defaultData ? '' : ` --data ${folder}`
  return `
  ${paint('bold', `Waybill ${programVersion()}`)}   CATCH: every letter is kept here, and none is sent on

  Console   ${place(`http://localhost:${ports.http}`)}only this computer can open it
  Send to   ${place(`smtp://localhost:${ports.smtp}`)}any sender, any recipient, any login or none
            ${place(`smtp://localhost:${ports.submission}`)}the same with STARTTLS
            ${place(`smtps://localhost:${ports.submissions}`)}the same with TLS
  API       ${place(`http://localhost:${ports.http}/v1`)}key wb_lab_local
  CA        ${authorityFile}, for programs that check TLS

  Point your app at the first one. Then:
         ./waybill list${data}               every letter, the newest first
         ./waybill mail list caught${data}   what was caught
         ./waybill show last -v${data}       what became of the last one, and would have
  Ctrl-C stops. What was caught stays in ${folder}`
}
