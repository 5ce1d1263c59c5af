import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { StsFinding, StsTrouble } from './finding.ts'
import { readKept } from './kept.ts'
import { PolicyBook } from './policy-book.ts'
import { TestRegister } from './test-support/register.ts'

const minute = 60_000
const day = 86_400_000
const domain = 'example.com'

/** A domain, its policy host, and the one book that knows them. */
class House {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 27))
  readonly register = new TestRegister()
  readonly reported: string[] = []
  readonly fetches: string[] = []
  id: string | undefined = 'one'
  maxAge = 604_800
  host: 'up' | 'down' | 'strange' | 'held' = 'up'
  release: (() => void) | undefined
  book = this.newBook()

  newBook(): PolicyBook {
    const { clock, register } = this
    return new PolicyBook({
      register,
      clock,
      fetch: (name, resolver) => this.fetch(name, resolver),
      report: (problem, where) => this.reported.push(`${where}: ${String(problem)}`),
    })
  }

  get resolver(): Resolver {
    const TXT = this.id === undefined ? [] : [`v=STSv1; id=${this.id};`]
    return new MemoryResolver({ [`_mta-sts.${domain}`]: { TXT }, [`mta-sts.${domain}`]: {} })
  }

  async fetch(name: string, resolver: Resolver): Promise<Result<Uint8Array, StsTrouble>> {
    this.fetches.push(name)
    await resolver.resolve(`mta-sts.${name}`, 'A')
    if (this.host === 'held') await new Promise<void>((go) => (this.release = go))
    if (this.host === 'down') {
      return bad({ stage: 'fetch', text: 'Nobody answers.', resultType: 'sts-policy-fetch-error' })
    }
    if (this.host === 'strange') return ok(encodeUtf8('<html>'))
    const head = 'version: STSv1\nmode: enforce\nmx: mail.example.com\n'
    return ok(encodeUtf8(`${head}max_age: ${this.maxAge}\n`))
  }

  of(name = domain): Promise<StsFinding> {
    return this.book.of(name, this.resolver)
  }
}

function said(finding: StsFinding): string {
  if (finding.type === 'none') return 'none'
  if (finding.type === 'failed') return `failed ${finding.trouble.resultType}`
  const { from, id, problem } = finding
  return `${from} ${id}${problem === undefined ? '' : ` (${problem.resultType})`}`
}

test('a policy is fetched once and kept, beyond the life of the process', async () => {
  const house = new House()
  assert.equal(said(await house.of()), 'fetched one')
  assert.equal(said(await house.of()), 'kept one')
  house.book = house.newBook()
  assert.equal(said(await house.of()), 'kept one')
  assert.deepEqual(house.fetches, [domain])
  const entry = house.register.entries.get(domain)
  assert.equal(entry?.kind, 'mta-sts')
  assert.equal(entry?.expiresAt, house.clock.now() + 604_800_000)
})

test('a domain without a record has no policy, and nothing is fetched', async () => {
  const house = new House()
  house.id = undefined
  assert.equal(said(await house.of()), 'none')
  assert.equal(said(await house.of('[192.0.2.1]')), 'none')
  assert.deepEqual(house.fetches, [])
})

test('a new id fetches anew; where that fails the kept policy stays, and that is said', async () => {
  const house = new House()
  await house.of()
  house.id = 'two'
  house.host = 'down'
  assert.equal(said(await house.of()), 'kept one (sts-policy-fetch-error)')
  assert.equal(said(await house.of()), 'kept one (sts-policy-fetch-error)')
  assert.equal(house.fetches.length, 2, 'not again at once')
  house.clock.advance(5 * minute)
  house.host = 'strange'
  assert.equal(said(await house.of()), 'kept one (sts-policy-invalid)')
  house.clock.advance(5 * minute)
  house.host = 'up'
  assert.equal(said(await house.of()), 'fetched two')
  assert.equal(said(await house.of()), 'kept two')
  assert.deepEqual(house.book.lines.slice(2), [
    'waybill_mta_sts_fetches_total{result="fetched"} 2',
    'waybill_mta_sts_fetches_total{result="fetch"} 1',
    'waybill_mta_sts_fetches_total{result="policy"} 1',
  ])
})

