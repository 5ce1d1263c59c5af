import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { writeKept } from '../mta-sts/kept.ts'
import { readStsPolicy } from '../mta-sts/policy.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { suppressionEntry } from '../suppression/suppression.ts'
import { routeLimits, type RouteLimitSources } from './route-limits.ts'

const hourMs = 3_600_000
const now = Date.UTC(2026, 5, 1, 23)
const found = {
  address: 'Bob@north.example',
  destination: 'north.example',
  site: 'mx1.north.example mx2.north.example',
  targets: ['mx1', 'mx2', 'mx1'].map((name) => {
    return { host: `${name}.north.example`, address: '192.0.2.1' }
  }),
}
const nothing: RouteLimitSources = {
  plan: { destinations: [], senders: [] },
  connections: 20,
  standing: undefined,
  from: '',
  now,
}

/** As rows `by stops until says`. */
async function rows(sources: Partial<RouteLimitSources>): Promise<readonly string[]> {
  const limits = await routeLimits(found, { ...nothing, ...sources })
  return limits.map(({ by, says, stops, until }) => {
    return `${by} ${stops ? 'stops' : 'holds'} ${until ?? '-'} ${says}`
  })
}

test('where nothing is said, connections alone have a limit', async () => {
  assert.deepEqual(await rows({}), ['connections holds - At most 20 connections at once.'])
})

test('where no source may send it now, that stops it', async () => {
  const because = 'No source of the pool "news" may send it now. one: It is listed.'
  const waits = { type: 'wait', until: now + hourMs, because, passedOver: [] } as const
  assert.deepEqual(await rows({ source: waits }), [
    `source stops 2026-06-02T00:00:00.000Z ${because}`,
    'connections holds - At most 20 connections at once.',
  ])
  const goes = { type: 'source', source: 'one', hostname: 'a', letters: 1, passedOver: [] } as const
  assert.deepEqual(await rows({ source: goes }), await rows({}))
})

test('rules of the settings are told with their names, and quiet hours with their end', async () => {
  const quiet = { from: 22 * 60, to: 6 * 60 + 5, zone: 'UTC' }
  const rates = [{ count: 1, perMs: 60_000 }]
  const plan: RouteLimitSources['plan'] = {
    destinations: [
      { name: 'n', domains: ['north.example'], servers: [], connections: 1, rates, quiet },
      { name: 'other', domains: ['*'], servers: [], connections: 7, rates: [] },
    ],
    senders: [{ name: 'news', addresses: ['south.example'], accounts: [], rates }],
  }
  assert.deepEqual(await rows({ plan, from: 'ann@south.example' }), [
    'quiet-hours stops 2026-06-02T06:05:00.000Z Nothing goes there from 22:00 to 06:05 (UTC).',
    'connections holds - At most 1 connection at once, by the rule n.',
    'rate holds - At most 1 letter a minute, by the rule n.',
    'sender-rate holds - At most 1 letter a minute of ann@south.example, by the rule news.',
  ])
  const day = await rows({ plan, now: now - 10 * hourMs, from: 'ann@west.example' })
  assert.deepEqual(
    day.map((row) => row.split(' ').slice(0, 3).join(' ')),
    ['connections holds -', 'rate holds -', 'quiet-hours holds -'],
  )
})

test('what the server remembers is told: suppression, pause, policy with age and end, TLS', async () => {
  const { register } = openMemoryStore()
  const lines = ['version: STSv1', 'mode: enforce', 'mx: *.north.example', 'max_age: 86400']
  const policy = readStsPolicy(encodeUtf8(lines.join('\n')))
  assert.ok(policy.ok)
  const fetchedAt = now - 3 * hourMs
  const kept = { id: '1', policy: policy.value, fetchedAt, usedAt: fetchedAt }
  const suppressed = suppressionEntry({
    address: 'bob@north.example',
    reason: 'by-hand',
    since: now,
    why: 'He asked for it.',
  })
  assert.ok(suppressed !== undefined)
  const entry = { changedAt: now, expiresAt: now + hourMs }
  await register.put([
    suppressed,
    { ...entry, kind: 'mta-sts', key: 'north.example', json: writeKept(kept) },
    {
      ...entry,
      kind: 'pause',
      key: 'destination north.example',
      json: '{"by":"ops","door":"command","why":"Moving."}',
    },
    {
      ...entry,
      kind: 'tls-memory',
      key: 'mx1.north.example',
      json: JSON.stringify({ best: 'verified', seenAt: now }),
    },
  ])
  const standing = {
    destination: 'north.example',
    heldBack: { by: 'pause', because: 'Mail to north.example is paused.' },
    down: { because: 'refused.', until: now + 1000 },
  } as const
  assert.deepEqual(await rows({ register, standing }), [
    'back-off stops 2026-06-01T23:00:01.000Z It does not answer: refused.',
    'suppression stops - Nothing is sent to this address (by-hand): He asked for it.',
    'pause stops 2026-06-02T00:00:00.000Z Mail to north.example is paused by ops until 2026-06-02T00:00:00Z: Moving.',
    'policy holds 2026-06-02T20:00:00.000Z MTA-STS "enforce" for *.north.example, kept; fetched 3 hours ago.',
    'tls-memory holds - mx1.north.example: TLS with a verified certificate, last at 2026-06-01T23:00:00.000Z.',
    'connections holds - At most 20 connections at once.',
  ])
})
