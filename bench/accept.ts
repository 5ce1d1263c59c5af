/**
 * Durable accepts on port 25: letters of 6 KB, each signed by its own, judged by SPF, DKIM and DMARC,
 * 20 connections. Waybill and Postfix with its filters take turns, so that noise falls on both.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signedLetterOf } from './letters.ts'
import type { LoadOrders, LoadResult } from './load.ts'
import { missingForPostfix, openPostfixWithFilters } from './postfix.ts'
import { cpuMsOf, peakMbOf } from './processes.ts'
import { spread } from './statistics.ts'
import { openWaybill } from './waybill.ts'

/** A mail server that takes letters for receiver@perf.example. */
export interface Acceptor {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Its processes; those that come from them are counted with them. */
  readonly pids: readonly number[]
  /** Waits until it has no more to do for what it has accepted. */
  idle(): Promise<void>
}

interface Figures {
  readonly perSecond: number
  readonly cpuMs: number
}

const connections = 20
const letterBytes = 6000
/** Letters in a round: so many that it takes seconds, of either. */
const ourLetters = 3000
const peerLetters = 1000
const generator = fileURLToPath(new URL('load.ts', import.meta.url))

/** Prints the rate and the CPU of each, and the ratios, over so many rounds after one that warms up. */
export async function benchAccept(rounds: number): Promise<void> {
  const [load = Number.NaN] = loadavg()
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    writeLetters(letters)
    const ours = await openWaybill(bench)
    const missing = missingForPostfix()
    const peer = missing === undefined ? await openPostfixWithFilters(bench) : undefined
    const ourRounds: Figures[] = []
    const peerRounds: Figures[] = []
    for (let round = 0; round <= rounds; round++) {
      const our = await measure(ours, { letters, messages: ourLetters })
      const peers = peer && (await measure(peer, { letters, messages: peerLetters }))
      if (round === 0) continue
      ourRounds.push(our)
      if (peers !== undefined) peerRounds.push(peers)
    }
    console.log(
      'Durable accepts on port 25: 6 KB signed letters, 20 connections, SPF, DKIM, DMARC;',
    )
    console.log('the load generator and the DNS are on the same machine, of')
    console.log(`${availableParallelism()} cores, whose load average was ${load.toFixed(1)} before`)
    printFigures(ours, ourRounds, ourLetters)
    console.log(`    peak memory ${Math.max(...ours.pids.map(peakMbOf))} MB`)
    if (peer === undefined) {
      console.log(`  not measured beside it: Postfix with its filters: ${missing}\n`)
      return
    }
    printFigures(peer, peerRounds, peerLetters)
    printRatios(ourRounds, peerRounds)
    console.log('  CPU is the sum over /proc of all processes of the server\n')
  })
}

/** One round. Every letter has to be accepted. */
async function measure(
  server: Acceptor,
  input: { readonly letters: string; readonly messages: number },
): Promise<Figures> {
  const before = cpuMsOf(server.pids)
  const { host, port } = server
  const orders: LoadOrders = { host, port, connections, ...input }
  const loading = await run(process.execPath, [generator], {
    input: JSON.stringify(orders),
    timeoutMs: 600_000,
  })
  if (loading.code !== 0) throw new Error(`${server.name}: ${loading.stderr}`)
  const { accepted, perSecond, refusals }: LoadResult = JSON.parse(loading.stdout)
  if (accepted !== input.messages) {
    throw new Error(`${server.name} accepted only ${accepted}: ${JSON.stringify(refusals)}`)
  }
  await server.idle()
  return { perSecond, cpuMs: (cpuMsOf(server.pids) - before) / accepted }
}

/** As the load generator reads them. */
function writeLetters(path: string): void {
  const parts: Buffer[] = []
  const now = Math.floor(Date.now() / 1000)
  for (let serial = 0; serial < ourLetters; serial++) {
    const signed = signedLetterOf(letterBytes, serial, now)
    const letter = Buffer.concat([signed, Buffer.from('.\r\n')])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(letter.length)
    parts.push(length, letter)
  }
  writeFileSync(path, Buffer.concat(parts))
}

function printFigures({ name }: Acceptor, rounds: readonly Figures[], letters: number): void {
  const rates = rounds.map(({ perSecond }) => perSecond)
  const cpu = rounds.map(({ cpuMs }) => cpuMs)
  console.log(`  ${name}`)
  console.log(`    ${spread(rates, 0)} a second, ${rounds.length} rounds of ${letters}`)
  console.log(`    CPU ${spread(cpu, 2)} ms a letter`)
}

/** Round by round: each of ours against the one of the peer that came after it. */
function printRatios(ours: readonly Figures[], peers: readonly Figures[]): void {
  const ratios = (of: (our: Figures, peer: Figures) => number): number[] =>
    ours.flatMap((our, round) => {
      const peer = peers[round]
      return peer === undefined ? [] : [of(our, peer)]
    })
  const rate = ratios((our, peer) => our.perSecond / peer.perSecond)
  const cpu = ratios((our, peer) => peer.cpuMs / our.cpuMs)
  console.log(`  Waybill takes ${spread(rate, 1)} times as many letters a second,`)
  console.log(`  and one letter costs Postfix ${spread(cpu, 1)} times as much CPU`)
}
