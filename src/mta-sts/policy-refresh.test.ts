import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { LogLine } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { type KeptPolicy, endOf, writeKept } from './kept.ts'
import { PolicyRefresh, type PolicyRefreshOptions } from './policy-refresh.ts'
import { readStsPolicy } from './policy.ts'
import { TestRegister } from './test-support/register.ts'

const hour = 3_600_000
const day = 24 * hour

function keptFrom(
  fetchedAt: number,
  usedAt = fetchedAt,
  maxAge = 604_800,
  mode = 'enforce',
): KeptPolicy {
  const text = `version: STSv1\nmode: ${mode}\nmx: mail.example.com\nmax_age: ${maxAge}\n`
  const read = readStsPolicy(encodeUtf8(text))
  assert.ok(read.ok)
  return { id: 'one', policy: read.value, fetchedAt, usedAt }
}

class House {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 27))
  readonly register = new TestRegister()
  readonly refreshed: string[] = []
  readonly lines: LogLine[] = []
  readonly reported: string[] = []
  readonly down = new Set<string>()
  underWay = 0
  mostUnderWay = 0

  put(domain: string, kept: KeptPolicy): void {
    const entry = { kind: 'mta-sts', key: domain, json: writeKept(kept), changedAt: 0 }
    this.register.entries.set(domain, { ...entry, expiresAt: endOf(kept) })
  }

  refresher(limits?: PolicyRefreshOptions['limits']): PolicyRefresh {
    return new PolicyRefresh({
      register: this.register,
      resolver: new MemoryResolver({}),
      clock: this.clock,
      random: () => 0.5,
      log: (line) => this.lines.push(line),
      report: (problem, where) => this.reported.push(`${where}: ${String(problem)}`),
      refresh: async (domain, kept) => {
        this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
        await new Promise<void>((go) => setImmediate(go))
        this.underWay--
        this.refreshed.push(domain)
        if (this.down.has(domain)) {
          return { stage: 'fetch', text: 'Nobody answers.', resultType: 'sts-policy-fetch-error' }
        }
        this.put(domain, { ...kept, fetchedAt: this.clock.now() })
        return undefined
      },
      ...(limits === undefined ? {} : { limits }),
    })
  }
}

test('what is due is fetched again, and only that', async () => {
  const house = new House()
  const now = house.clock.now()
  house.put('due.example', keptFrom(now - day))
  house.put('fresh.example', keptFrom(now - day + 1))
  house.put('down.example', keptFrom(now - 2 * day))
  house.put('unused.example', keptFrom(now - 2 * day, now - 40 * day))
  house.put('over.example', keptFrom(now - 8 * day))
  house.down.add('down.example')
  const outcome = await house.refresher().round()
  assert.deepEqual(house.refreshed.toSorted(), ['down.example', 'due.example'])
  assert.deepEqual(outcome, { kept: 4, refreshed: 1, failed: 1, dropped: 0 })
  assert.deepEqual(house.lines, [
    {
      level: 'warning',
      event: 'mta-sts',
      fields: { refreshed: 1, failed: 1, dropped: 0, why: 'down.example: Nobody answers.' },
    },
  ])
})

test('of the last round it is known how it went, and which policy that protects mail ends first', async () => {
  const house = new House()
  const now = house.clock.now()
  const refresher = house.refresher()
  house.put('a-testing.example', keptFrom(now - 2 * day, now, 3 * 86_400, 'testing'))
  house.put('later.example', keptFrom(now - 2 * day, now, 9 * 86_400))
  house.put('first.example', keptFrom(now - 2 * day, now, 5 * 86_400))
  house.put('fine.example', keptFrom(now - day, now, 2 * 86_400))
  for (const name of ['a-testing', 'later', 'first']) house.down.add(`${name}.example`)
  assert.deepEqual([refresher.last], [undefined])
  await refresher.round()
  assert.deepEqual(refresher.last, {
    at: now,
    kept: 4,
    refreshed: 1,
    failed: 3,
    why: 'a-testing.example: Nobody answers.',
    endsFirst: { domain: 'first.example', until: now + 3 * day, why: 'Nobody answers.' },
  })
  house.down.clear()
  house.clock.advance(hour)
  await refresher.round()
  const well = { at: now + hour, kept: 4, refreshed: 3, failed: 0 }
  assert.deepEqual(refresher.last, well)
  house.register.entries.set('x.example', { kind: 'mta-sts', key: 'x', json: '', changedAt: 0 })
  await refresher.stop()
  await refresher.round()
  assert.deepEqual(refresher.last, well, 'a round that was broken off has not seen all')
})

test('a thousand due policies are fetched a few at a time, across the pages of the register', async () => {
  const house = new House()
  for (let n = 0; n < 1000; n++) house.put(`d${n}.example`, keptFrom(house.clock.now() - day))
  const { refreshed } = await house.refresher().round()
  assert.equal(refreshed, 1000)
  assert.equal(new Set(house.refreshed).size, 1000)
  assert.equal(house.mostUnderWay, 4)
  assert.equal((await house.refresher().round()).refreshed, 0)
})

test('too many policies, or too long ones: those that were used longest ago go', async () => {
  const house = new House()
  const now = house.clock.now()
  for (let n = 0; n < 10; n++) house.put(`d${n}.example`, keptFrom(now, now - n * hour))
  const octets = house.register.entries.get('d0.example')?.json.length ?? 0
  const few = { policies: 4, octets: 1 << 20, fetches: 1 }
  assert.deepEqual(await house.refresher(few).round(), {
    kept: 4,
    refreshed: 0,
    failed: 0,
    dropped: 6,
  })
  const names = ['d0.example', 'd1.example', 'd2.example', 'd3.example']
  assert.deepEqual(Array.from(house.register.entries.keys()), names)
  await house.refresher({ policies: 9, octets: 2 * octets, fetches: 1 }).round()
  assert.deepEqual(Array.from(house.register.entries.keys()), names.slice(0, 2))
})

test('an entry that nobody can read is removed', async () => {
  const house = new House()
  house.register.entries.set('x.example', {
    kind: 'mta-sts',
    key: 'x.example',
    json: '{',
    changedAt: 0,
  })
  await house.refresher().round()
  assert.equal(house.register.entries.size, 0)
  assert.deepEqual(house.lines, [])
})

test('over a year of days each policy in use is fetched about once a day and never runs out', async () => {
  const house = new House()
  house.put('a.example', keptFrom(house.clock.now()))
  const refresher = house.refresher()
  for (let at = 0; at < 365 * 24; at++) {
    house.clock.advance(hour)
    const entry = house.register.entries.get('a.example')
    assert.ok((entry?.expiresAt ?? 0) > house.clock.now())
    if (at % 24 === 0) house.put('a.example', used(house))
    await refresher.round()
  }
  assert.ok(house.refreshed.length > 300 && house.refreshed.length <= 366)
})

/** As `PolicyBook` writes it when mail asks. */
function used(house: House): KeptPolicy {
  const { fetchedAt } = JSON.parse(house.register.entries.get('a.example')?.json ?? '{}')
  return keptFrom(fetchedAt, house.clock.now())
}

test('rounds come by the clock until they are stopped, and a broken register is a fault', async () => {
  const house = new House()
  const refresher = house.refresher()
  house.register.list = async () => {
    throw new Error('broken')
  }
  refresher.start()
  house.clock.advance(hour)
  while (house.clock.pending === 0) await Promise.resolve()
  assert.deepEqual(house.reported, ['MTA-STS: refreshing policies: Error: broken'])
  await refresher.stop()
  assert.equal(house.clock.pending, 0)
})
