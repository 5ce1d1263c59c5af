import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { exchangeWay } from '../deliver/way.ts'
import { routeWithLimits } from '../desk/limited-route.ts'
import { readPauseKey } from '../desk/pauses.ts'
import type { SourcePlan } from '../deliver/source-book.ts'
import { ManualClock } from '../base/clock.ts'
import { homeOf } from '../source/choose-source.ts'
import type { Source } from '../source/source.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { type Act, FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import { attempts, first, openSender, type Sender } from './test-support/sender.ts'
import { receiver as user } from './test-support/south.ts'
import type { TestSiteOptions } from './test-support/test-site.ts'

const zone = {
  'north.example': { MX: ['10 mx.north.example'] },
  'mx.north.example': { A: [first] },
}

const one: Source = {
  name: 'one',
  pool: 'default',
  weight: 1,
  hostname: 'one.south.example',
  ipv4: '127.0.0.2',
}
const two: Source = { ...one, name: 'two', hostname: 'two.south.example', ipv4: '127.0.0.3' }
const both = [one, two]

/** Where the user of these tests is at home. */
const home = both.find(({ name }) => name === homeOf(both, user, 'mx.north.example')) ?? one
const other = home === one ? two : one

function plan(sources: readonly Source[], more: Partial<SourcePlan> = {}): SourcePlan {
  return { sources, senders: [], poolTo: () => undefined, ...more }
}

async function open(
  t: TestContext,
  sources: SourcePlan,
  { answer, ...site }: Pick<FakeServerOptions, 'answer'> & TestSiteOptions = {},
): Promise<Sender & { readonly server: FakeServer }> {
  const limits = { ...site.limits, sources }
  const sender = await openSender(t, { zone, ...site, limits })
  const server = await FakeServer.open(t, answer === undefined ? {} : { answer })
  sender.network.at(first, server.port)
  return { ...sender, server }
}

test('mail goes from its source, under its name, and the journey says so', async (t) => {
  const { submit, settled, server } = await open(t, plan([home]))
  const journey = await settled(await submit(), 1)
  assert.deepEqual(attempts(journey), ['delivered'])
  assert.deepEqual(server.peers, [home.ipv4])
  assert.ok(server.lines.includes(`EHLO ${home.hostname}`))
  const told = journey.view.steps.find(({ id }) => id === 'source')
  assert.match(
    told?.answer ?? '',
    /^From \w+ \(127\.0\.0\.\d\), which calls itself \w+\.south\.example, of the pool "default"/,
  )
  const dial = journey.record.steps.find((step) => step.type === 'dial')
  assert.equal(dial?.type === 'dial' && dial.from, home.ipv4)
})

test('the settings say for whom a pool is; for others the system chooses', async (t) => {
  const news = { ...other, pool: 'news' }
  const senders = [{ addresses: [], accounts: [user], pool: 'news' }]
  const { submit, settled, server, south } = await open(t, plan([news], { senders }))
  await settled(await submit(), 1)
  assert.deepEqual(server.peers, [news.ipv4])
  // A pool that nothing leads to.
  await south.site.use({ limits: { ...limitsOf(), sources: plan([news]) } })
  const journey = await settled(await submit(), 1)
  assert.equal(
    journey.record.steps.some(({ type }) => type === 'source'),
    false,
  )
  assert.equal(server.peers.at(-1), '127.0.0.1')
  assert.equal(
    server.lines.at(-1 - server.lines.toReversed().findIndex((l) => l.startsWith('EHLO'))),
    'EHLO mx.south.example',
  )
})

const listed = '554 5.7.1 Client host blocked using zen.spamhaus.org; see https://www.spamhaus.org'

for (const stage of ['banner', 'ehlo', 'mail', 'rcpt'] as const) {
  test(`who says at ${stage} that an address is listed pauses that one; the letter goes from another`, async (t) => {
    const { submit, settled, server, south } = await open(t, plan(both), {
      answer: (at, _line, connection): Act | undefined => {
        return at === stage && server.peers[connection - 1] === home.ipv4 ? listed : undefined
      },
    })
    const spared = await settled(await submit(), 1)
    assert.deepEqual(attempts(spared), ['delivered'])
    assert.deepEqual(server.peers, [home.ipv4, other.ipv4])
    // All that it met is in its journey, in its order.
    const met = spared.record.steps.flatMap(({ type }) => (asked.has(type) ? [type] : []))
    assert.deepEqual(met, ['source', 'dial', 'paused', 'source', 'dial', 'attempt'])
    const paused = spared.record.steps.find((step) => step.type === 'paused')
    assert.ok(paused?.type === 'paused')
    assert.equal(paused.source, home.name)
    assert.ok(paused.spared?.conversation.some(({ text }) => text === listed))
    assert.match(
      spared.view.steps.find(({ id }) => id === 'paused')?.answer ?? '',
      /This letter goes on from another one of its pool at once\. .*zen\.spamhaus\.org/,
    )
    const next = await settled(await submit(), 1)
    assert.deepEqual(attempts(next), ['delivered'])
    assert.deepEqual(server.peers, [home.ipv4, other.ipv4].concat(server.peers.slice(2)))
    assert.ok(server.peers.slice(2).every((peer) => peer === other.ipv4))
    const told = next.view.steps.find(({ id }) => id === 'source')
    assert.match(told?.answer ?? '', new RegExp(`Not from ${home.name}\\. .*spamhaus`))
    const [pause] = south.site.sources.find(({ name }) => name === home.name)?.pauses ?? []
    assert.equal(pause?.site, 'mx.north.example')
    assert.equal(pause.until === undefined ? 0 : pause.until - (pause.since ?? 0), 3_600_000)
    assert.deepEqual(Array.from(south.site.down.keys()), [])
  })
}

