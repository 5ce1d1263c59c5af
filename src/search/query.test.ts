import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments, parseQuery, type Query } from './query.ts'

const now = Date.UTC(2026, 10, 27, 12)

function read(text: string): Query {
  const query = parseQuery(text, now)
  if (!query.ok) throw new Error(query.problem.problem)
  return query.value
}

function words(...found: string[]): object {
  return { type: 'words', words: found, whole: false, in: 'any' }
}

test('a query is words, phrases, filters of the store, and operators of its own', () => {
  const table: readonly (readonly [text: string, query: object])[] = [
    ['', { filter: {}, terms: [] }],
    ['Résumé', { filter: {}, terms: [{ not: false, test: words('resume') }] }],
    [
      '"two words" -three',
      {
        filter: {},
        terms: [
          { not: false, test: { ...words('two', 'words'), whole: true } },
          { not: true, test: words('three') },
        ],
      },
    ],
    ['a@b.example', { filter: {}, terms: [{ not: false, test: words('a', 'b', 'example') }] }],
    ['https://a.b', { filter: {}, terms: [{ not: false, test: words('https', 'a', 'b') }] }],
    [
      'subject:"your invoice" After:2h',
      { filter: { subject: 'your invoice', since: now - 7_200_000 }, terms: [] },
    ],
    ['before:2026-11-01', { filter: { until: Date.UTC(2026, 10, 1) }, terms: [] }],
    ['outcome:partly-failed', { filter: { status: 'partly failed' }, terms: [] }],
    ['is:refused', { filter: { status: 'refused' }, terms: [] }],
    [
      'status:failed !status:held',
      {
        filter: { status: 'failed' },
        terms: [{ not: true, test: { type: 'filter', filter: { status: 'held' } } }],
      },
    ],
    [
      'from:ann from:bob',
      {
        filter: { from: { text: 'ann', match: 'part' } },
        terms: [
          {
            not: false,
            test: { type: 'filter', filter: { from: { text: 'bob', match: 'part' } } },
          },
        ],
      },
    ],
    [
      'is:out',
      { filter: {}, terms: [{ not: false, test: { type: 'direction', direction: 'out' } }] },
    ],
    ['has:attachment', { filter: {}, terms: [{ not: false, test: { type: 'attachment' } }] }],
    [
      'DMARC:Fail',
      {
        filter: {},
        terms: [{ not: false, test: { type: 'check', check: 'dmarc', result: 'fail' } }],
      },
    ],
    [
      'code:5.7.26',
      { filter: {}, terms: [{ not: false, test: { type: 'code', code: '5.7.26' } }] },
    ],
    ['took:>5s', { filter: {}, terms: [{ not: false, test: amount('took', true, 5000) }] }],
    ['took:<200ms', { filter: {}, terms: [{ not: false, test: amount('took', false, 200) }] }],
    [
      'larger:2M',
      { filter: {}, terms: [{ not: false, test: amount('size', true, 2 * 1024 ** 2) }] },
    ],
    ['smaller:10k', { filter: {}, terms: [{ not: false, test: amount('size', false, 10240) }] }],
  ]
  for (const [text, query] of table) assert.deepEqual(read(text), query, text)
})

function amount(of: string, over: boolean, value: number): object {
  return { type: 'amount', of, over, amount: value }
}

test('what cannot be read is told with what was probably meant', () => {
  const table: readonly (readonly [text: string, problem: RegExp, hint: RegExp])[] = [
    ['dmrc:fail', /There is no operator dmrc:/, /^Did you mean dmarc:fail\?$/],
    ['-form:ann', /no operator form:/, /^Did you mean from:ann\?$/],
    ['constructor:x', /no operator constructor:/, /quotes/],
    ['dmarc:fial', /dmarc: "fial" is none of pass, fail/, /^Did you mean dmarc:fail\?$/],
    ['is:refusd', /is: "refusd"/, /^Did you mean is:refused\?$/],
    ['status:refusd', /status: "refusd"/, /^Did you mean status:refused\?$/],
    ['outcome:refusd', /outcome: "refusd"/, /^Did you mean outcome:refused\?$/],
    ['has:attachement', /has: "attachement"/, /^Did you mean has:attachment\?$/],
    ['after:noon', /after: "noon" is not a time/, /^Times: /],
    ['to:', /to: wants a value/, /Words/],
    ['spf:""', /spf: wants a value/, /Words/],
    ['***', /has no letter/, /letters/],
    ['"', /has no letter/, /letters/],
    ['\0', /has no letter/, /letters/],
    ['took:long', /took: "long" is no duration/, /took:>5s/],
    ['larger:many', /larger: "many" is no size/, /100k/],
    ['code:99', /code: "99" is no code/, /5\.7\.26/],
    ['ip:1.2.3', /ip: "1.2.3" is not an IP address/, /./],
    ['a '.repeat(101), /at most 100 terms/, /less/],
    ['x'.repeat(100_000), /at most 10000 characters/, /less/],
  ]
  for (const [text, problem, hint] of table) {
    const read = parseQuery(text, now)
    if (read.ok) throw new Error(`${text} was read`)
    assert.match(read.problem.problem, problem)
    assert.match(read.problem.hint, hint)
  }
})

test('what a shell has parted is read as the page reads it', () => {
  const same: readonly (readonly [parts: readonly string[], text: string])[] = [
    [['to:ann', 'dmarc:fail'], 'to:ann dmarc:fail'],
    [['to:ann dmarc:fail'], 'to:ann dmarc:fail'],
    [['two words'], 'two words'],
    [['subject:two words'], 'subject:"two words"'],
    [['-subject:two words'], '-subject:"two words"'],
    [['subject:"two words" x'], 'subject:"two words" x'],
  ]
  for (const [parts, text] of same) {
    const query = parseArguments(parts, now)
    assert.deepEqual(query.ok ? query.value : query.problem, read(text), text)
  }
  assert.equal(parseArguments(['x'.repeat(100_000)], now).ok, false)
})
