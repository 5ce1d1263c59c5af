/**
 * SIGKILL again and again while port 25 takes and the queue delivers: what was acknowledged must be
 * in a mailbox or at the other server, and what came twice is counted.
 */
import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { systemClock } from '../../src/io/clock.ts'
import { openDnsServer } from '../../src/io/dns-server.ts'
import { openReadOnlyStore } from '../../src/store/sqlite/sqlite-reader.ts'
import { type Acknowledged, sendLetters } from './letters.ts'
import { clientIps, world } from './namespaces.ts'
import { receiver, Server, writeSettings } from './server.ts'
import { Sink } from './sink.ts'
import { zone } from './zones.ts'

const kills = Number(process.env['WAYBILL_PROVE_KILLS'] ?? '60')
const letters = Number(process.env['WAYBILL_PROVE_LETTERS'] ?? '30000')

const folder = await mkdtemp(join(tmpdir(), 'waybill-prove-'))
const dns = await openDnsServer({
  address: world.ip,
  port: 53,
  clock: systemClock,
  zones: { '': zone },
})
const good = await Sink.open(world.ip, 'good')
const polite = await Sink.open(clientIps[0] ?? '', 'one a connection')
const config = await writeSettings(folder)
const acknowledged: Acknowledged[] = []
let failed = false

try {
  for (let round = 0; round < kills; round++) await killOnce(round)
  await drain()
  await judge()
} finally {
  good.close()
  polite.close()
  await dns.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)

async function killOnce(round: number): Promise<void> {
  const server = await Server.start(config)
  const wanted = Math.ceil((letters * (round + 1)) / kills)
  let over = false
  const enough = Promise.withResolvers<void>()
  const taken = (letter: Acknowledged): void => {
    acknowledged.push(letter)
    if (acknowledged.length >= wanted) enough.resolve()
  }
  const sending = Array.from({ length: 16 }, (_, n) => {
    const user = n % 4 === 0
    return sendLetters({
      ip: clientIps[n + 3] ?? '',
      kind: user ? 'user' : 'stranger',
      to: user ? (n % 8 === 0 ? 'a@good.example' : 'a@polite.example') : receiver,
      taken,
      more: () => !over,
    })
  })
  // A server that takes nothing would keep us for ever.
  await Promise.race([enough.promise, pause(60_000)])
  await pause(randomInt(250))
  const ended = await server.stop('SIGKILL')
  over = true
  await Promise.all(sending)
  if (ended !== 'SIGKILL')
    throw new Error(`the server had ended by itself (${String(ended)}): ${server.said}`)
  if (acknowledged.length < wanted)
    throw new Error(`only ${acknowledged.length} of ${wanted} letters: ${server.said}`)
}

/** The last start delivers what waits; then it is asked to stop in order. */
async function drain(): Promise<void> {
  const server = await Server.start(config)
  const started = performance.now()
  while (performance.now() - started < 600_000) {
    const read = openReadOnlyStore({ folder: join(folder, 'data') })
    const { queued } = await read.counts()
    read.close()
    if (queued === 0) break
    await pause(500)
  }
  const ended = await server.stop('SIGTERM')
  if (ended === 0) return
  failed = true
  process.stdout.write(`SIGTERM ended with ${String(ended)}: ${server.said}\n`)
}

async function judge(): Promise<void> {
  const read = openReadOnlyStore({ folder: join(folder, 'data') })
  const filed = new Map<string, number>()
  for (const { journeyId } of await read.mailboxes.items({})) {
    const found = await read.journeys.find(journeyId)
    if (found.type !== 'found') continue
    const { subject } = found.journey
    filed.set(subject, (filed.get(subject) ?? 0) + 1)
  }
  const { queued } = await read.counts()
  read.close()
  const arrived = (letter: Acknowledged): number => {
    if (letter.to === receiver) return filed.get(letter.word) ?? 0
    return (good.counts.get(letter.word) ?? 0) + (polite.counts.get(letter.word) ?? 0)
  }
  const out = acknowledged.filter(({ to }) => to !== receiver)
  const lost = acknowledged.filter((letter) => arrived(letter) === 0)
  const repeated = out.filter((letter) => arrived(letter) > 1)
  process.stdout.write(
    `kill: ${kills} kills, ${acknowledged.length} acknowledged (${out.length} for others), ` +
      `${lost.length} lost, ${repeated.length} delivered more than once, ${queued} still in the queue\n`,
  )
  if (lost.length > 0 || queued > 0) failed = true
}
