import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DestinationHealth } from '../queue/destination-health.ts'
import { mostDown, serverStatus, statusOf, type StatusSources } from './status.ts'

function sources(changes: Partial<StatusSources> = {}): StatusSources {
  return {
    version: '0.3.0',
    process: 7,
    hostname: () => 'mx.south.example',
    startedAt: 5,
    listeners: () => [{ name: 'smtp', address: '::', port: 25, connections: 1, most: 10 }],
    underWay: () => 2,
    down: () => new Map(),
    heldBack: () => new Map(),
    mtaSts: () => undefined,
    tlsReports: () => undefined,
    sources: () => [],
    signs: () => ({ limits: [], faults: [], dnsDownSince: undefined }),
    certificateUntil: () => undefined,
    webhooks: () => [],
    store: () =>
      Promise.resolve({
        waiting: 3,
        held: 1,
        messages: 4,
        journeys: 5,
        disk: { size: 10, free: 5 },
      }),
    clock: { now: () => 1_000_000, monotonicMs: () => 1000 },
    ...changes,
  }
}

test('a status is what the parts say', async () => {
  assert.deepEqual(await statusOf(sources()), {
    version: '0.3.0',
    process: 7,
    hostname: 'mx.south.example',
    startedAt: 5,
    listeners: [{ name: 'smtp', address: '::', port: 25, connections: 1, most: 10 }],
    underWay: 2,
    down: [],
    moreDown: 0,
    limits: [],
    faults: [],
    waiting: 3,
    held: 1,
    messages: 4,
    journeys: 5,
    disk: { size: 10, free: 5 },
  })
  const more = await statusOf(
    sources({
      signs: () => ({ limits: [], faults: [], dnsDownSince: 8 }),
      certificateUntil: () => 9,
    }),
  )
  assert.deepEqual([more.dnsDownSince, more.certificateUntil], [8, 9])
})

test('destinations that are down are told by the hour, the next ones first', async () => {
  const down = new Map<string, DestinationHealth>([
    ['late.example', { state: 'down', failures: 2, until: 9000, because: 'silence' }],
    ['soon.example', { state: 'down', failures: 1, until: 3000.4, because: 'refused' }],
    ['now.example', { state: 'probing', failures: 4, because: 'silence' }],
    ['up.example', { state: 'up' }],
  ])
  const status = await statusOf(sources({ down: () => down }))
  assert.deepEqual(status.down, [
    { destination: 'now.example', because: 'silence', failures: 4 },
    { destination: 'soon.example', because: 'refused', failures: 1, until: 1_002_000 },
    { destination: 'late.example', because: 'silence', failures: 2, until: 1_008_000 },
  ])
})

test('of many that are down the first ones are named, and the rest counted', async () => {
  const all = Array.from({ length: mostDown + 7 }, (_, n): [string, DestinationHealth] => {
    return [`d${n}.example`, { state: 'down', failures: 1, until: n, because: 'x' }]
  })
  const status = await statusOf(sources({ down: () => new Map(all.toReversed()) }))
  assert.deepEqual([status.down.length, status.moreDown], [mostDown, 7])
  assert.equal(status.down[0]?.destination, 'd0.example')
})

test('of webhooks those are told that are off or fail, and never with a secret', async () => {
  const one = { id: 'wh_1', url: 'https://a.example/', off: '', secrets: ['whsec_x'] }
  const webhooks = () => [one, { ...one, id: 'wh_2', off: 'gone' }, { ...one, failingSince: 7 }]
  const { secrets: _, ...shown } = one
  assert.deepEqual((await statusOf(sources({ webhooks }))).webhooks, [
    { ...shown, id: 'wh_2', off: 'gone' },
    { ...shown, failingSince: 7 },
  ])
})

test('to ask for the status is no act', () => {
  assert.equal(serverStatus.tell, undefined)
})

test('what is due and may not go is told with why and until when', async () => {
  const held = { by: 'rate', because: 'No more than one.', until: 7 } as const
  const status = await statusOf(sources({ heldBack: () => new Map([['d.example', held]]) }))
  assert.deepEqual(status.heldBack, [{ destination: 'd.example', ...held }])
  assert.equal((await statusOf(sources())).heldBack, undefined)
})

test('policies and reports of TLS are told as their last round has them', async () => {
  const mtaSts = { at: 5, kept: 3, refreshed: 1, failed: 0 }
  const tlsReports = { at: 6, sent: 2, nowhere: 1, later: 0 }
  const status = await statusOf(sources({ mtaSts: () => mtaSts, tlsReports: () => tlsReports }))
  assert.deepEqual([status.mtaSts, status.tlsReports], [mtaSts, tlsReports])
})

test('sources are told as they stand, and not where the settings name none', async () => {
  const standing = {
    name: 'news-1',
    pool: 'news',
    addresses: ['192.0.2.11'],
    hostname: 'news1.example.org',
    today: 7,
    warmUp: { day: 2, letters: 75 },
    pauses: [{ site: 'mx.south.example', until: 9, because: 'It is listed.' }],
  }
  const status = await statusOf(sources({ sources: () => [standing] }))
  assert.deepEqual(status.sources, [standing])
  assert.equal((await statusOf(sources())).sources, undefined)
})
