/** One round of letters against one server, and what is measured over it. */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { run } from '../test/interop/processes.ts'
import type { LoadOrders, LoadResult } from './load.ts'
import { cpuMsOf, MemoryWatch } from './processes.ts'
import { spread } from './statistics.ts'

/**
 * So many letters are taken first by the one whose code is compiled while it runs: a server is started
 * once and then runs for weeks. Postfix is compiled before, and starts its processes anew.
 */
export const warmUpLetters = 9000

/** A server whose processes can be told from all others. */
export interface Contestant {
  readonly name: string
  /** Its processes; those that come from them are counted with them. */
  readonly pids: readonly number[]
  /** Waits until it has no more to do for what it has accepted. */
  idle(): Promise<void>
}

/** A mail server that takes letters. */
export interface Acceptor extends Contestant {
  readonly host: string
  readonly port: number
}

export interface Figures {
  /** Letters a second, on the wall clock. */
  readonly perSecond: number
  /** CPU for a letter in milliseconds, of all processes of the server. */
  readonly cpuMs: number
  /** The most memory of all its processes together, in MB; what they share is counted once. */
  readonly peakMb: number
  /** The load average of the machine before. */
  readonly load: number
}

const generator = fileURLToPath(new URL('load.ts', import.meta.url))

/** Has the load generator do what it is told, in a process of its own. */
export async function load(orders: LoadOrders): Promise<LoadResult> {
  const { code, stdout, stderr } = await run(process.execPath, [generator], {
    input: JSON.stringify(orders),
    timeoutMs: 900_000,
  })
  if (code !== 0) throw new Error(`the load on ${orders.host}: ${stderr}`)
  return JSON.parse(stdout)
}

/**
 * Sends so many letters, all of which have to be accepted, and waits until nothing is left to do.
 *
 * @param arrived waits until all have come to where they go: the rate is then that of the whole way,
 *   and without it that of the acceptance
 * @throws Error when one was not accepted
 */
export async function measure(
  server: Contestant,
  orders: LoadOrders,
  arrived?: () => Promise<void>,
): Promise<Figures> {
  const { pids, name } = server
  const before = loadNow()
  const watch = new MemoryWatch(pids)
  const cpu = cpuMsOf(pids)
  const started = performance.now()
  const { accepted, perSecond, refusals } = await load(orders)
  if (accepted !== orders.messages) {
    throw new Error(`${name} accepted only ${accepted}: ${JSON.stringify(refusals)}`)
  }
  await (arrived ?? (() => server.idle()))()
  const seconds = (performance.now() - started) / 1000
  return {
    perSecond: arrived === undefined ? perSecond : accepted / seconds,
    cpuMs: (cpuMsOf(pids) - cpu) / accepted,
    peakMb: watch.stop(),
    load: before,
  }
}

/** The load average of the last minute. */
export function loadNow(): number {
  const [load = Number.NaN] = loadavg()
  return load
}

/** Writes letters as the load generator reads them. */
export function writeLetters(path: string, letters: Iterable<Uint8Array>): void {
  const parts: Buffer[] = []
  for (const letter of letters) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(letter.length + 3)
    parts.push(length, Buffer.from(letter), Buffer.from('.\r\n'))
  }
  writeFileSync(path, Buffer.concat(parts))
}

/** The rounds of one server. */
export function printFigures(name: string, rounds: readonly Figures[], letters: number): void {
  const all = (of: keyof Figures): number[] => rounds.map((figures) => figures[of])
  console.log(`  ${name}`)
  console.log(`    ${spread(all('perSecond'), 0)} a second, ${rounds.length} rounds of ${letters}`)
  console.log(`    CPU ${spread(all('cpuMs'), 3)} ms a letter`)
  console.log(`    memory ${Math.max(...all('peakMb')).toFixed(0)} MB at most`)
  console.log(
    `    load before each round: ${all('load')
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  )
}

/** Round by round: each of ours against the one of the peer that came after it. */
export function printRatios(
  peer: string,
  ours: readonly Figures[],
  peers: readonly Figures[],
): void {
  const ratios = (of: (our: Figures, peer: Figures) => number): number[] =>
    ours.flatMap((our, round) => {
      const theirs = peers[round]
      return theirs === undefined ? [] : [of(our, theirs)]
    })
  const rate = ratios((our, theirs) => our.perSecond / theirs.perSecond)
  const cpu = ratios((our, theirs) => theirs.cpuMs / our.cpuMs)
  console.log(`  Waybill does ${spread(rate, 2)} times as many letters a second as ${peer},`)
  console.log(`  and ${spread(cpu, 2)} times as many a CPU second`)
}
