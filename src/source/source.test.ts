import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { type Candidate, chooseSource, homeOf, type SourceFacts } from './choose-source.ts'
import { poolOf, senderFits } from './pool-of.ts'
import { Refusals } from './refusals.ts'
import { moreAt, usualWarmUp, warmUpDay, warmUpLimit } from './warm-up.ts'

const noon = Date.parse('2026-12-05T12:00:00Z')

function candidate(name: string, more: Partial<Candidate> = {}): Candidate {
  return { name, weight: 1, hostname: `${name}.example`, ipv4: '192.0.2.1', sent: 0, ...more }
}

function facts(candidates: readonly Candidate[], more: Partial<SourceFacts> = {}): SourceFacts {
  const [first] = candidates
  return {
    pool: 'news',
    by: 'domain',
    home: first?.name ?? '',
    site: 'mx.south.example',
    letters: 10,
    families: [4],
    at: noon,
    candidates,
    ...more,
  }
}

test('the days of a warm-up: none before, a number each day, any number behind', () => {
  const plan = { from: '2026-12-04', perDay: [50, 75] }
  const at = (text: string): number => Date.parse(`${text}Z`)
  const table = [
    ['2026-12-02T23:59:59.999', -1, 0, '2026-12-04T00:00'],
    ['2026-12-03T00:00', 0, 0, '2026-12-04T00:00'],
    ['2026-12-04T00:00', 1, 50, '2026-12-05T00:00'],
    ['2026-12-05T23:59:59.999', 2, 75, '2026-12-06T00:00'],
    ['2026-12-06T00:00', 3, undefined, '2026-12-07T00:00'],
  ] as const
  for (const [time, day, limit, more] of table) {
    assert.equal(warmUpDay(plan, at(time)), day, time)
    assert.equal(warmUpLimit(plan, at(time)), limit, time)
    assert.equal(moreAt(plan, at(time)), at(more), time)
  }
})

test('the usual warm-up grows each day, and never to more than the double', () => {
  for (const [index, letters] of usualWarmUp.entries()) {
    const before = usualWarmUp[index - 1]
    if (before !== undefined) assert.ok(letters > before && letters <= before * 2, String(letters))
  }
})

test('the home is first; who may not is passed over, with the reason', () => {
  const listed = { paused: { until: noon + 5, because: 'It is on a list.' } }
  const full = { sent: 50, limit: { letters: 50, until: Date.parse('2026-12-06') } }
  const some = { sent: 43, limit: { letters: 50, until: Date.parse('2026-12-06') } }
  const table: readonly (readonly [string, SourceFacts, string, readonly string[]])[] = [
    ['home', facts([candidate('a'), candidate('b')]), 'a 10', []],
    ['listed', facts([candidate('a', listed), candidate('b')]), 'b 10', ['a paused']],
    ['full', facts([candidate('a', full), candidate('b')]), 'b 10', ['a warm-up']],
    ['a part', facts([candidate('a', some), candidate('b')]), 'a 7', []],
    [
      'no IPv6',
      facts([candidate('a'), candidate('b', { ipv6: '2001:db8::1' })], { families: [6] }),
      'b 10',
      ['a no-address'],
    ],
    ['none', facts([candidate('a', listed)]), `wait ${noon + 5}`, ['a paused']],
    [
      'the soonest of all',
      facts([candidate('a', full), candidate('b', listed)]),
      `wait ${noon + 5}`,
      ['a warm-up', 'b paused'],
    ],
    [
      'nobody knows when',
      facts([candidate('a', { paused: { because: 'By hand.' } })]),
      `wait ${noon + 3_600_000}`,
      ['a paused'],
    ],
    ['an empty pool', facts([]), `wait ${noon + 3_600_000}`, []],
  ]
  for (const [name, given, expected, over] of table) {
    const choice = chooseSource(given)
    const got =
      choice.type === 'wait' ? `wait ${choice.until}` : `${choice.source} ${choice.letters}`
    assert.equal(got, expected, name)
    assert.deepEqual(
      choice.passedOver.map(({ source, why }) => `${source} ${why}`),
      over,
      name,
    )
  }
})

test('what waits says why, and when it goes on', () => {
  const full = { sent: 1, limit: { letters: 1, until: Date.parse('2026-12-06') } }
  const early = { sent: 0, limit: { letters: 0, until: Date.parse('2026-12-09') } }
  const choice = chooseSource(facts([candidate('a', full)]))
  assert.equal(
    choice.type === 'wait' && choice.because,
    'No source of the pool "news" may send it now. a: It has sent its 1 letter of today (warm-up); more may go on 2026-12-06 (UTC).',
  )
  const other = chooseSource(facts([candidate('a', early)]))
  assert.match(other.type === 'wait' ? other.because : '', /a: Its warm-up begins on 2026-12-09\.$/)
})

test('a sender keeps its home when other sources come and go', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/)
  const pool = fc.uniqueArray(fc.record({ name, weight: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 2,
    maxLength: 6,
    selector: (one) => one.name,
  })
  const property = fc.property(pool, name, name, (sources, sender, site) => {
    const home = homeOf(sources, sender, site)
    assert.equal(homeOf(sources.toReversed(), sender, site), home)
    for (const gone of sources) {
      if (gone.name === home) continue
      const left = sources.filter((one) => one !== gone)
      assert.equal(homeOf(left, sender, site), home)
    }
  })
  fc.assert(property)
})

