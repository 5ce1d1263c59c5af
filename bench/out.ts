/**
 * Mail that goes out. `out`: taken from users on port 465, signed with RSA-2048 and Ed25519, and
 * delivered to a sink; Postfix takes it in clear text and relays it unsigned. `drain`: a queue that
 * has filled while the sink was shut is sent when it opens. `queue`: the same as `out` while very many
 * letters wait for a host that is down.
 *
 * Runs in a network namespace of its own, where a host may have port 25: `bench.ts` opens it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { letterOf } from './letters.ts'
import type { LoadOrders } from './load.ts'
import {
  type Acceptor,
  type Contestant,
  type Figures,
  loadNow,
  measure,
  printFigures,
  printRatios,
  writeLetters,
} from './measured.ts'
import { missingForPostfix, openRelayingPostfix } from './postfix.ts'
import { cpuMsOf, memoryMbOf } from './processes.ts'
import { Sink } from './sink-process.ts'
import { median } from './statistics.ts'
import { type BenchedWaybill, openWaybill, user } from './waybill.ts'

const sinkIp = '198.18.0.2'
const ourLetters = 2000
const peerLetters = 2000
const waitingLetters = 20_000
const letterBytes = 6000
const connections = 20
let serial = 0

type Row = 'out' | 'drain' | 'queue'

/** Runs the rows in a network namespace, as root; says why not where that cannot be had. */
export function benchOut(rounds: number, rows: readonly string[]): void {
  const missing = missingForPostfix()
  if (missing !== undefined) {
    console.log(`out, drain, queue: not measured: ${missing}\n`)
    return
  }
  const script = 'ip link set lo up && ip addr add "$0/32" dev lo && exec "$@"'
  const node = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]
  const inside = ['--net', 'sh', '-c', script, sinkIp, ...node, String(rounds), ...rows]
  const { status } = spawnSync('unshare', inside, { stdio: 'inherit' })
  if (status !== 0) throw new Error('out: failed')
}

const zone = {
  'sink.example': { MX: ['10 mx.sink.example'] },
  'mx.sink.example': { A: [sinkIp] },
  'down.example': { MX: ['10 mx.down.example'] },
  // Nobody listens there.
  'mx.down.example': { A: ['198.18.0.3'] },
}

interface Entry {
  readonly server: Acceptor
  readonly orders: Omit<LoadOrders, 'letters' | 'messages' | 'to'>
  readonly letters: number
  readonly flush: () => Promise<void>
  readonly out: Figures[]
  readonly drain: Figures[]
}

async function main(rounds: number, rows: readonly Row[]): Promise<void> {
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    const sink = new Sink(bench)
    await sink.open(sinkIp, 25)
    const settings = '[queue]\nallow_networks = ["198.18.0.0/15"]\nfirst_retry_seconds = 3600\n'
    const ours = await openWaybill(bench, { zone, settings })
    const peer = await openRelayingPostfix(bench, { host: sinkIp, port: 25 })
    const entries = [ourEntry(ours), peerEntry(peer)]
    await proveSigned(sink, () => fill(entries[0], { letters, messages: 1, to: 'a@sink.example' }))
    for (let round = 0; round <= rounds; round++) {
      for (const entry of entries) {
        if (rows.includes('out')) {
          const figures = await sendThrough(entry, sink, letters)
          if (round > 0) entry.out.push(figures)
        }
        if (rows.includes('drain')) {
          const figures = await drain(entry, sink, letters)
          if (round > 0) entry.drain.push(figures)
        }
      }
    }
    if (rows.includes('out')) {
      print(
        'out: 6 KB submitted on 465, signed twice, delivered; Postfix: clear text, unsigned',
        entries,
        'out',
      )
    }
    if (rows.includes('drain')) print('drain: a queue that has filled is sent', entries, 'drain')
    if (rows.includes('queue')) await benchQueue(entries[0], { sink, letters, rounds })
  })
}

function ourEntry(server: BenchedWaybill): Entry {
  const { address, password } = user
  const login = { user: address, password }
  const port = server.ports.submissions
  const orders = { host: server.host, port, connections, from: address, login }
  const flush = async (): Promise<void> => void (await server.command('queue', 'retry', '--all'))
  const name = 'Waybill, its record on'
  return { server: { ...server, name }, orders, letters: ourLetters, flush, out: [], drain: [] }
}

function peerEntry(server: Awaited<ReturnType<typeof openRelayingPostfix>>): Entry {
  const { host, port } = server
  const orders = { host, port, connections, from: user.address }
  const flush = (): Promise<void> => server.flush()
  return { server, orders, letters: peerLetters, flush, out: [], drain: [] }
}

function print(title: string, entries: readonly Entry[], row: 'out' | 'drain'): void {
  console.log(title)
  for (const entry of entries) printFigures(entry.server.name, entry[row], entry.letters)
  const [ours, peer] = entries
  if (ours !== undefined && peer !== undefined) {
    printRatios(peer.server.name, ours[row], peer[row])
  }
  console.log('')
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

interface Filling {
  readonly letters: string
  readonly messages: number
  readonly to: string
}

/** Gives letters that nobody has seen yet to a server, and measures until `done`. */
function fill(
  entry: Entry | undefined,
  { letters, messages, to }: Filling,
  done?: () => Promise<void>,
): Promise<Figures> {
  if (entry === undefined) throw new Error('out: nobody there')
  writeLetters(letters, ourLettersOf(messages))
  const orders = { ...entry.orders, letters, messages, to }
  return measure(entry.server, orders, done)
}

function* ourLettersOf(count: number): Generator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    const text = letterOf(letterBytes, serial++).toString('latin1')
    yield Buffer.from(text.replace(/^From: .*$/m, `From: <${user.address}>`), 'latin1')
  }
}

async function sendThrough(entry: Entry, sink: Sink, letters: string): Promise<Figures> {
  const before = (await sink.count()).letters
  const messages = entry.letters
  const to = 'a@sink.example'
  return fill(entry, { letters, messages, to }, () => sink.has(before + messages))
}

async function drain(entry: Entry, sink: Sink, letters: string): Promise<Figures> {
  const { server, letters: messages, flush } = entry
  const before = await sink.shut()
  await fill(entry, { letters, messages, to: 'a@sink.example' }, () => atRest(server))
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
  entry: Entry | undefined,
  {
    sink,
    letters,
    rounds,
  }: { readonly sink: Sink; readonly letters: string; readonly rounds: number },
): Promise<void> {
  if (entry === undefined) return
  const empty: Figures[] = []
  const full: Figures[] = []
  for (let round = 0; round <= rounds; round++) {
    const figures = await sendThrough(entry, sink, letters)
    if (round > 0) empty.push(figures)
  }
  await fill(entry, { letters, messages: waitingLetters, to: 'a@down.example' }, () =>
    atRest(entry.server),
  )
  for (let round = 0; round <= rounds; round++) {
    const figures = await sendThrough(entry, sink, letters)
    if (round > 0) full.push(figures)
  }
  console.log(`queue: out, while ${waitingLetters} letters wait for a host that is down`)
  printFigures('empty', empty, entry.letters)
  printFigures('full', full, entry.letters)
  const [before, after] = [empty, full].map((all) => median(all.map(({ cpuMs }) => cpuMs)))
  console.log(`  a letter costs ${((after ?? 0) / (before ?? 1)).toFixed(2)} times as much CPU\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rounds = '5', ...rows] = process.argv.slice(2)
  await main(
    Number(rounds),
    rows.filter((row) => row === 'out' || row === 'drain' || row === 'queue'),
  )
}
