/**
 * What an open page costs the mail path: letters on port 25 as in `accept`, while somebody follows the
 * events and has the list read again each second as the page does, and while nobody does, in turn.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signedLetterOf } from './letters.ts'
import { type Figures, measure, printFigures, writeLetters } from './measured.ts'
import { proveChecks } from './proof.ts'
import { likelyMean } from './statistics.ts'
import { type BenchedWaybill, openWaybill } from './waybill.ts'

const letters = 2000
const letterBytes = 6000
const connections = 20
/** Short rounds for each that was asked for. */
const times = 2
let serial = 0

/** Prints both, and the ratio of an open page to none with how far it can be trusted. */
export async function benchConsole(rounds: number): Promise<void> {
  await withCleanUp(async (bench) => {
    const file = join(await shortFolder(bench), 'letters')
    const server = await openWaybill(bench)
    await proveChecks(bench, server)
    const done: { readonly open: Figures; readonly shut: Figures }[] = []
    for (let round = 0; round < (rounds + 1) * times; round++) {
      // Each is first as often: what the index of the search still has to do falls on the next one.
      const before = round % 2 === 0 ? await take(server, file) : undefined
      const page = openPage(server)
      const open = await take(server, file)
      await page.close()
      const shut = before ?? (await take(server, file))
      if (round >= times) done.push({ open, shut })
    }
    console.log(
      `console: as accept, ${connections} connections, with a page that is open and without`,
    )
    for (const page of ['open', 'shut'] as const) {
      printFigures(
        `the page is ${page}`,
        done.map((both) => both[page]),
        letters,
      )
    }
    const rate = likelyMean(done.map((both) => both.open.perSecond / both.shut.perSecond))
    console.log(`  open does ${rate} times as many letters a second as shut`)
    console.log('  (mean, and where 95% of means would be)\n')
  })
}

function take(server: BenchedWaybill, file: string): Promise<Figures> {
  writeLetters(file, freshLetters())
  const { host, port } = server
  const envelope = { from: 'sender@sender.example', to: ['receiver@perf.example'] }
  return measure(server, { host, port, connections, messages: letters, letters: file, ...envelope })
}

/** Reads what a page reads that shows the list of messages. */
function openPage({ ports, folder }: BenchedWaybill): { close(): Promise<void> } {
  const key = readFileSync(join(folder, 'http-token'), 'utf8').trim()
  const over = new AbortController()
  const ask = (path: string): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}` }
    return fetch(`http://127.0.0.1:${ports.http}${path}`, { headers, signal: over.signal })
  }
  const all = Promise.all([follow(ask), poll(ask, over.signal)])
  return {
    async close() {
      over.abort()
      await all
    },
  }
}

type Ask = (path: string) => Promise<Response>

async function follow(ask: Ask): Promise<void> {
  try {
    const stream = await ask('/v1/events/stream?per_second=200')
    if (!stream.ok) throw new Error(`console: ${await stream.text()}`)
    for await (const _ of stream.body ?? []);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

async function poll(ask: Ask, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      const list = await ask('/v1/messages?limit=50')
      if (!list.ok) throw new Error(`console: ${await list.text()}`)
      await list.json()
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

function* freshLetters(): Generator<Uint8Array> {
  const now = Math.floor(Date.now() / 1000)
  for (let n = 0; n < letters; n++) yield signedLetterOf(letterBytes, serial++, now)
}
