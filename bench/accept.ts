/**
 * Durable accepts on port 25: letters of 6 KB, each signed by its own, judged by SPF, DKIM and DMARC.
 * Waybill, Postfix with its filters and Postfix that checks nothing take turns, so that noise falls
 * on all.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signedLetterOf } from './letters.ts'
import {
  type Acceptor,
  type Figures,
  measure,
  printFigures,
  printRatios,
  writeLetters,
  warmUpLetters,
} from './measured.ts'
import {
  missingForFilters,
  missingForPostfix,
  openPlainPostfix,
  openPostfixWithFilters,
} from './postfix.ts'
import { proveChecks } from './proof.ts'
import { openWaybill } from './waybill.ts'

/** How many letters a round has, so that it takes seconds of each. */
interface RoundSize {
  readonly connections: number
  readonly ours: number
  readonly filtered: number
  readonly plain: number
}

const sizes: readonly RoundSize[] = [
  { connections: 20, ours: 3000, filtered: 1000, plain: 2000 },
  { connections: 1, ours: 1000, filtered: 300, plain: 1000 },
  { connections: 100, ours: 3000, filtered: 1000, plain: 2000 },
]
const letterBytes = 6000
const envelope = { from: 'sender@sender.example', to: ['receiver@perf.example'] }
/** No two letters of a bench are the same: equal content could be stored once. */
let serial = 0

/** One who takes part, and what it did. */
interface Entry {
  readonly server: Acceptor
  readonly letters: number
  readonly rounds: Figures[]
}

/** Prints rate, CPU and memory of each, and the ratios, over so many rounds after one that warms up. */
export async function benchAccept(rounds: number): Promise<void> {
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    const ours = await openWaybill(bench)
    await proveChecks(bench, ours)
    const missing = missingForFilters()
    const filtered = missing === undefined ? await openPostfixWithFilters(bench) : undefined
    if (filtered !== undefined) await proveChecks(bench, filtered)
    const plain = missingForPostfix() === undefined ? await openPlainPostfix(bench) : undefined
    const take = (server: Acceptor, connections: number, messages: number): Promise<Figures> => {
      writeLetters(letters, freshLetters(messages))
      const { host, port } = server
      return measure(server, { host, port, connections, messages, letters, ...envelope })
    }
    await take(ours, 20, warmUpLetters)
    for (const size of sizes) {
      const entries: Entry[] = [{ server: ours, letters: size.ours, rounds: [] }]
      if (filtered !== undefined)
        entries.push({ server: filtered, letters: size.filtered, rounds: [] })
      if (plain !== undefined) entries.push({ server: plain, letters: size.plain, rounds: [] })
      for (let round = 0; round <= rounds; round++) {
        for (const { server, letters: messages, rounds: done } of entries) {
          const figures = await take(server, size.connections, messages)
          if (round > 0) done.push(figures)
        }
      }
      print(size, entries)
    }
    if (missing !== undefined) console.log(`  not measured: Postfix with its filters: ${missing}\n`)
  })
}

function print({ connections }: RoundSize, [ours, ...peers]: readonly Entry[]): void {
  console.log(
    `accept: 6 KB signed letters on port 25, ${connections} ${connections === 1 ? 'connection' : 'connections'}, SPF, DKIM and DMARC;`,
  )
  console.log(`  the load generator and the DNS are on the same ${availableParallelism()} cores`)
  if (ours === undefined) return
  for (const { server, letters, rounds } of [ours, ...peers]) {
    printFigures(server.name, rounds, letters)
  }
  for (const { server, rounds } of peers) printRatios(server.name, ours.rounds, rounds)
  console.log('')
}

function* freshLetters(count: number): Generator<Uint8Array> {
  const now = Math.floor(Date.now() / 1000)
  for (let n = 0; n < count; n++) yield signedLetterOf(letterBytes, serial++, now)
}
