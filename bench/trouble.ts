/**
 * What other servers' trouble costs. `deferring`: a third of the letters is put off or refused by the
 * sink, half of that each. `hanging`: of 200 destinations 150 take the connection and say nothing.
 */
import { join } from 'node:path'
import type { Zone } from '../src/dns/zone-table.ts'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { type Figures, printFigures } from './measured.ts'
import {
  type Entry,
  fill,
  type Filling,
  ourEntry,
  outwardZone,
  sendThrough,
  sinkIp,
  sinkSettings,
} from './outward.ts'
import { Sink } from './sink-process.ts'
import { spread } from './statistics.ts'
import { openWaybill } from './waybill.ts'

const octets = 5000
/** Six of which two are not taken. */
const mixed = ['a', 'b', 'defer', 'c', 'd', 'refuse'].map((name) => `${name}@sink.example`)
const good = Array.from({ length: 50 }, (_, n) => `a@good${n + 1}.example`)
const silent = Array.from({ length: 150 }, (_, n) => `a@silent${n + 1}.example`)

interface Field {
  readonly ours: Entry
  readonly sink: Sink
  readonly letters: string
}

/** Prints what a letter costs where the sink takes all, and where it does not take a third. */
export async function benchDeferring(rounds: number): Promise<void> {
  const messages = 2400
  await inField(outwardZone, sinkIp, async ({ ours, sink, letters }) => {
    const all: Figures[] = []
    const part: Figures[] = []
    const filling = { letters, messages, octets, to: ['a@sink.example'] }
    for (let round = 0; round <= rounds; round++) {
      const taken = await sendThrough(ours, sink, filling)
      const before = (await sink.count()).asked
      const some = await fill(ours, { ...filling, to: mixed }, () =>
        sink.wasAsked(before + messages),
      )
      if (round === 0) continue
      all.push(taken)
      part.push(some)
    }
    console.log(
      'deferring: 5 KB submitted on 465, delivered; of a third the sink will hear nothing',
    )
    printFigures('the sink takes all', all, messages)
    printFigures('it puts off a sixth and refuses a sixth', part, messages)
    printTimes(
      'a letter costs',
      part.map(({ cpuMs }, n) => cpuMs / (all[n]?.cpuMs ?? 1)),
    )
  })
}

/** Prints the rate to destinations that answer, alone and beside three times as many that hang. */
export async function benchHanging(rounds: number): Promise<void> {
  const zone: Record<string, NonNullable<Zone[string]>> = { ...outwardZone }
  for (const [n, address] of [...good, ...silent].entries()) {
    const domain = address.slice(2)
    // See `sink.ts`: where the third number is odd, nobody says a word.
    const ip = n < good.length ? `198.18.0.${n + 10}` : `198.18.1.${n - good.length + 10}`
    zone[domain] = { MX: [`10 mx.${domain}`] }
    zone[`mx.${domain}`] = { A: [ip] }
  }
  const messages = 3000
  await inField(zone, '0.0.0.0', async ({ ours, sink, letters }) => {
    const alone: Figures[] = []
    const beside: Figures[] = []
    const filling: Filling = { letters, messages, octets, to: good }
    for (let round = 0; round <= rounds; round++) {
      const figures = await sendThrough(ours, sink, filling)
      if (round > 0) alone.push(figures)
    }
    for (let round = 0; round <= rounds; round++) {
      const before = (await sink.count()).letters
      const each = Math.max(good.length, silent.length)
      const to = Array.from({ length: 2 * each }, (_, n) => {
        const from = n % 2 === 0 ? good : silent
        return from[Math.floor(n / 2) % from.length] ?? ''
      })
      const twice = { ...filling, messages: 2 * messages, to }
      const figures = await fill(ours, twice, () => sink.has(before + messages))
      if (round > 0) beside.push({ ...figures, perSecond: figures.perSecond / 2 })
    }
    console.log('hanging: 5 KB submitted on 465, to 50 destinations that answer')
    printFigures('alone', alone, messages)
    printFigures('beside as many letters for 150 that say nothing', beside, messages)
    printTimes(
      'the rate is',
      beside.map(({ perSecond }, n) => perSecond / (alone[n]?.perSecond ?? 1)),
    )
  })
}

function printTimes(what: string, ratios: readonly number[]): void {
  console.log(`  ${what} ${spread(ratios, 2)} times what it is without\n`)
}

async function inField(
  zone: Zone,
  ip: string,
  work: (field: Field) => Promise<void>,
): Promise<void> {
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    const sink = new Sink(bench)
    await sink.open(ip, 25)
    const server = await openWaybill(bench, { zone, settings: sinkSettings })
    await work({ ours: ourEntry(server, 'Waybill, its record on'), sink, letters })
  })
}
