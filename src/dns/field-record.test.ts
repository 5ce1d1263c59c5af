import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { bad, ok, type Result } from '../base/result.ts'
import {
  type FieldRecordAnswer,
  lookupFieldRecord,
  readFieldRecord,
  type RecordRefusal,
  trimSpace,
} from './field-record.ts'
import { MemoryResolver, type ZoneName } from './testing.ts'

const grammar = { version: 'v=Xv1', ownValues: ['own'] }

function outcome(text: string): string {
  const read = readFieldRecord(text, grammar)
  if (!read.ok) return read.problem.reason
  return read.value.map(({ name, value }) => `${name}|${value}`).join(' ')
}

const records: readonly (readonly [string, string])[] = [
  ['v=Xv1;a=1', 'a|1'],
  ['v=Xv1; a=1; b=2;', 'a|1 b|2'],
  ['v=Xv1 \t ; \t a=1 \t ; \t b=2 \t ; \t ', 'a|1 b|2'],
  ['v=Xv1;a=1;a=2', 'a|1 a|2'],
  ['v=Xv1;A=1;a=2', 'A|1 a|2'],
  ['v=Xv1;0_-.=!:<>~', '0_-.|!:<>~'],
  [`v=Xv1;${'a'.repeat(32)}=1`, `${'a'.repeat(32)}|1`],
  ['v=Xv1;own= x = y ;a=1', 'own| x = y a|1'],
  ['v=Xv1;own=;a=1', 'own| a|1'],
  ['v=Xv1', 'no-field'],
  ['v=Xv1;', 'no-field'],
  ['v=Xv1 ; ', 'no-field'],
  ['', 'other-version'],
  ['V=Xv1;a=1', 'other-version'],
  ['v=xv1;a=1', 'other-version'],
  ['v=Xv10;a=1', 'other-version'],
  ['v = Xv1;a=1', 'other-version'],
  [' v=Xv1;a=1', 'other-version'],
  ['"v=Xv1;a=1"', 'other-version'],
  ['v=Xv1 a=1', 'other-version'],
  ['a=1;v=Xv1', 'other-version'],
  ['v=Xv1;;a=1', 'empty-field'],
  ['v=Xv1;a=1;;', 'empty-field'],
  ['v=Xv1; ;', 'empty-field'],
  ['v=Xv1;a', 'not-a-field'],
  ['v=Xv1;=1', 'not-a-field'],
  ['v=Xv1;a =1', 'not-a-field'],
  ['v=Xv1;_a=1', 'not-a-field'],
  ['v=Xv1;-a=1', 'not-a-field'],
  ['v=Xv1;a%=1', 'not-a-field'],
  ['v=Xv1;\xe9=1', 'not-a-field'],
  [`v=Xv1;${'a'.repeat(33)}=1`, 'not-a-field'],
  ['v=Xv1;a=', 'bad-value'],
  ['v=Xv1;a= 1', 'bad-value'],
  ['v=Xv1;a=1 2', 'bad-value'],
  ['v=Xv1;a=1=2', 'bad-value'],
  ['v=Xv1;a=1 ', 'bad-value'],
  ['v=Xv1;a=\x00', 'bad-value'],
  ['v=Xv1;a=1\n', 'bad-value'],
  ['v=Xv1;a=\x7f', 'bad-value'],
  ['v=Xv1;a=\xe9', 'bad-value'],
]

for (const [text, expected] of records) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(outcome(text), expected))
}

test('every short text is a record exactly when the grammar of RFC 8461 §3.1 says so', () => {
  const field = '[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\\x21-\\x3a\\x3c\\x3e-\\x7e]+'
  const delimiter = '[ \\t]*;[ \\t]*'
  const oracle = new RegExp(`^v=Xv1(?:${delimiter}${field})+(?:${delimiter})?$`)
  const alphabet = [';', ' ', '=', 'a', '-']
  let count = 0
  const walk = (text: string, left: number): void => {
    count++
    assert.equal(readFieldRecord(text, { version: 'v=Xv1' }).ok, oracle.test(text), text)
    if (left > 0) for (const one of alphabet) walk(text + one, left - 1)
  }
  walk('v=Xv1', 7)
  walk('v=Xv1;a=1', 6)
  assert.ok(count > 100_000)
})

test('a refusal is a sentence without anything that could harm a terminal', () => {
  const read = readFieldRecord(`v=Xv1;\x1b[2J\x9b\xe9${'x'.repeat(500)}`, grammar)
  assert.deepEqual(read, {
    ok: false,
    problem: { reason: 'not-a-field', text: `"?[2J??${'x'.repeat(54)}..." is no field.` },
  })
})