test('each source is the home of as many senders as its weight says', () => {
  const sources = [
    { name: 'a', weight: 1 },
    { name: 'b', weight: 2 },
    { name: 'c', weight: 5 },
  ]
  const counts = new Map<string, number>()
  for (let index = 0; index < 8000; index++) {
    const home = homeOf(sources, `sender-${index}.example`, 'mx.south.example') ?? ''
    counts.set(home, (counts.get(home) ?? 0) + 1)
  }
  for (const { name, weight } of sources) {
    const count = counts.get(name) ?? 0
    assert.ok(Math.abs(count - weight * 1000) < 150 + weight * 30, `${name}: ${count}`)
  }
})

test('whatever is asked, no source gets more than is left of its day', () => {
  const one = fc.record({
    sent: fc.integer({ min: 0, max: 20 }),
    most: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    listed: fc.boolean(),
  })
  const property = fc.property(fc.array(one, { maxLength: 5 }), fc.nat(60), (pool, letters) => {
    const candidates = pool.map(({ sent, most, listed }, index) => {
      return candidate(`s${index}`, {
        sent,
        ...(most === undefined ? {} : { limit: { letters: most, until: noon + 1 } }),
        ...(listed ? { paused: { until: noon + 1, because: 'Listed.' } } : {}),
      })
    })
    const choice = chooseSource(facts(candidates, { letters: letters + 1 }))
    const open = candidates.filter(({ sent, limit, paused }) => {
      return paused === undefined && (limit === undefined || sent < limit.letters)
    })
    if (choice.type === 'wait') {
      assert.equal(open.length, 0)
      return
    }
    const taken = open.find(({ name }) => name === choice.source)
    assert.ok(taken !== undefined && choice.letters >= 1 && choice.letters <= letters + 1)
    assert.ok(taken.sent + choice.letters <= (taken.limit?.letters ?? Infinity))
  })
  fc.assert(property)
})

test('the pool is the one of the sender, the most precise word first, then of the destination', () => {
  const senders = [
    { addresses: ['example.org'], accounts: [], pool: 'of-domain' },
    { addresses: [], accounts: ['ann@example.org'], pool: 'of-account' },
    { addresses: ['news@example.org'], accounts: [], pool: 'of-address' },
  ]
  const table = [
    ['News@Example.org', 'ann@example.org', 'x', 'of-address address'],
    ['bob@example.org', 'Ann@example.org', 'x', 'of-account account'],
    ['bob@example.org', undefined, 'x', 'of-domain domain'],
    ['bob@a.example.org', undefined, 'x', 'x destination'],
    ['', undefined, undefined, 'default default'],
  ] as const
  for (const [reversePath, account, there, expected] of table) {
    const sentBy = { reversePath, ...(account === undefined ? {} : { account }) }
    const { pool, by } = poolOf(senders, sentBy, there)
    assert.equal(`${pool} ${by}`, expected)
  }
  assert.equal(senderFits({ addresses: [], accounts: [] }, { reversePath: '' }), undefined)
})

test('a site that refuses an address stops only itself; three that are independent stop all, as long as they are three', () => {
  const clock = new ManualClock(noon)
  const refusals = new Refusals(clock)
  const refuse = (site: string, forMs: number): void => {
    const refuser = { organization: `${site}.example`, network: site }
    const until = clock.monotonicMs() + forMs
    refusals.learn(site, { until, because: `${site} says so.`, refuser })
  }
  refuse('a', 100)
  refuse('b', 300)
  assert.ok(refusals.of('a') !== undefined && refusals.of('other') === undefined)
  refuse('c', 200)
  assert.match(refusals.of('other')?.because ?? '', /^Servers of 3 organizations .* b says so\.$/)
  refuse('b', 10)
  assert.equal(refusals.sites.size, 3)
  clock.advance(101)
  assert.equal(refusals.of('other'), undefined)
  assert.deepEqual(Array.from(refusals.sites.keys()).toSorted(), ['b', 'c'])
  refusals.forget('b')
  assert.equal(refusals.of('b'), undefined)
  refusals.forget()
  assert.equal(refusals.sites.size, 0)
})

test('who does not say it of our address, or is of a place that has said it, does not count for all', () => {
  const clock = new ManualClock(noon)
  const refusals = new Refusals(clock)
  const until = clock.monotonicMs() + 100
  const said = { until, because: 'Listed.' }
  for (let index = 0; index < 50; index++) {
    refusals.learn(`bare ${index}`, said)
    const network = `192.0.2.${index}`
    refusals.learn(`one domain ${index}`, { ...said, refuser: { organization: 'a', network } })
    const organization = `o${index}`
    refusals.learn(`one address ${index}`, { ...said, refuser: { organization, network: 'n' } })
  }
  assert.equal(refusals.of('other'), undefined)
  assert.equal(refusals.of('bare 7')?.because, 'Listed.')
  refusals.learn('third', { ...said, refuser: { organization: 'x', network: 'y' } })
  assert.equal(refusals.of('other')?.until, until)
})