/** The steps of a way that say what was done for it. */
const asked: ReadonlySet<string> = new Set(['source', 'dial', 'paused', 'attempt'])

test('when the last source is listed, too, the letter is told what that one heard', async (t) => {
  const { submit, settled, server, south } = await open(t, plan(both), {
    answer: (at) => (at === 'mail' ? listed : undefined),
  })
  const failed = await settled(await submit(), 1)
  assert.deepEqual(attempts(failed), ['failed'])
  assert.deepEqual(server.peers, [home.ipv4, other.ipv4])
  const paused = failed.record.steps.flatMap((step) => (step.type === 'paused' ? [step] : []))
  assert.deepEqual(
    paused.map(({ source, spared }) => [source, spared === undefined]),
    [
      [home.name, false],
      [other.name, true],
    ],
  )
  // The next one waits, and nobody is asked.
  const waits = await settled(await submit(), 1)
  assert.deepEqual([attempts(waits), server.connections], [[], 2])
  assert.match(waits.view.summary, /No source of the pool "default" may send it now/)
  assert.deepEqual(
    south.site.sources.map(({ pauses }) => pauses.length),
    [1, 1],
  )
})

test('the way ahead says from which source a letter would leave, and why', async (t) => {
  const news = { ...other, pool: 'news', warmUp: { from: '2100-01-01', perDay: [1] } }
  const senders = [{ addresses: ['news@south.example'], accounts: [], pool: 'news' }]
  const { south, submit, settled, server } = await open(t, plan([home, news], { senders }))
  const look = (from: string): ReturnType<typeof routeWithLimits> => {
    const place = { ...south.site.roads, clock: south.clock, standing: nothingStands }
    return routeWithLimits({ address: 'x@north.example', from }, place)
  }
  const usual = await look(user)
  assert.equal(usual.source?.choice.type === 'source' && usual.source.choice.source, home.name)
  assert.match(
    usual.steps.at(-1)?.answer ?? '',
    new RegExp(`^From ${home.name} .*, of the pool "default"`),
  )
  const waits = await look('news@south.example')
  assert.deepEqual([waits.source?.choice.type, waits.source?.facts.by], ['wait', 'address'])
  const [first] = waits.limits
  assert.deepEqual([first?.by, first?.stops], ['source', true])
  assert.match(first?.says ?? '', /Its warm-up begins on 2100-01-01/)
  // As a letter then does; and looking counts nothing.
  assert.equal(south.site.sources[0]?.today, 0)
  await settled(await submit(), 1)
  assert.deepEqual([server.peers, south.site.sources[0].today], [[home.ipv4], 1])
  // Where a server of the settings gets it, nobody there sees our address.
  const place = { ...south.site.roads, clock: south.clock, standing: nothingStands }
  const hop = { host: '192.0.2.99', port: 25, protocol: 'smtp' } as const
  const ways = { to: () => ({ hop, way: exchangeWay }) }
  const relayed = await routeWithLimits(
    { address: 'x@north.example', from: user },
    { ...place, ways },
  )
  assert.deepEqual([relayed.source, relayed.targets.length], [null, 1])
})

const nothingStands = (): Promise<undefined> => Promise.resolve(undefined)

test('what is said of our address when the content was seen is the answer to the letter', async (t) => {
  const { submit, settled, server } = await open(t, plan(both), {
    answer: (at) => (at === 'dot' ? listed : undefined),
  })
  assert.deepEqual(attempts(await settled(await submit(), 1)), ['failed'])
  assert.deepEqual(server.peers, [home.ipv4])
})