function lookup(TXT: NonNullable<ZoneName['TXT']>): Promise<FieldRecordAnswer<string, 'no-a'>> {
  return lookupFieldRecord(question, new MemoryResolver({ '_x.a.example': { TXT } }))
}

const refusal = { reason: 'no-a', text: 'It has no a.' } as const
const question = {
  name: '_x.a.example',
  version: 'v=Xv1',
  read: (text: string): Result<string, RecordRefusal<'no-a'>> => {
    return text.includes('a=') ? ok(text) : bad(refusal)
  },
}
const asked = { name: '_x.a.example', aliases: [] }

test('one record, and nothing else there', async () => {
  const expected = { type: 'record', ...asked, text: 'v=Xv1;a=1', record: 'v=Xv1;a=1' }
  assert.deepEqual(await lookup(['v=Xv1;a=1']), expected)
  assert.deepEqual(await lookup([['v=X', 'v1;', 'a=1']]), expected, 'pieces join without a space')
  assert.deepEqual(await lookup(['v=spf1 -all', 'v=Xv1;a=1', 'v=Xv2;a=1', 'v=Xv1']), expected)
})

test('white space before the first semicolon counts only where there are several records', async () => {
  const text = 'v=Xv1 ;a=1'
  assert.equal((await lookup([text])).type, 'record')
  const both = await lookup([text, 'v=Xv1;a=2'])
  assert.equal(both.type === 'record' && both.text, 'v=Xv1;a=2')
  assert.deepEqual(await lookup([text, 'x']), { type: 'none', ...asked, reason: 'other-text' })
})

test('several records are as good as none, and are told', async () => {
  const texts = ['v=Xv1;a=1', 'v=Xv1;a=2']
  assert.deepEqual(await lookup([...texts, 'v=spf1']), { type: 'several', ...asked, texts })
  const same = ['v=Xv1;a=1', 'v=Xv1;a=1']
  assert.equal((await lookup(same)).type, 'several')
  // Discarding comes before reading: what cannot be read counts.
  assert.equal((await lookup(['v=Xv1;a=1', 'v=Xv1;'])).type, 'several')
})

test('one record that is not as it must be is told with the reason', async () => {
  assert.deepEqual(await lookup(['v=Xv1;b=1']), {
    type: 'unusable',
    ...asked,
    text: 'v=Xv1;b=1',
    refusal,
  })
  assert.equal((await lookup(['v=Xv1'])).type, 'unusable')
})

test('no name, no TXT record, other text and no answer are four things', async () => {
  assert.deepEqual(await lookup(['v=Xv2;a=1']), { type: 'none', ...asked, reason: 'other-text' })
  assert.deepEqual(await lookup([]), { type: 'none', ...asked, reason: 'no-data' })
  assert.deepEqual(await lookup({ error: 'NXDOMAIN' }), {
    type: 'none',
    ...asked,
    reason: 'no-name',
  })
  for (const [error, reason] of [
    ['SERVFAIL', 'servfail'],
    ['REFUSED', 'refused'],
    ['TIMEOUT', 'timeout'],
  ] as const) {
    assert.deepEqual(await lookup({ error }), { type: 'failed', ...asked, reason })
  }
})

test('the names that an alias leads to are told', async () => {
  const resolver = new MemoryResolver({
    '_x.a.example': { CNAME: '_x.b.example' },
    '_x.b.example': { TXT: ['v=Xv1;a=1'] },
  })
  const answer = await lookupFieldRecord(question, resolver)
  assert.deepEqual([answer.type, answer.aliases], ['record', ['_x.b.example']])
})

test('spaces and tabs are cut off at both ends, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(' ', '\t', 'a', '\n', '\xa0') }), (text) => {
      assert.equal(trimSpace(text), text.replace(/^[ \t]*/, '').replace(/[ \t]*$/, ''))
    }),
  )
})

test('any text is read or refused, in time that grows with its length', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      assert.equal(typeof readFieldRecord(`v=Xv1;${text}`, grammar).ok, 'boolean')
    }),
  )
  for (const part of ['a=b;', ';', ' ', '=', 'a', '\t;', ' \xff', 'own=', 'own= ;']) {
    for (const size of [65_000, 1 << 20]) {
      await withinCpu(3000, `${part} to ${size}`, () => {
        readFieldRecord(`v=Xv1;${part.repeat(size / part.length)}\xff`, grammar)
        readFieldRecord(`v=Xv1${part.repeat(size / part.length)}`, grammar)
      })
    }
  }
})
