/**
 * Half an hour of what the world does to a mail server: STARTTLS, refused mail, one hostile exchange,
 * a resolver that dies for a while. Memory, descriptors and disk must be at the end as at the start.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { SmtpTalk } from '../../src/app/test-support/smtp-talk.ts'
import { systemClock } from '../../src/io/clock.ts'
import { type DnsServer, openDnsServer } from '../../src/io/dns-server.ts'
import { sendLetters } from './letters.ts'
import { clientIps, house, world } from './namespaces.ts'
import { diskMb, receiver, Server, writeSettings } from './server.ts'
import { Sink } from './sink.ts'
import { zone } from './zones.ts'

const minutes = Number(process.env['WAYBILL_PROVE_MINUTES'] ?? '30')
const totalMs = minutes * 60_000

const folder = await mkdtemp(join(tmpdir(), 'waybill-soak-'))
const data = join(folder, 'data')
let dns: DnsServer | undefined = await openDns()
const sinks = [
  await Sink.open(world.ip, 'good'),
  await Sink.open(clientIps[0] ?? '', 'one a connection'),
  await Sink.open(clientIps[1] ?? '', 'silent'),
  await Sink.open(clientIps[2] ?? '', 'hangs up at STARTTLS'),
]
const server = await Server.start(await writeSettings(folder))
const counts = { taken: 0, sent: 0, refused: 0, startTls: 0, left: 0, putOff: 0 }
const started = performance.now()
const elapsed = (): number => performance.now() - started
const more = (): boolean => elapsed() < totalMs
let failed = false

try {
  const work = [...strangers(), ...users(), ...forgers(), starter(), leaver(), resolverDies()]
  const samples = await watch()
  await Promise.all(work)
  await judge(samples)
} finally {
  for (const sink of sinks) sink.close()
  await dns?.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)

function openDns(): Promise<DnsServer> {
  return openDnsServer({ address: world.ip, port: 53, clock: systemClock, zones: { '': zone } })
}

interface Sample {
  readonly minute: number
  readonly memoryMb: number
  readonly descriptors: number
  readonly diskMb: number
}

/** Looks once a minute while the work goes on. */
async function watch(): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  while (more()) {
    await pause(Math.min(60_000, Math.max(0, totalMs - elapsed())))
    const sample = {
      minute: Math.round(elapsed() / 60_000),
      ...server.usage(),
      diskMb: diskMb(data),
    }
    samples.push(sample)
    process.stdout.write(`${JSON.stringify({ ...sample, ...counts })}\n`)
  }
  return samples
}

/** A few letters a second: what grows then is a leak and not the mail that was kept. */
function strangers(): readonly Promise<void>[] {
  return clientIps.slice(10, 14).map(async (ip) => {
    while (more()) {
      let one = true
      const taken = (): void => void counts.taken++
      await sendLetters({
        ip,
        kind: 'stranger',
        to: receiver,
        taken,
        more: () => one && !(one = false),
      })
      await pause(500)
    }
  })
}

function users(): readonly Promise<void>[] {
  const places = ['good', 'polite', 'hostile', 'rude']
  return places.map(async (place, index) => {
    const ip = clientIps[20 + index] ?? ''
    while (more()) {
      let one = true
      const taken = (): void => void counts.sent++
      const to = `a@${place}.example`
      await sendLetters({ ip, kind: 'user', to, taken, more: () => one && !(one = false) })
      await pause(place === 'hostile' ? 20_000 : 1000)
    }
  })
}

/** Long letters in the name of somebody who asks for refusal. */
function forgers(): readonly Promise<void>[] {
  return clientIps.slice(30, 32).map(async (ip) => {
    const filler = `${'y'.repeat(70)}\n`.repeat(10_000)
    while (more()) {
      try {
        const talk = await open(ip)
        const from = 'boss@forged.example'
        const said = await talk.letter({
          from,
          to: receiver,
          message: `From: ${from}\n\n${filler}`,
        })
        if (said.code >= 500) counts.refused++
        else counts.putOff++
        await talk.quit()
      } catch {
        counts.left++
      }
      await pause(1000)
    }
  })
}

/** STARTTLS sessions, one after the other. */
async function starter(): Promise<void> {
  for (let n = 0; more(); n++) {
    try {
      const talk = await open(clientIps[40 + (n % 10)] ?? '')
      await talk.startTls()
      await talk.quit()
      counts.startTls++
    } catch {
      counts.left++
    }
    await pause(200)
  }
}

/** Clients that say STARTTLS and leave. */
async function leaver(): Promise<void> {
  for (let n = 0; more(); n++) {
    try {
      const talk = await open(clientIps[50 + (n % 5)] ?? '')
      await talk.say('STARTTLS', 220)
      talk.destroy()
      counts.left++
    } catch {
      counts.left++
    }
    await pause(500)
  }
}

/** For a tenth of the time nobody answers a question. */
async function resolverDies(): Promise<void> {
  await pause(totalMs * 0.4)
  await dns?.close()
  dns = undefined
  await pause(totalMs * 0.1)
  dns = await openDns()
}

function open(ip: string): Promise<SmtpTalk> {
  return SmtpTalk.greeted(25, { host: house.ip, localAddress: ip, helo: 'client.stranger.example' })
}

async function judge(samples: readonly Sample[]): Promise<void> {
  // Letters in flight end, connections linger out.
  await pause(10_000)
  const warm = samples[Math.floor(samples.length / 5)] ?? samples[0]
  const end = { ...server.usage(), diskMb: diskMb(data) }
  process.stdout.write(`soak: ${minutes} minutes, ${JSON.stringify(counts)}\n`)
  process.stdout.write(`soak: warm ${JSON.stringify(warm)}, end ${JSON.stringify(end)}\n`)
  const problems = [
    warm !== undefined && end.memoryMb > warm.memoryMb * 1.25 + 20 ? 'memory grew' : '',
    warm !== undefined && end.descriptors > warm.descriptors + 10 ? 'descriptors stayed open' : '',
    counts.taken < minutes * 60 ? 'too few letters were taken' : '',
    counts.refused < minutes * 20 ? 'too few forgeries were refused' : '',
    counts.startTls < minutes * 60 ? 'too few STARTTLS sessions' : '',
  ].filter((one) => one !== '')
  const ended = await server.stop('SIGTERM')
  if (ended !== 0) problems.push(`SIGTERM ended with ${String(ended)}`)
  if (problems.length === 0) return
  failed = true
  process.stdout.write(`soak: FAILED: ${problems.join('; ')}\n${server.said}\n`)
}
