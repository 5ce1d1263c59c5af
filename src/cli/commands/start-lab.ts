import { openLabConsole } from '../../lab/console.ts'
import { type Lab, type LabPorts, openLab } from '../../lab/lab.ts'
import { labTools } from '../../lab/tools.ts'
import { openJourney } from '../../desk/archives.ts'
import type { JourneyView } from '../../journey/view.ts'
import { findSituation, situations } from '../../lab/situations.ts'
import { sameData } from '../data.ts'
import { runInForeground } from '../foreground.ts'
import { paint, print } from '../output.ts'
import { renderFirstLetter } from '../render/first-letter.ts'
import type { StartOptions } from '../starting.ts'
import { programVersion } from '../version.ts'

/** Runs the lab until somebody ends it. */
export function startLab(options: StartOptions): Promise<void> {
  return runInForeground(options, { open: openLab, openPage: openLabConsole, greet })
}

/** The first screen: where things are, and the first letter's way. */
async function greet(
  lab: Lab,
  ports: LabPorts & { readonly http: number },
  data: string,
): Promise<void> {
  const bold = (text: string): string => paint('bold', text)
  const place = (text: string): string => text.padEnd(26)
  print(`
  ${bold(`Waybill ${programVersion()}`)}   LAB: nothing leaves this computer

  Console   ${place(`http://localhost:${ports.http}`)}only this computer can open it
  Send to   ${place(`smtp://localhost:${ports.smtp}`)}any sender, any recipient, no login
            ${place(`smtp://localhost:${ports.submission}`)}STARTTLS, sender@north.example / letmein
            ${place(`smtps://localhost:${ports.submissions}`)}TLS,      sender@north.example / letmein
  DNS       ${place(`127.0.0.1:${ports.dns}`)}zones north.example, south.example
  CA        ${place(lab.authorityFile)}for programs that check the other two

  Point your app at the first one. Two mail servers are running here:
  mx.north.example is 192.0.2.10, mx.south.example is 203.0.113.20.
  A first letter went from sender@north.example to receiver@south.example:
`)
  const started = performance.now()
  await findSituation('hello')?.run(labTools(lab))
  const ms = Math.round(performance.now() - started)
  const view = async (
    store: Lab['north']['store'],
    direction: 'in' | 'out',
  ): Promise<JourneyView | undefined> => {
    const [row] = await store.journeys.list({ limit: 1, direction })
    const found = row === undefined ? undefined : await store.journeys.find(row.id)
    return found?.type === 'found' ? (await openJourney(store, found.journey)).view : undefined
  }
  const sent = await view(lab.north.store, 'out')
  const received = await view(lab.south.store, 'in')
  if (sent !== undefined && received !== undefined) print(renderFirstLetter(sent, received, ms))
  // Another folder than the one that commands look into by themselves must be named.
  const from = sameData({ data })
  const show = (ref: string): string => `./waybill show ${ref} -v${from}`.padEnd(28)
  print(`
  Next:  ${show('last')}what south saw of it, with every DNS answer
         ${show('last:2')}what north did before: signed it, found the way, sent it
         ./waybill lab run forged    a stranger writes in north's name
         ./waybill lab list          ${situations.length - 1} more situations to try
  Ctrl-C stops. Your data: ${data}`)
}