test('of a letter to several only those go from another source that were refused', async (t) => {
  const { submit, settled, server } = await open(t, plan(both), {
    answer: (at, line, connection): Act | undefined => {
      const refuses = at === 'rcpt' && line.includes('anna')
      return refuses && server.peers[connection - 1] === home.ipv4 ? listed : undefined
    },
  })
  const to = ['anna@north.example', 'bert@north.example']
  const journey = await settled(await submit({ to }), 2)
  assert.deepEqual(attempts(journey), ['delivered', 'delivered'])
  assert.deepEqual(
    server.letters.map(({ rcpt }) => rcpt.map((one) => /<(\w+)@/.exec(one)?.[1])),
    [['bert'], ['anna']],
  )
})

test('a batch goes from another source at once, and each letter tells what itself has met', async (t) => {
  for (const stage of ['banner', 'mail'] as const) {
    let good = false
    const { submit, settled, server, south } = await open(t, plan(both), {
      answer: (at, _line, connection): Act | undefined => {
        if (!good) return at === 'banner' ? '421 4.3.2 not now' : undefined
        return at === stage && server.peers[connection - 1] === home.ipv4 ? listed : undefined
      },
    })
    const ids = [await submit(), await submit(), await submit()]
    for (const id of ids) await settled(id, 1)
    good = true
    south.clock.advance(6 * 60_000)
    south.site.wakeQueue()
    const spared: number[] = []
    for (const id of ids) {
      const { record, ...rest } = await settled(id, 2)
      assert.equal(attempts({ record, ...rest }).at(-1), 'delivered')
      spared.push(record.steps.filter((one) => one.type === 'paused' && one.spared).length)
    }
    // To the first word all of them are there; to MAIL one is.
    assert.deepEqual(
      spared.toSorted((a, b) => a - b),
      stage === 'banner' ? [1, 1, 1] : [0, 0, 1],
    )
    // What was pipelined behind the refusal is an empty letter to this server.
    assert.equal(server.letters.filter(({ text }) => text !== '').length, 3)
  }
})

test('with no source left mail waits, says why, and goes when the pause is over', async (t) => {
  let lists = true
  const { submit, settled, server, south, goOn } = await open(t, plan([home]), {
    answer: (stage) => (lists && stage === 'mail' ? listed.replace('554 5', '450 4') : undefined),
  })
  const told = await settled(await submit(), 1)
  assert.deepEqual(attempts(told), ['deferred'])
  const id = await submit()
  const waits = await settled(id, 1)
  assert.deepEqual(attempts(waits), [])
  assert.match(
    waits.view.summary,
    /No source of the pool "default" may send it now\. \w+: .*spamhaus/,
  )
  assert.equal(server.connections, 1)
  lists = false
  south.clock.advance(31 * 60_000)
  south.site.wakeQueue()
  assert.deepEqual(attempts(await settled(id, 2)), ['delivered'])
  await goOn().catch(() => {})
})

test('a warm-up lasts over days and restarts, and no day goes beyond its plan', async (t) => {
  const morning = Date.parse('2026-12-01T08:00:00Z')
  const clock = new ManualClock(morning)
  const store = openMemoryStore()
  const warm = { ...home, warmUp: { from: '2026-12-01', perDay: [2, 3] } }
  const seen: string[] = []
  const site = { clock, store: lasting(store), replay: false }
  const open1 = await open(t, plan([warm]), site)
  const ids: string[] = []
  for (let n = 0; n < 4; n++) {
    const id = await open1.submit()
    await open1.settled(id, 1)
    ids.push(id)
    // The connection that was kept ends, and the next letter is chosen for anew.
    clock.advance(2000)
  }
  assert.equal(open1.server.letters.length, 2)
  assert.deepEqual(open1.south.site.sources[0]?.today, 2)
  const waits = await open1.settled(ids.at(-1) ?? '', 1)
  assert.match(
    waits.view.summary,
    /has sent its 2 letters of today \(warm-up\); more may go on 2026-12-02/,
  )
  seen.push(`day 1: ${open1.server.letters.length}`)
  await open1.south.close()

  const open2 = await open(t, plan([warm]), site)
  assert.equal(open2.south.site.sources[0]?.today, 2)
  open2.south.clock.advance(61 * 60_000)
  open2.south.site.wakeQueue()
  for (const id of [await open2.submit()]) await open2.settled(id, 1)
  assert.equal(open2.server.letters.length, 0)
  open2.south.clock.advance(16 * 3_600_000)
  open2.south.site.wakeQueue()
  await open2.south.when(() => (open2.server.letters.length === 3 ? true : undefined))
  assert.deepEqual(open2.south.site.sources[0]?.warmUp, { day: 2, letters: 3 })
})

/** For each of these hosts a destination `to-HOST`. */
function placesAt(places: Readonly<Record<string, string>>): Pick<TestSiteOptions, 'zone'> {
  const entries = Object.entries(places).flatMap(([host, ip]) => [
    [`to-${host}`, { MX: [`10 ${host}`] }] as const,
    [host, { A: [ip] }] as const,
  ])
  return { zone: { ...zone, ...Object.fromEntries(entries) } }
}

