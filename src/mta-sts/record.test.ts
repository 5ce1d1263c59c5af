import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readStsRecord } from './record.ts'

function outcome(text: string): string {
  const read = readStsRecord(text)
  return read.ok ? `id ${read.value.id}` : read.problem.reason
}

// RFC 8461 §3.1; for fields that stand twice, §3.2.
const records: readonly (readonly [string, string])[] = [
  ['v=STSv1; id=20160831085700Z;', 'id 20160831085700Z'],
  ['v=STSv1;id=1', 'id 1'],
  ['v=STSv1 ; id=1 ; ', 'id 1'],
  ['v=STSv1; ext=1; id=a; other=2', 'id a'],
  [`v=STSv1; id=${'aZ09'.repeat(8)}`, `id ${'aZ09'.repeat(8)}`],
  ['v=STSv1; id=a; id=b', 'id a'],
  ['v=STSv1; id=a; id=not-an-id', 'id a'],
  ['v=STSv1; id=a; v=STSv2', 'id a'],
  ['v=STSv1; id=a; id=', 'bad-value'],
  ['v=STSv1; id=not-an-id; id=a', 'bad-id'],
  [`v=STSv1; id=${'a'.repeat(33)}`, 'bad-id'],
  ['v=STSv1; id=a_b', 'bad-id'],
  ['v=STSv1; id=', 'bad-value'],
  ['v=STSv1; id=\xe9', 'bad-value'],
  ['v=STSv1; id = a', 'not-a-field'],
  ['v=STSv1; id=a ', 'bad-value'],
  ['v=STSv1; ID=a', 'missing-id'],
  ['v=STSv1; ext=1', 'missing-id'],
  ['v=STSv1;', 'no-field'],
  ['v=STSv1, id=a', 'other-version'],
  ['v=stsv1; id=a', 'other-version'],
  ['id=a; v=STSv1', 'other-version'],
  ['', 'other-version'],
]

for (const [text, expected] of records) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(outcome(text), expected))
}

test('what is ignored is named', () => {
  assert.deepEqual(readStsRecord('v=STSv1; b=1; id=x; a=2; b=3; id=y; constructor=1'), {
    ok: true,
    value: { id: 'x', unknown: ['b', 'a', 'constructor'], repeatedId: true },
  })
})

test('a refusal is told in a sentence', () => {
  assert.deepEqual(readStsRecord('v=STSv1; id=a-b'), {
    ok: false,
    problem: { reason: 'bad-id', text: 'id is "a-b", not 1 to 32 letters and digits.' },
  })
})

test('a record that is written by the grammar is read, with its id and its fields', () => {
  const space = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })
  const id = fc.stringMatching(/^[A-Za-z0-9]{1,32}$/)
  const field = fc.tuple(
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/).filter((name) => name !== 'id'),
    fc.stringMatching(/^[\x21-\x3a\x3c\x3e-\x7e]{1,20}$/),
  )
  fc.assert(
    fc.property(id, fc.array(field), fc.nat(), space, space, (value, fields, at, left, right) => {
      const all = fields.map(([name, one]) => `${name}=${one}`)
      all.splice(at % (all.length + 1), 0, `id=${value}`)
      const read = readStsRecord(['v=STSv1', ...all].join(`${left};${right}`))
      assert.ok(read.ok)
      assert.equal(read.value.id, value)
      assert.deepEqual(read.value.unknown, Array.from(new Set(fields.map(([name]) => name))))
    }),
  )
})
