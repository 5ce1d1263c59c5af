/** One round of letters against one server, and what is measured over it. */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { run } from '../test/interop/processes.ts'
import type { LoadOrders, LoadResult } from './load.ts'
import { cpuMsOf, MemoryWatch } from './processes.ts'
import { spread } from './statistics.ts'

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

/**
 * Sends so many letters, all of which have to be accepted, and waits until nothing is left to do.
 *
 * @throws Error when one was not
 */
export async function measure(
  server: Contestant,
  orders: LoadOrders,
  done: () => Promise<void> = () => server.idle(),
): Promise<Figures> {
  const [load = Number.NaN] = loadavg()
  const watch = new MemoryWatch(server.pids)
  const before = cpuMsOf(server.pids)
  const started = performance.now()
  const loading = await run(process.execPath, [generator], {
    input: JSON.stringify(orders),
    timeoutMs: 900_000,
  })
  if (loading.code !== 0) throw new Error(`${server.name}: ${loading.stderr}`)
  const { accepted, perSecond, refusals }: LoadResult = JSON.parse(loading.stdout)
  if (accepted !== orders.messages) {
    throw new Error(`${server.name} accepted only ${accepted}: ${JSON.stringify(refusals)}`)
  }
  await done()
  const seconds = (performance.now() - started) / 1000
  const cpuMs = (cpuMsOf(server.pids) - before) / accepted
  const peakMb = watch.stop()
  const whole = accepted / seconds
  return { perSecond: Math.min(perSecond, Math.max(whole, 0)), cpuMs, peakMb, load }
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
