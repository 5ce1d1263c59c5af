import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQueueArguments, parseQueueQuery, parseSpan, type QueueQuery } from './queue-query.ts'

const now = Date.UTC(2026, 10, 27, 12)
const hourMs = 3_600_000

function read(text: string): QueueQuery {
  const query = parseQueueQuery(text, now)
  if (!query.ok) throw new Error(`${text}: ${query.problem.problem}`)
  return query.value
}

function destination(domain: string, match = 'whole'): object {
  return { destination: { domain, match } }
}

test('letters that wait are found by words of their own beside those of messages', () => {
  const table: readonly (readonly [text: string, filter: object])[] = [
    ['', {}],
    ['domain:Example.COM', destination('example.com')],
    ['destination:bücher.example', destination('xn--bcher-kva.example')],
    ['domain:.example.com', destination('example.com', 'both')],
    ['domain:*.example.com', destination('example.com', 'below')],
    ['domain:@example.com', destination('example.com')],
    ['domain:[192.0.2.1]', destination('[192.0.2.1]')],
    ['older:2h', { until: now - 2 * hourMs }],
    ['younger:90s', { since: now - 90_000 }],
    ['age:>2h', { until: now - 2 * hourMs }],
    ['age:1d', { until: now - 24 * hourMs }],
    ['age:<2w', { since: now - 14 * 24 * hourMs }],
    ['is:held', { status: 'held' }],
    ['status:deferred held:no', { status: 'deferred', held: false }],
    ['held:YES', { held: true }],
    ['held:"spam wave"', { held: true, holdReason: 'spam wave' }],
    ['kind:Greylisted', { kind: 'greylisted' }],
    ['reason:"mailbox full"', { reason: 'mailbox full' }],
    ['after:2h', { since: now - 2 * hourMs }],
    [
      'domain:example.com -from:ann !older:1h',
      {
        ...destination('example.com'),
        not: [{ from: { text: 'ann', match: 'part' } }, { until: now - hourMs }],
      },
    ],
  ]
  for (const [text, filter] of table) assert.deepEqual(read(text), { filter, ids: [] }, text)
})

test('a word alone is the part of an id', () => {
  assert.deepEqual(read('1m8a held:yes'), { filter: { held: true }, ids: ['1m8a'] })
})

test('arguments with spaces in them are one part each', () => {
  const query = parseQueueArguments(['reason:mailbox full', 'subject:a b', '1m8aaaa'], now)
  assert.ok(query.ok)
  assert.deepEqual(query.value, {
    filter: { reason: 'mailbox full', subject: 'a b' },
    ids: ['1m8aaaa'],
  })
})

test('what cannot be read says what was probably meant', () => {
  const table: readonly (readonly [text: string, problem: RegExp, hint: RegExp])[] = [
    ['domian:x.example', /There is no domian: for/, /^Did you mean domain:x\.example\?$/],
    ['domain:a..b', /^domain: "a\.\.b" is no domain/, /domain:example\.com/],
    ['domain:', /^domain: wants a value/, /older:/],
    ['older:soon', /^older: "soon" is no time/, /older:2h/],
    ['age:=', /^age: "" is no time/, /age:>2h/],
    ['kind:greylistd', /^kind: "greylistd" is no kind/, /^Did you mean kind:greylisted\?$/],
    ['kind:xyzxyzxyz', /is no kind/, /^One of greylisted, /],
    ['is:hold', /^is: "hold" is none of/, /^Did you mean is:held\?$/],
    ['older:2h until:1h', /says what another part says/, /once/],
    ['ann@example.com', /is no filter, and no id/, /to:ann@example\.com/],
    ['-1m8aaaa', /is no filter/, /Ids, or/],
    ['dkim:pass', /There is no dkim: for what waits/, /./],
    ['x'.repeat(10_001), /at most 10000/, /less/],
    ['a:b '.repeat(101), /at most 100 terms/, /less/],
  ]
  for (const [text, problem, hint] of table) {
    const query = parseQueueQuery(text, now)
    assert.ok(!query.ok, text)
    assert.match(query.problem.problem, problem)
    assert.match(query.problem.hint, hint, text)
  }
})

test('spans of time have a unit', () => {
  const table: readonly (readonly [text: string, ms: number | undefined])[] = [
    ['90s', 90_000],
    ['1M', 60_000],
    ['2w', 14 * 24 * hourMs],
    ['', undefined],
    ['2', undefined],
    ['-1h', undefined],
    ['1234567h', undefined],
    ['2 hours', undefined],
  ]
  for (const [text, ms] of table) assert.equal(parseSpan(text), ms, text)
})