test('a policy that was never had fails, and is tried again after five minutes', async () => {
  const house = new House()
  house.host = 'down'
  assert.equal(said(await house.of()), 'failed sts-policy-fetch-error')
  house.host = 'up'
  house.clock.advance(5 * minute - 1)
  assert.equal(said(await house.of()), 'failed sts-policy-fetch-error')
  house.clock.advance(1)
  assert.equal(said(await house.of()), 'fetched one')
})

test('of many letters for one domain one fetches, and all of them go by it', async () => {
  const house = new House()
  house.host = 'held'
  const asked = Array.from({ length: 50 }, () => house.of())
  while (house.release === undefined) await Promise.resolve()
  house.release()
  assert.deepEqual(new Set((await Promise.all(asked)).map(said)), new Set(['fetched one']))
  assert.equal(house.fetches.length, 1)
})

test('domains beyond the places wait for one, and not for ever', async () => {
  const house = new House()
  const zone: Record<string, { TXT: string[] }> = {}
  const names = Array.from({ length: 33 }, (_, n) => `d${n}.example`)
  for (const name of names) zone[`_mta-sts.${name}`] = { TXT: ['v=STSv1; id=x'] }
  const resolver = new MemoryResolver(zone)
  house.host = 'held'
  const asked = names.map((name) => house.book.of(name, resolver))
  while (house.clock.pending === 0) await Promise.resolve()
  house.clock.advance(30_000)
  const last = await Promise.race(asked)
  assert.equal(last.type === 'failed' && /no place was free/.test(last.trouble.text), true)
  assert.equal(house.fetches.length, 32)
  assert.equal(house.clock.pending, 0)
  // That there was no place is not held against the domain.
  house.host = 'up'
  house.release?.()
  const name = names.at(-1) ?? ''
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  assert.equal(said(await house.book.of(name, resolver)), 'fetched x')
})

test('a place that becomes free goes to who waits', async () => {
  const house = new House()
  const zone: Record<string, { TXT: string[] }> = {}
  const names = Array.from({ length: 40 }, (_, n) => `d${n}.example`)
  for (const name of names) zone[`_mta-sts.${name}`] = { TXT: ['v=STSv1; id=x'] }
  const found = await Promise.all(
    names.map((name) => house.book.of(name, new MemoryResolver(zone))),
  )
  assert.deepEqual(new Set(found.map(said)), new Set(['fetched x']))
  assert.equal(house.clock.pending, 0)
})

test('what cannot be written down is gone by all the same, and what cannot be read is a fault', async () => {
  const house = new House()
  house.register.broken = 'write'
  assert.equal(said(await house.of()), 'fetched one')
  assert.deepEqual(house.reported, ['MTA-STS: keeping a policy: Error: The disk is full.'])
  house.register.broken = 'read'
  await assert.rejects(house.of(), /The store is broken/)
})

test('that a policy is in use is written down once a day', async () => {
  const house = new House()
  await house.of()
  assert.equal(house.register.puts, 1)
  house.clock.advance(day - 1)
  await house.of()
  assert.equal(house.register.puts, 1)
  house.clock.advance(1)
  await house.of()
  await house.of()
  assert.equal(house.register.puts, 2)
  const kept = readKept(house.register.entries.get(domain)?.json ?? '')
  assert.equal(kept?.usedAt, house.clock.now())
  assert.equal(kept?.fetchedAt, house.clock.now() - day, 'its time has not begun anew')
})

test('a refresh begins the time anew, also when the record is hidden, and says what failed', async () => {
  const house = new House()
  await house.of()
  const kept = readKept(house.register.entries.get(domain)?.json ?? '')
  assert.ok(kept)
  house.clock.advance(6 * day)
  house.id = undefined
  assert.equal(await house.book.refresh(domain, kept, house.resolver), undefined)
  const anew = readKept(house.register.entries.get(domain)?.json ?? '')
  assert.deepEqual(anew, { ...kept, fetchedAt: house.clock.now() })
  house.host = 'down'
  const trouble = await house.book.refresh(domain, kept, house.resolver)
  assert.equal(trouble?.text, 'Nobody answers.')
  house.id = 'one'
  assert.equal(said(await house.of()), 'kept one')
})