/** What becomes of a letter to an innocent site once these servers have said this. */
async function innocentAfter(
  t: TestContext,
  places: Readonly<Record<string, string>>,
  answer: NonNullable<FakeServerOptions['answer']>,
  sources = plan(both),
): Promise<Sender & { readonly innocent: Awaited<ReturnType<Sender['settled']>> }> {
  const sender = await open(t, sources, placesAt(places))
  const refusing = await FakeServer.open(t, { answer })
  for (const ip of Object.values(places)) sender.network.at(ip, refusing.port)
  for (const host of Object.keys(places)) {
    await sender.settled(await sender.submit({ to: [`x@to-${host}`] }), 1)
  }
  return { ...sender, innocent: await sender.settled(await sender.submit(), 1) }
}

const elsewhere = {
  'mx.t1.example': '198.51.100.1',
  'mx.t2.example': '203.0.113.1',
  'mx.t3.example': '192.0.3.1',
}

test('one place that refuses us by many names stops no mail to others', async (t) => {
  const table = [
    [
      'one address',
      'mx.t1.example 198.51.100.1 mx.t2.example 198.51.100.1 mx.t3.example 198.51.100.9',
    ],
    ['one domain', 'a.t.example 198.51.100.1 b.t.example 203.0.113.1 c.t.example 192.0.3.1'],
  ] as const
  for (const [name, text] of table) {
    const pairs = Array.from(text.matchAll(/(\S+) (\S+)/g), ([, host = '', ip = '']) => [host, ip])
    const places = Object.fromEntries(pairs) as Readonly<Record<string, string>>
    const refuses = (at: string): Act | undefined => (at === 'mail' ? listed : undefined)
    for (const sources of [plan(both), plan([])]) {
      const { innocent } = await innocentAfter(t, places, refuses, sources)
      assert.deepEqual(attempts(innocent), ['delivered'], name)
    }
  }
})

test('a greeting that says nothing of our address does not count for all', async (t) => {
  const { innocent } = await innocentAfter(t, elsewhere, (at) => {
    return at === 'banner' ? '554 5.7.1 no mail here today' : undefined
  })
  assert.deepEqual(attempts(innocent), ['delivered'])
})

test('three places that are independent stop it', async (t) => {
  const { innocent, south } = await innocentAfter(t, elsewhere, (at) => {
    return at === 'mail' ? listed : undefined
  })
  assert.deepEqual(attempts(innocent), [])
  assert.match(innocent.view.summary, /Servers of 3 organizations in 3 networks.*spamhaus/)
  for (const { pauses } of south.site.sources) {
    assert.equal(pauses.filter((one) => one.site === undefined).length, 1)
  }
})

test('a person pauses a source by its name or its address, and resumes it', async (t) => {
  const { submit, settled, server, south } = await open(t, plan(both))
  const { pauses } = south.site.letters
  const actor = { by: 'ann', door: 'command line', why: 'a look at it' } as const
  for (const key of [`source ${home.name}`, `source ${home.ipv4 ?? ''}`]) {
    await pauses.add({ of: readPauseKey(key) }, actor)
    await settled(await submit(), 1)
    assert.equal(server.peers.at(-1), other.ipv4, key)
    await pauses.remove([key])
  }
  await assert.rejects(
    pauses.add({ of: readPauseKey('source on') }, actor),
    /There is no source "on"/,
  )
})

test('a source without IPv6 leaves those addresses out, and says so', async (t) => {
  const zones = {
    ...zone,
    'mx.north.example': { A: [first], AAAA: ['2001:db8::10'] },
    'six.example': { MX: ['10 mx.six.example'] },
    'mx.six.example': { AAAA: ['2001:db8::6'] },
  }
  const { submit, settled, network } = await open(t, plan([home]), { zone: zones })
  const journey = await settled(await submit(), 1)
  assert.deepEqual([attempts(journey), network.dialled], [['delivered'], [first]])
  const told = journey.view.steps.find(({ id }) => id === 'source')
  assert.match(
    told?.answer ?? '',
    /It has no IPv6 address, so those of the servers there are not tried\./,
  )
  const six = await settled(await submit({ to: ['x@six.example'] }), 1)
  assert.match(six.view.summary, /It has no IPv6 address, and the servers there have no other/)
  assert.deepEqual(network.dialled, [first])
})

function limitsOf(): NonNullable<Parameters<Sender['south']['site']['use']>[0]['limits']> {
  const size = 50 * 1024 * 1024
  return {
    messageBytes: size,
    recipients: 1000,
    connections: 200,
    errors: 20,
    outgoing: 20,
    outgoingSlow: 20,
  }
}

/** The same data for the server that comes next. */
function lasting(store: Store): Store {
  return { ...store, close: () => Promise.resolve() }
}
