import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterStatuses, type JourneyFilter, parseFilters } from './filter.ts'

const now = Date.UTC(2026, 10, 26, 12)

function read(...words: readonly string[]): JourneyFilter | string {
  const parsed = parseFilters(words, now)
  return parsed.ok ? parsed.value : parsed.problem
}

const bücher = { also: ['a@xn--bcher-kva.example'] }

test('each filter is read into its own field', () => {
  const table: readonly (readonly [string, JourneyFilter])[] = [
    ['to:anna@example.com', { to: { text: 'anna@example.com', match: 'whole' } }],
    ['to:<anna@example.com>', { to: { text: 'anna@example.com', match: 'whole' } }],
    ['to:@example.com', { to: { text: '@example.com', match: 'part' } }],
    ['to:anna@', { to: { text: 'anna@', match: 'part' } }],
    ['from:anna', { from: { text: 'anna', match: 'part' } }],
    ['from:<>', { from: { text: '', match: 'whole' } }],
    ['author:a@b', { author: { text: 'a@b', match: 'whole' } }],
    ['TO:a@b', { to: { text: 'a@b', match: 'whole' } }],
    ['since:2026-09-01', { since: Date.UTC(2026, 8, 1) }],
    ['until:2026-09-01T12:30:00Z', { until: Date.UTC(2026, 8, 1, 12, 30) }],
    ['until:2026-09-01T12:30+02:00', { until: Date.UTC(2026, 8, 1, 10, 30) }],
    ['since:30m', { since: now - 1_800_000 }],
    ['since:2h', { since: now - 7_200_000 }],
    ['until:7d', { until: now - 7 * 86_400_000 }],
    ['message-id:a@b', { messageId: '<a@b>' }],
    ['message-id:<a@b>', { messageId: '<a@b>' }],
    ['ip:192.0.2.1', { ip: '192.0.2.1' }],
    ['ip:2001:DB8:0:0::1', { ip: '2001:db8::1' }],
    ['ip:::ffff:192.0.2.1', { ip: '192.0.2.1' }],
    ['to:a@bücher.example', { to: { ...bücher, text: 'a@bücher.example', match: 'whole' } }],
    ['account:a@bücher.example', { account: 'a@xn--bcher-kva.example' }],
    ['account:anna@example.com', { account: 'anna@example.com' }],
    ['subject:two words: more', { subject: 'two words: more' }],
    ...filterStatuses.map((status) => [`status:${status}`, { status }] as const),
    ['status:Partly-Failed', { status: 'partly failed' }],
  ]
  for (const [word, filter] of table) assert.deepEqual(read(word), filter, word)
})

test('several filters are one, and none lets everything through', () => {
  assert.deepEqual(read(), {})
  assert.deepEqual(read('status:failed', 'since:1d', 'subject:x'), {
    status: 'failed',
    since: now - 86_400_000,
    subject: 'x',
  })
})

test('what is no filter is told with what was seen', () => {
  const table: readonly (readonly [words: readonly string[], problem: string])[] = [
    [['anna'], '"anna" is no filter'],
    [['colour:red'], '"colour:red" is no filter'],
    [['to:'], 'to: wants a value'],
    [['to:  '], 'to: wants a value'],
    [['to:a', 'to:b'], 'to: is given twice'],
    [['ip:192.0.2'], 'ip: "192.0.2" is not an IP address'],
    [['since:yesterday'], 'since: "yesterday" is not a time such as 2026-09-01 or 2h'],
    [['since:1'], 'since: "1" is not a time such as 2026-09-01 or 2h'],
    [['since:2026-02-30'], 'since: "2026-02-30" is not a time such as 2026-09-01 or 2h'],
    [['until:2026-13-01'], 'until: "2026-13-01" is not a time such as 2026-09-01 or 2h'],
  ]
  for (const [words, problem] of table) assert.equal(read(...words), problem)
  const lost = parseFilters(['status:lost'], now)
  assert.match(lost.ok ? '' : lost.problem, /^status: "lost" is none of delivered, /)
})
