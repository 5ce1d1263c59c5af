/**
 * What the record costs: letters on port 25 as in `accept`, taken by a server whose recorder keeps
 * nothing and by one as it is, in turn. Many short rounds, as the difference is small.
 */
import { join } from 'node:path'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signedLetterOf } from './letters.ts'
import { type Acceptor, type Figures, measure, printFigures, writeLetters } from './measured.ts'
import { proveChecks } from './proof.ts'
import { likelyMean } from './statistics.ts'
import { openWaybill } from './waybill.ts'

const letters = 2000
const letterBytes = 6000
const connections = 20
/** Short rounds for each that was asked for. */
const times = 4
let serial = 0

/** Prints both, and the ratio of on to off with how far it can be trusted. */
export async function benchRecording(rounds: number): Promise<void> {
  await withCleanUp(async (bench) => {
    const file = join(await shortFolder(bench), 'letters')
    const on = await openWaybill(bench)
    const off = await openWaybill(bench, { unrecorded: true })
    for (const server of [on, off]) await proveChecks(bench, server)
    await proveUnrecorded(off)
    const done: { readonly on: Figures; readonly off: Figures }[] = []
    for (let round = 0; round <= rounds * times; round++) {
      const both = { on: await take(on, file), off: await take(off, file) }
      // Both have warmed up with the first four.
      if (round >= times) done.push(both)
    }
    console.log(`recording: as accept, ${connections} connections, with the record and without`)
    for (const server of ['on', 'off'] as const) {
      printFigures(
        `the record is ${server}`,
        done.map((both) => both[server]),
        letters,
      )
    }
    const rate = likelyMean(done.map((both) => both.on.perSecond / both.off.perSecond))
    const cpu = likelyMean(done.map((both) => both.off.cpuMs / both.on.cpuMs))
    console.log(`  on does ${rate} times as many letters a second as off,`)
    console.log(`  and ${cpu} times as many a CPU second (mean, and where 95% of means would be)\n`)
  })
}

function take(server: Acceptor, file: string): Promise<Figures> {
  writeLetters(file, freshLetters())
  const { host, port } = server
  const envelope = { from: 'sender@sender.example', to: ['receiver@perf.example'] }
  return measure(server, { host, port, connections, messages: letters, letters: file, ...envelope })
}

/** What it has written down of the letters that proved it must be empty. */
async function proveUnrecorded(server: Awaited<ReturnType<typeof openWaybill>>): Promise<void> {
  const shown = await server.command('list', '--json')
  const [id] = /(?<="id": ?")[^"]+/.exec(shown) ?? []
  if (id === undefined) throw new Error(`recording: there is no journey:\n${shown.slice(0, 500)}`)
  const journey: { readonly steps: readonly unknown[] } = JSON.parse(
    await server.command('show', id, '--json'),
  )
  if (journey.steps.length > 0) throw new Error('recording: it was written down all the same')
}

function* freshLetters(): Generator<Uint8Array> {
  const now = Math.floor(Date.now() / 1000)
  for (let n = 0; n < letters; n++) yield signedLetterOf(letterBytes, serial++, now)
}
