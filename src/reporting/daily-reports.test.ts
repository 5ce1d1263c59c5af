import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { testPost } from '../post/test-support/post.ts'
import type { LogLine } from '../base/log.ts'
import { generateDkimKey, verifyDkim, formatDkimRecord } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { decide } from '../inspect/decide.ts'
import { Inspection } from '../inspect/inspection.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { journeyRow } from '../journey/row.ts'
import { splitMessage } from '../message/header-reader.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { JourneyQuery } from '../store/ports/journeys.ts'
import type { Store } from '../store/ports/store.ts'
import { DailyReports, type DailyReportsOptions } from './daily-reports.ts'

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
  store: Store,
  clock: ManualClock,
  id: string,
  ip: string,
  answers: Zone = zone,
): Promise<void> {
  const resolver = new MemoryResolver(answers)
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
    host: 'mx.south.example',
    envelope: { ip, helo: 'x.example', mailFrom: 'a@north.example', rcptTo: ['b@south.example'] },
    outcome: { status: 'dropped', because: ['test'] },
    replay: undefined,
    subject: '',
    headerMessageId: '',
    messageId: undefined,
  })
  await store.post.accept({ queue: [], mailbox: [], journeys: [row] })
}

class Mark {
  day: number | undefined
  read(): Promise<number | undefined> {
    return Promise.resolve(this.day)
  }
  write(day: number): Promise<void> {
    this.day = day
    return Promise.resolve()
  }
}

function reports(
  store: Store,
  clock: ManualClock,
  more: Partial<DailyReportsOptions> & { readonly account?: string } = {},
): DailyReports {
  const people = directoryOf(more.account === undefined ? [] : [more.account], () => keys)
  return new DailyReports({
    read: store,
    clock,
    firstOpenDay: new Mark(),
    turn: () => Promise.resolve(),
    resolver: new MemoryResolver(zone),
    from: 'postmaster@south.example',
    post: testPost(people, {
      clock,
      ids: 'report',
      accept: (acceptance) => store.post.accept(acceptance),
    }),
    random: () => 0,
    log: () => {},
    report: (problem) => assert.fail(String(problem)),
    ...more,
  })
}

async function octets(store: Store, id: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await store.messages.open(id))?.chunks() ?? []) chunks.push(chunk)
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

  const told: LogLine[] = []
  const log = (line: LogLine): void => void told.push(line)
  const [sent, ...others] = await reports(store, clock, { log }).send()
  assert.deepEqual(others, [])
  assert.equal(sent?.result, 'sent')
  assert.equal(sent?.messages, 3, 'the letter of the next day is not in it')
  const [item] = await store.queue.list({ limit: 9 })
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

  const again = await reports(store, clock, { log }).send()
  assert.deepEqual(
    again.map(({ result }) => result),
    ['already-sent'],
  )
  assert.equal((await store.queue.list({ limit: 9 })).length, 1)
  const fields = { kind: 'aggregate', day: '2026-11-22', sent: 1, nowhere: 0, later: 0 }
  assert.deepEqual(told, [{ level: 'info', event: 'report', fields }], 'what was sent is told once')
})

test('a report that is filed here begins with its reverse-path, and one that is sent does not', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  const here = 'dmarc@north.example'
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10')
  clock.advance(86_400_000)
  await reports(store, clock, { account: here }).send()
  assert.deepEqual(await store.queue.list({ limit: 9 }), [])
  const [filed, ...others] = await store.mailboxes.items({ account: here })
  assert.deepEqual(others, [])
  const text = (await octets(store, filed?.messageId ?? '')).toString()
  assert.match(text, /^Return-Path: <postmaster@south\.example>\r\nDKIM-Signature: /)
})

test('a report for one who is here and one who is not is two messages', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  const twice = {
    ...zone,
    '_dmarc.north.example': {
      TXT: ['v=DMARC1; p=none; rua=mailto:here@north.example,mailto:there@west.example'],
    },
    'north.example._report._dmarc.west.example': { TXT: ['v=DMARC1'] },
  }
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10', twice)
  clock.advance(86_400_000)
  await reports(store, clock, {
    account: 'here@north.example',
    resolver: new MemoryResolver(twice),
  }).send()
  const [sent] = await store.queue.list({ limit: 9 })
  const [filed] = await store.mailboxes.items({})
  assert.equal(sent?.recipient, 'there@west.example')
  assert.equal(filed?.journeyId, sent.journeyId)
  const texts = await Promise.all([sent, filed].map((one) => octets(store, one?.messageId ?? '')))
  const [went = '', stays = ''] = texts.map(String)
  assert.match(went, /^DKIM-Signature: /)
  assert.equal(stays, `Return-Path: <postmaster@south.example>\r\n${went}`)
})

