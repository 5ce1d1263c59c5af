/**
 * Mail that goes out, in rows of which each has its file or its function here. `out`: taken from users
 * on port 465, signed with RSA-2048 and Ed25519, and delivered to a sink; Postfix takes it in clear
 * text and relays it unsigned. `drain`: a queue that has filled while the sink was shut is sent when
 * it opens. `queue`: the same as `out` while very many letters wait for a host that is down.
 *
 * Runs in a network namespace of its own, where a host may have port 25: `bench.ts` opens it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { benchEnd } from './end.ts'
import { type Contestant, type Figures, loadNow, printFigures, warmUpLetters } from './measured.ts'
import {
  type Entry,
  fill,
  keep,
  ourEntry,
  outwardZone,
  peerEntry,
  printRow,
  sendThrough,
  sinkIp,
  sinkNetwork,
  sinkSettings,
} from './outward.ts'
import { missingForPostfix, openRelayingPostfix } from './postfix.ts'
import { cpuMsOf, memoryMbOf } from './processes.ts'
import { Sink } from './sink-process.ts'
import { median } from './statistics.ts'
import { benchDeferring, benchHanging } from './trouble.ts'
import { openWaybill } from './waybill.ts'

const outLetters = 2000
const waitingLetters = 20_000
const octets = 6000
const one = ['a@sink.example']

/** The rows that run in the namespace. */
export const outwardRows = ['out', 'drain', 'queue', 'end', 'deferring', 'hanging'] as const
type Row = (typeof outwardRows)[number]

/** Runs the rows in a network namespace, as root; says why not where that cannot be had. */
export function benchOut(rounds: number, rows: readonly string[]): void {
  const missing = missingForPostfix()
  if (missing !== undefined) {
    console.log(`${rows.join(', ')}: not measured: ${missing}\n`)
    return
  }
  const script = 'ip link set lo up && ip addr add "$0" dev lo && exec "$@"'
  const node = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]
  const inside = ['--net', 'sh', '-c', script, sinkNetwork, ...node, String(rounds), ...rows]
  const { status } = spawnSync('unshare', inside, { stdio: 'inherit' })
  if (status !== 0) throw new Error('out: failed')
}

async function main(rounds: number, rows: readonly Row[]): Promise<void> {
  if (rows.some((row) => row === 'out' || row === 'drain' || row === 'queue')) {
    await benchSigned(rounds, rows)
  }
  if (rows.includes('end')) await benchEnd(rounds)
  if (rows.includes('deferring')) await benchDeferring(rounds)
  if (rows.includes('hanging')) await benchHanging(rounds)
}

async function benchSigned(rounds: number, rows: readonly Row[]): Promise<void> {
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    const sink = new Sink(bench)
    await sink.open(sinkIp, 25)
    const server = await openWaybill(bench, { zone: outwardZone, settings: sinkSettings })
    const ours = ourEntry(server, 'Waybill, its record on')
    const peer = peerEntry(await openRelayingPostfix(bench, { host: sinkIp, port: 25 }))
    const entries = [ours, peer]
    await proveSigned(sink, () => fill(ours, { letters, messages: 1, octets, to: one }))
    const filling = { letters, messages: outLetters, octets, to: one }
    await sendThrough(ours, sink, { ...filling, messages: warmUpLetters })
    for (let round = 0; round <= rounds; round++) {
      for (const entry of entries) {
        if (rows.includes('out')) {
          const figures = await sendThrough(entry, sink, filling)
          keep(entry, 'out', { round, figures })
        }
        if (rows.includes('drain')) {
          const figures = await drain(entry, sink, letters)
          keep(entry, 'drain', { round, figures })
        }
      }
    }
    for (const [row, title] of Object.entries({
      out: 'out: 6 KB submitted on 465, signed twice, delivered; Postfix: clear text, unsigned',
      drain: 'drain: a queue that has filled is sent',
    })) {
      const asked = rows.some((name) => name === row)
      if (asked) printRow(title, entries, { row, letters: outLetters })
    }
    if (rows.includes('queue')) await benchQueue(ours, { sink, letters, rounds })
  })
}

/** What is sent must be signed with both kinds of key. */
async function proveSigned(sink: Sink, send: () => Promise<unknown>): Promise<void> {
  await send()
  await sink.has(1)
  const { first } = await sink.count()
  for (const algorithm of ['rsa-sha256', 'ed25519-sha256']) {
    if (!new RegExp(`^DKIM-Signature:[^]*?a=${algorithm};`, 'm').test(first)) {
      throw new Error(`Waybill did not sign with ${algorithm}:\n${first.slice(0, 2000)}`)
    }
  }
}

async function drain(entry: Entry, sink: Sink, letters: string): Promise<Figures> {
  const { server, flush } = entry
  const messages = outLetters
  const before = await sink.shut()
  await fill(entry, { letters, messages, octets, to: one }, () => atRest(server))
  await sink.open(sinkIp, 25)
  const [cpu, started] = [cpuMsOf(server.pids), performance.now()]
  const load = loadNow()
  await flush()
  await sink.has(before.letters + messages)
  const seconds = (performance.now() - started) / 1000
  const cpuMs = (cpuMsOf(server.pids) - cpu) / messages
  return { perSecond: messages / seconds, cpuMs, peakMb: memoryMbOf(server.pids), load }
}

/** Waits until a server has done nothing for a second. */
async function atRest({ pids }: Contestant): Promise<void> {
  for (let before = -1000; ; ) {
    const now = cpuMsOf(pids)
    if (now - before <= 20) return
    before = now
    await wait(1000)
  }
}

/** `out` with an empty queue and with a full one, in turn as far as that can be. */
async function benchQueue(
  entry: Entry,
  {
    sink,
    letters,
    rounds,
  }: { readonly sink: Sink; readonly letters: string; readonly rounds: number },
): Promise<void> {
  const filling = { letters, messages: outLetters, octets, to: one }
  const empty: Figures[] = []
  const full: Figures[] = []
  for (let round = 0; round <= rounds; round++) {
    const figures = await sendThrough(entry, sink, filling)
    if (round > 0) empty.push(figures)
  }
  const waiting = { letters, messages: waitingLetters, octets, to: ['a@down.example'] }
  await fill(entry, waiting, () => atRest(entry.server))
  for (let round = 0; round <= rounds; round++) {
    const figures = await sendThrough(entry, sink, filling)
    if (round > 0) full.push(figures)
  }
  console.log(`queue: out, while ${waitingLetters} letters wait for a host that is down`)
  printFigures('empty', empty, outLetters)
  printFigures('full', full, outLetters)
  const [before, after] = [empty, full].map((all) => median(all.map(({ cpuMs }) => cpuMs)))
  console.log(`  a letter costs ${((after ?? 0) / (before ?? 1)).toFixed(2)} times as much CPU\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rounds = '5', ...asked] = process.argv.slice(2)
  await main(
    Number(rounds),
    outwardRows.filter((row) => asked.includes(row)),
  )
}
