import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { publishedRecords } from '../../directory/signing-keys.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Zone } from '../../dns/zone-table.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { type TestAsk, testApi } from '../test-support/test-api.ts'
import { testManagement } from '../test-support/test-management.ts'

function open(t: TestContext, zone: Zone | Resolver = {}) {
  const store = openMemoryStore()
  const management = testManagement(t, store, zone)
  const { ask } = testApi({ mode: 'live', management })
  return { ask, store, clock: management.clock }
}

interface Told {
  readonly name: string
  readonly purpose: string
  readonly status?: string
  readonly found?: readonly string[]
  readonly note?: string
}

async function records(ask: TestAsk, domain: string, check: boolean): Promise<readonly Told[]> {
  const { status, json } = await ask(`/v1/domains/${domain}/records?check=${check}`)
  assert.equal(status, 200, JSON.stringify(json))
  assert.equal(json['checked_at'] !== null, check)
  return json['data'] as readonly Told[]
}

async function addDomain(ask: TestAsk, domain: string): Promise<void> {
  const json = { domain, reason: 'the new shop' }
  const { status } = await ask('/v1/domains', { method: 'POST', json })
  assert.equal(status, 200)
}

async function keyZone(store: Store, domain: string): Promise<Zone> {
  const keys = publishedRecords(await store.keys.list(domain))
  return Object.fromEntries(keys.map(({ name, value }) => [name, { TXT: [value] }]))
}

test('a domain is added with its records, listed, and taken away', async (t) => {
  const { ask, store } = open(t)
  await addDomain(ask, 'shop.example')
  const { data } = (await ask('/v1/domains')).json
  assert.deepEqual(data, [
    { site: '', domain: 'south.example', from: 'settings' },
    { site: '', domain: 'shop.example', from: 'store' },
  ])
  const told = await records(ask, 'SHOP.example', false)
  assert.deepEqual(
    told.map(({ purpose, name }) => `${purpose} ${name}`),
    [
      'mail shop.example',
      'spf shop.example',
      'dmarc _dmarc.shop.example',
      'tls-reports _smtp._tls.shop.example',
      'mta-sts _mta-sts.shop.example',
      'dkim wb1._domainkey.shop.example',
      'dkim wb1-ed._domainkey.shop.example',
      'address mx.south.example',
      'reverse 20.113.0.203.in-addr.arpa',
      'address mx.south.example',
      'spf mx.south.example',
    ],
  )
  assert.ok(told.every(({ status }) => status === undefined))
  const removed = await ask('/v1/domains/shop.example', { method: 'DELETE' })
  assert.deepEqual(removed.json, { removed: 'shop.example' })
  assert.equal((await ask('/v1/domains/shop.example/records')).status, 404)
  const acts = await store.acts.list({ limit: 10 })
  assert.deepEqual(
    acts.map(({ what, door, why }) => [what, door, why]),
    [
      ['domain remove', 'http', ''],
      ['domain add', 'http', 'the new shop'],
    ],
  )
})

test('what is published is asked for when somebody wants to know, and said in words', async (t) => {
  const zone: Record<string, Zone[string]> = {
    'shop.example': { MX: ['10 mx.south.example'], TXT: ['v=spf1 ip4:203.0.113.20 -all'] },
    '_dmarc.shop.example': { TXT: ['v=DMARC1; p=reject'] },
    'mx.south.example': { A: ['203.0.113.21'], TXT: ['v=spf1 a -all'] },
    '20.113.0.203.in-addr.arpa': { PTR: ['mx.south.example'] },
    '_mta-sts.shop.example': { TXT: ['v=STSv1; id=1'] },
  }
  const { ask } = open(t, zone)
  await addDomain(ask, 'shop.example')
  const told = await records(ask, 'shop.example', true)
  assert.deepEqual(
    told.map(({ purpose, status, note }) => [purpose, status, note]),
    [
      ['mail', 'published', ''],
      // The server's address is another in DNS, and SPF asks for the one that is there.
      ['spf', 'differs', 'By it 203.0.113.21 may not send.'],
      ['dmarc', 'fits', 'Its owner asks for p=reject.'],
      ['tls-reports', 'missing', ''],
      ['mta-sts', 'published', ''],
      ['dkim', 'missing', 'Nothing signed with this key can be verified.'],
      ['dkim', 'missing', 'Nothing signed with this key can be verified.'],
      ['address', 'differs', ''],
      ['reverse', 'published', ''],
      ['address', 'missing', ''],
      ['spf', 'published', ''],
    ],
  )
  assert.deepEqual(told[7]?.found, ['203.0.113.21'])
})

test('a key that DNS has is published; a rotation waits for its successors', async (t) => {
  const zone: Record<string, Zone[string]> = {}
  const { ask, store, clock } = open(t, {
    resolve: (name, type) => new MemoryResolver(zone).resolve(name, type),
  })
  await addDomain(ask, 'shop.example')
  Object.assign(zone, await keyZone(store, 'shop.example'))
  const keys = (await ask('/v1/domains/shop.example/dkim')).json['data'] as readonly {
    readonly selector: string
    readonly publication: string
  }[]
  assert.deepEqual(
    keys.map(({ selector, publication }) => [selector, publication]),
    [
      ['wb1', 'published'],
      ['wb1-ed', 'published'],
    ],
  )
  const rotate = async () => {
    clock.advance(1000)
    const path = '/v1/domains/shop.example/dkim/rotate'
    return (await ask(path, { method: 'POST', json: { reason: 'each year' } })).json
  }
  assert.equal((await rotate())['step'], 'made')
  assert.equal((await rotate())['step'], 'waiting')
  const wanted = await records(ask, 'shop.example', true)
  assert.deepEqual(
    wanted.filter(({ purpose }) => purpose === 'dkim').map(({ status }) => status),
    ['published', 'published', 'missing', 'missing'],
  )
  Object.assign(zone, await keyZone(store, 'shop.example'))
  assert.deepEqual(await rotate(), {
    step: 'done',
    active: ['wb2', 'wb2-ed'],
    retired: ['wb1', 'wb1-ed'],
  })
})

test('DNS that does not answer in time leaves it open, and the answer comes', async (t) => {
  const asked: string[] = []
  const never: Resolver = {
    resolve(name) {
      asked.push(name)
      return new Promise(() => undefined)
    },
  }
  const { ask, clock } = open(t, never)
  const answer = records(ask, 'south.example', true)
  while (clock.pending === 0) await new Promise(setImmediate)
  clock.advance(5000)
  const told = await answer
  assert.ok(asked.length > 0)
  for (const { status, note } of told) {
    assert.equal(status, 'unknown')
    assert.equal(note, 'DNS has not answered within 5 s.')
  }
})