test('days on which the server was down are made good, once, the oldest first', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10')
  clock.advance(86_400_000)
  await receive(store, clock, 'aaaaaaaaaaaaaaa2', '192.0.2.10')
  clock.advance(3 * 86_400_000)
  const firstOpenDay = new Mark()
  const sent = await reports(store, clock, { firstOpenDay }).send()
  const id = (at: number): string => `${at / 1000}-north.example@south.example`
  assert.deepEqual(
    sent.map(({ reportId, result }) => [reportId, result]),
    [
      [id(day), 'sent'],
      [id(day + 86_400_000), 'sent'],
    ],
  )
  assert.equal(firstOpenDay.day, day + 4 * 86_400_000)
  // What is done is not even looked at again; without the mark the store itself knows.
  assert.deepEqual(await reports(store, clock, { firstOpenDay }).send(), [])
  const again = await reports(store, clock).send()
  assert.deepEqual(
    again.map(({ result }) => result),
    ['already-sent', 'already-sent'],
  )
})

test('a day is looked back at for a week, and one that waits for DNS stays open', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10')
  clock.advance(7 * 86_400_000)
  const firstOpenDay = new Mark()
  const far = { TXT: ['v=DMARC1; p=none; rua=mailto:r@down.example'] }
  const silent = {
    ...zone,
    '_dmarc.north.example': far,
    'north.example._report._dmarc.down.example': { error: 'SERVFAIL' as const },
  }
  await receive(store, clock, 'aaaaaaaaaaaaaaa2', '192.0.2.10', silent)
  clock.advance(86_400_000)
  const daily = reports(store, clock, { firstOpenDay, resolver: new MemoryResolver(silent) })
  assert.deepEqual(
    (await daily.send()).map(({ result }) => result),
    ['try-later'],
  )
  assert.equal(firstOpenDay.day, day + 7 * 86_400_000)
  const agreed = { ...silent, 'north.example._report._dmarc.down.example': { TXT: ['v=DMARC1'] } }
  const later = reports(store, clock, { firstOpenDay, resolver: new MemoryResolver(agreed) })
  assert.deepEqual(
    (await later.send()).map(({ result }) => result),
    ['sent'],
  )
  assert.equal(firstOpenDay.day, day + 8 * 86_400_000)
})

test('a run gives other work its turn, reads every journey once, and can be stopped at each turn', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  const count = 320
  // Many at the same time, and some after each other: pages end within both.
  for (let i = 0; i < count; i++) {
    if (i % 3 === 0 && i < 150) clock.advance(1000)
    await receive(store, clock, `a${String(i).padStart(15, '0')}`, '192.0.2.10')
  }
  clock.advance(86_400_000)
  let turns = 0
  let pages = 0
  const watched: Store = {
    ...store,
    journeys: {
      ...store.journeys,
      list(query: JourneyQuery) {
        pages++
        return store.journeys.list(query)
      },
    },
    post: { accept: () => Promise.resolve() },
  }
  const daily = reports(watched, clock, {
    turn: () => {
      turns++
      return Promise.resolve()
    },
  })
  const outcomes = await daily.send()
  assert.deepEqual(
    outcomes.map(({ messages }) => messages),
    [count],
  )
  assert.ok(turns >= 8, String(turns))
  assert.ok(pages >= 7, String(pages))

  for (let stopAt = 1; stopAt <= turns; stopAt++) {
    const fresh = openMemoryStore()
    await receive(fresh, new ManualClock(day), 'aaaaaaaaaaaaaaa1', '192.0.2.10')
    let seen = 0
    const stopping: DailyReports = reports(fresh, clock, {
      turn: async () => {
        if (++seen !== stopAt) return
        await stopping.stop()
        await fresh.close()
      },
    })
    const done = await stopping.send()
    if (seen >= stopAt) assert.deepEqual(done, [])
  }
})

test('who stops waits for the report that is being stored, and no other is begun', async () => {
  const clock = new ManualClock(day + 10 * 3_600_000)
  const store = openMemoryStore()
  await receive(store, clock, 'aaaaaaaaaaaaaaa1', '192.0.2.10')
  clock.advance(86_400_000)
  const order: string[] = []
  let go = (): void => undefined
  const stored = new Promise<void>((resolve) => (go = resolve))
  const slow: Store = {
    ...store,
    post: {
      async accept() {
        order.push('storing')
        await stored
        order.push('stored')
      },
    },
  }
  const daily = reports(slow, clock)
  daily.start()
  clock.advance(0)
  while (order.length === 0) await new Promise((turn) => setImmediate(turn))
  const stop = daily.stop().then(() => order.push('stopped'))
  await Promise.resolve()
  go()
  await stop
  assert.deepEqual(order.slice(0, 2), ['storing', 'stored'])
  assert.ok(order.includes('stopped'))
  clock.advance(10 * 86_400_000)
  assert.equal(order.filter((one) => one === 'storing').length, 1)
})
