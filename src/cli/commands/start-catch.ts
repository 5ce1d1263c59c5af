import { usualKeepDays } from '../../catch/age.ts'
import { type Catcher, openCatcher } from '../../catch/catcher.ts'
import { openCatcherConsole } from '../../catch/console.ts'
import { sameData } from '../data.ts'
import { runInForeground } from '../foreground.ts'
import { paint, print } from '../output.ts'
import type { StartOptions } from '../starting.ts'
import { programVersion } from '../version.ts'

/** Runs a catcher until somebody ends it. */
export function startCatcher(options: StartOptions): Promise<void> {
  return runInForeground(options, {
    open: openCatcher,
    openPage: openCatcherConsole,
    greet(catcher, ports, folder) {
      print(screen(ports, catcher, keptWhere(options, folder)))
      return Promise.resolve()
    },
  })
}

interface Kept {
  readonly folder: string
  /** In words. */
  readonly until: string
}

function keptWhere({ keepDays = usualKeepDays }: StartOptions, folder: string): Kept {
  if (keepDays === 0) return { folder, until: '' }
  return { folder, until: ` for ${keepDays} day${keepDays === 1 ? '' : 's'} (--keep-days)` }
}

function screen(
  ports: Catcher['ports'] & { readonly http: number },
  { authorityFile }: Catcher,
  { folder, until }: Kept,
): string {
  const place = (text: string): string => text.padEnd(29)
  const data = sameData({ data: folder })
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
  Ctrl-C stops. What was caught stays in ${folder}${until}`
}
