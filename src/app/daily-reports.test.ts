import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { generateDkimKey, verifyDkim, formatDkimRecord } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { decide } from '../inspect/decide.ts'
import { Inspection } from '../inspect/inspection.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { journeyRow } from '../journey/row.ts'
import { splitMessage } from '../message/header-reader.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { FullStore } from '../store/store.ts'
import { DailyReports } from './daily-reports.ts'

const day = Date.UTC(2026, 10, 22)
const key = generateDkimKey('ed25519')
const keys = [{ domain: 'south.example', selector: 'wb1', privateKey: key.privateKey }]
const zone = {
  'north.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject; rua=mailto:dmarc@north.example'] },
  'wb1._domainkey.south.example': {
    TXT: [formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })],
  },
}
const rules = {
  trustedForwarders: [],
  mailingLists: [],
  allow: [],
  onTemperror: 'deliver',
} as const

/** Puts the journey of one letter from `ip` into the store, as port 25 does. */
async function receive(
  store: FullStore,
  clock: ManualClock,
  id: string,
  ip: string,
): Promise<void> {
  const resolver = new MemoryResolver(zone)
  const now = Math.floor(clock.now() / 1000)
  const facts = { ip, helo: 'x.example', mailFrom: 'a@north.example', receiver: 'mx', now }
  const resolvers = { spf: resolver, dkim: resolver, dmarc: resolver, arc: resolver }
  const inspection = new Inspection(facts, resolvers)
  const { header, body } = splitMessage(Buffer.from('From: a@north.example\r\n\r\nHello\r\n'))
  inspection.header(header)
  inspection.body(body)
  const evaluation = await inspection.finish()
  const journey = new JourneyBuilder(id, clock)
  journey.step({ type: 'spf', ip, verdict: evaluation.spf })
  journey.step({ type: 'dkim', verdicts: evaluation.dkim })
  journey.step({ type: 'dmarc', verdict: evaluation.dmarc })
  journey.step({ type: 'decision', decision: decide(evaluation, header, rules) })
  const row = journeyRow(journey, {
    direction: 'in',
    mode: 'live',
    host: 'mx.south.example',
    envelope: { ip, helo: 'x.example', mailFrom: 'a@north.example', rcptTo: ['b@south.example'] },
    outcome: { status: 'dropped', because: ['test'] },
    replay: undefined,
    subject: '',
    headerMessageId: '',
    messageId: undefined,
  })
  await store.accept({ queue: [], mailbox: [], journeys: [row] })
}

function reports(store: FullStore, clock: ManualClock): DailyReports {
  let made = 0
  return new DailyReports({
    store,
    clock,
    resolver: new MemoryResolver(zone),
    from: 'postmaster@south.example',
    world: {
      clock,
      hostname: 'mx.south.example',
      mode: 'live',
      queueMs: 86_400_000,
      newId: () => `report${String(made++).padStart(10, '0')}`,
      accountsOf: () => [],
      signingKeys: () => keys,
    },
    random: () => 0,
    queued: () => {},
    report: (problem) => assert.fail(String(problem)),
  })
}

async function octets(store: FullStore, id: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read.openMessage(id)?.chunks() ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('the verdicts of a day are reported the next day, signed, once', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10')
  await receive(store, clock, 'aaaaaaaaaaaaaaa2', '198.51.100.66')
  await receive(store, clock, 'aaaaaaaaaaaaaaa3', '198.51.100.66')
  clock.advance(86_400_000)
  await receive(store, clock, 'aaaaaaaaaaaaaaa4', '192.0.2.10')

  const daily = reports(store, clock)
  const [sent, ...others] = await daily.send()
  assert.deepEqual(others, [])
  assert.equal(sent?.result, 'sent')
  assert.equal(sent?.messages, 3, 'the letter of the next day is not in it')
  const [item] = store.read.listQueue({ limit: 9 })
  assert.equal(item?.recipient, 'dmarc@north.example')
  assert.equal(item?.reversePath, 'postmaster@south.example')

  const message = await octets(store, item?.messageId ?? '')
  const now = Math.floor(clock.now() / 1000)
  const [signature] = await verifyDkim(message, { resolver: new MemoryResolver(zone), now })
  assert.equal(signature?.result, 'pass')
  const [, base64 = ''] = /filename=[^\n]*\r\n\r\n([\s\S]*?)\r\n--/.exec(message.toString()) ?? []
  const xml = gunzipSync(Buffer.from(base64, 'base64')).toString()
  assert.match(xml, /<source_ip>198\.51\.100\.66<\/source_ip>\s*<count>2<\/count>/)
  assert.match(xml, /<source_ip>192\.0\.2\.10<\/source_ip>\s*<count>1<\/count>/)

  const again = await daily.send()
  assert.deepEqual(
    again.map(({ result }) => result),
    ['already-sent'],
  )
  assert.equal(store.read.listQueue({ limit: 9 }).length, 1)
})
