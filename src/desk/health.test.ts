import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offByHand } from '../hooks/webhooks.ts'
import { diskTroubles, troublesOf } from './health.ts'
import type { SourceStanding } from '../deliver/source-book.ts'
import type { HookStatus, ServerStatus } from './status.ts'
import type { Sign } from './vital-signs.ts'

const now = Date.UTC(2026, 10, 27)
const day = 86_400_000
const gib = 1024 ** 3

const well: ServerStatus = {
  version: '0.3.0',
  process: 1,
  hostname: 'mx.south.example',
  startedAt: 0,
  listeners: [{ name: 'smtp', address: '::', port: 25, connections: 9, most: 10 }],
  underWay: 0,
  down: [{ destination: 'slow.example', because: 'silence', failures: 3, until: now }],
  moreDown: 0,
  limits: [],
  faults: [],
  waiting: 3,
  held: 1,
  messages: 5,
  journeys: 7,
  disk: { size: 100 * gib, free: 50 * gib },
}

function sign(changes: Partial<Sign>): Sign {
  return { name: 'x', times: 1, lastAt: now, said: '', ours: true, ...changes }
}

function hook(changes: Partial<HookStatus>): HookStatus {
  return { id: 'wh_1', url: 'https://a.example/', off: '', ...changes }
}

/** One policy could not be fetched, and is over in so long. */
function policyFor(ms: number): Partial<ServerStatus> {
  const endsFirst = { domain: 'a.example', until: now + ms, why: 'Nobody answers.' }
  return { mtaSts: { at: now, kept: 2, refreshed: 0, failed: 1, why: 'x', endsFirst } }
}

function sourceWith(pause: Partial<SourceStanding['pauses'][number]>): SourceStanding {
  const pauses = [{ because: 'Listed.', ...pause }]
  return { name: 'main', pool: 'p', addresses: [], hostname: 'a.example', today: 0, pauses }
}

test('a pool of which no source may send is told first', () => {
  const sources = [sourceWith({ refusedByAll: true }), { ...sourceWith({}), name: 'other' }]
  const told = troublesOf({ ...well, sources }, now).map(({ sentence }) => sentence)
  assert.equal(told.length, 2)
  assert.match(told[0] ?? '', /^NO MAIL GOES OUT of the pool "p": .*\(main, other\) may send\.$/)
})

const table: readonly (readonly [what: string, Partial<ServerStatus>, RegExp | undefined])[] = [
  ['a server with work to do', {}, undefined],
  ['a twentieth of the disk', { disk: { size: 100 * gib, free: 5 * gib } }, undefined],
  [
    'less of it',
    { disk: { size: 100 * gib, free: 5 * gib - 1 } },
    /^disk: Of the disk .* 4% is free/,
  ],
  [
    'a source that one site refuses',
    { sources: [sourceWith({ site: 'mx.a.example' })] },
    undefined,
  ],
  ['a source that a person paused', { sources: [sourceWith({})] }, undefined],
  [
    'a source that may send nowhere, with another in its pool',
    { sources: [sourceWith({ refusedByAll: true }), { ...sourceWith({}), pauses: [] }] },
    /^source: Nothing goes from the source main: Listed\.$/,
  ],
  ['a small disk', { disk: { size: gib, free: gib / 4 } }, undefined],
  ['little on a small disk', { disk: { size: gib, free: gib / 4 - 1 } }, /^disk: .* 24% is free/],
  ['no disk', { disk: { size: 0, free: 0 } }, /^disk: .* 0% is free/],
  [
    'an account that the server held',
    { heldAccounts: [{ account: 'a@x.example', by: 'waybill', why: 'sent 9', since: now }] },
    /^account: What a@x\.example sends is held: it sent 9\.$/,
  ],
  [
    'one that a person held',
    { heldAccounts: [{ account: 'a@x.example', by: 'ann', why: '', since: now }] },
    undefined,
  ],
  ['DNS is down', { dnsDownSince: now - 90_000 }, /^dns: None .* for 2 min/],
  ['DNS is just down', { dnsDownSince: now }, /^dns: None .* for 1 min/],
  ['two weeks of certificate', { certificateUntil: now + 14 * day + 1 }, undefined],
  ['less', { certificateUntil: now + 14 * day }, /^certificate: .* runs out in 14 days/],
  ['a day', { certificateUntil: now + day }, /^certificate: .* runs out in 1 day;/],
  ['none', { certificateUntil: now - 1 }, /^certificate: .* has run out/],
  [
    'a full port',
    { listeners: [{ name: 'smtp', address: '::', port: 25, connections: 10, most: 10 }] },
    /^listener: Port 25 \(smtp\) is full: all of its 10/,
  ],
  [
    'a limit of the server',
    { limits: [sign({ name: 'l', said: 'w' })] },
    /^limit: .* l was .* hour: w\.$/,
  ],
  ['a limit of one client', { limits: [sign({ ours: false })] }, undefined],
  ['a limit long ago', { limits: [sign({ lastAt: now - 3_600_000 })] }, undefined],
  ['a fault', { faults: [sign({ name: 'f', said: 'broke' })] }, /^fault: f: broke$/],
  ['faults', { faults: [sign({ name: 'f', said: 'broke', times: 2 })] }, /broke \(2 times since/],
  ['letters held a while', { held: 2, heldAt: now - 3 * day + 1 }, undefined],
  ['one held for days', { held: 1, heldAt: now - 3 * day }, /^held: 1 letter has .* for 3 days or/],
  ['letters held for days', { held: 2, heldAt: now - 9 * day }, /^held: 2 letters have .* 9 days/],
  ['none held any more', { held: 0, heldAt: now - 9 * day }, undefined],
  [
    'a fault that lasts',
    { faults: [sign({ lastAt: now - 3_600_000, said: 'broke', lasts: true })] },
    /broke/,
  ],
  ['a webhook that fails', { webhooks: [hook({ failingSince: now - day + 1 })] }, undefined],
  [
    'one that has failed for a day',
    { webhooks: [hook({ failingSince: now - day })] },
    /^webhook: Nothing has arrived at the webhook wh_1 \(https.*\) for 1 day; after 5/,
  ],
  [
    'one that was switched off',
    { webhooks: [hook({ off: 'It answered 410: it is gone.' })] },
    /^webhook: Nothing is sent to the webhook wh_1 \(https.*\) any more: It answered 410/,
  ],
  ['one that somebody switched off', { webhooks: [hook({ off: offByHand })] }, undefined],
  [
    'policies that protect nobody, or failed long before their end',
    { mtaSts: { at: now, kept: 9, refreshed: 0, failed: 9, why: 'x' } },
    undefined,
  ],
  ['a policy for more than a day', policyFor(day + 1), undefined],
  [
    'a policy for a day',
    policyFor(day),
    /^mta-sts: .* a.example runs out in 24 hours, .* again: Nobody answers\.$/,
  ],
  ['for a minute', policyFor(60_000), /^mta-sts: .* runs out in 1 hour,/],
  ['a policy that is over', policyFor(0), /^mta-sts: .* has run out,/],
  [
    'a full disk that is over',
    { faults: [sign({ lastAt: now - 600_000, full: true })] },
    undefined,
  ],
  [
    'a full disk a moment ago',
    { faults: [sign({ name: 'f', said: 'full', lastAt: now - 599_999, full: true })] },
    /^fault: f: full$/,
  ],
  ['a fault long ago', { faults: [sign({ lastAt: now - 3_600_000 })] }, undefined],
]
for (const [what, changes, expected] of table) {
  test(`${what}: ${expected === undefined ? 'no trouble' : String(expected)}`, () => {
    const troubles = troublesOf({ ...well, ...changes }, now)
    const told = troubles.map(({ what: kind, sentence }) => `${kind}: ${sentence}`)
    if (expected === undefined) assert.deepEqual(told, [])
    else {
      assert.equal(told.length, 1, told.join('\n'))
      assert.match(told[0] ?? '', expected)
    }
    for (const { hint } of troubles) assert.match(hint, /^[A-Za-z].+\.$/)
  })
}

test('a disk is looked at without a server, too', () => {
  assert.deepEqual(diskTroubles({ disk: { size: 10 * gib, free: 10 * gib } }), [])
  assert.equal(diskTroubles({ disk: { size: 10 * gib, free: 0 } }).length, 1)
})
