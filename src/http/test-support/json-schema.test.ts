import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Schema, SchemaCheck } from './json-schema.ts'

const named = { Row: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } }
const row = { $ref: '#/components/schemas/Row' }
const more = { type: 'object', properties: { n: { type: 'integer' } } }
const either = { anyOf: [{ allOf: [row, more] }, { type: ['array', 'null'], items: row }] }

const cases: readonly (readonly [Schema, unknown, string])[] = [
  [row, { id: 'a' }, ''],
  [row, {}, '/id is missing'],
  [row, { id: 1 }, '/id is no string'],
  [row, { id: 'a', x: 1 }, '/x is not in the document'],
  [row, [], ' is no object'],
  [{ ...row, additionalProperties: {} }, { id: 'a', x: 1 }, ''],
  [{ ...row, additionalProperties: {} }, { id: 'a', x: { y: 1 } }, ''],
  [{ additionalProperties: { type: 'string' } }, { x: 1 }, '/x is no string'],
  [{ type: 'array', items: row, maxItems: 1 }, [{ id: 'a' }], ''],
  [{ type: 'array', items: row }, [{ id: 'a' }, { id: 'b', x: 1 }], '/1/x is not in the document'],
  [{ type: 'array', maxItems: 1 }, [1, 2], ' has too many'],
  [{ enum: ['a', 'b'] }, 'c', ' is not of a,b'],
  [{ type: 'string', maxLength: 2 }, 'abc', ' is too long'],
  [{ type: 'string', minLength: 2 }, 'a', ' is too short'],
  [{ type: ['string', 'null'] }, null, ''],
  [{ type: 'integer' }, 1.5, ' is no integer'],
  [{ allOf: [row, more] }, { id: 'a', n: 1 }, ''],
  [{ allOf: [row, more] }, { id: 'a', n: 'x' }, '/n is no integer'],
  [{ allOf: [row, more] }, { id: 'a', m: 1 }, '/m is not in the document'],
  [either, { id: 'a', n: 1 }, ''],
  [either, [{ id: 'a' }], ''],
  [either, null, ''],
  [either, 'x', ' is no object'],
]

for (const [schema, value, misfit] of cases) {
  test(`${JSON.stringify(schema)}: ${JSON.stringify(value)}`, () => {
    const [first = ''] = new SchemaCheck(named).misfits(schema, value)
    assert.equal(first, misfit)
  })
}

test('a word that is not known is no silence', () => {
  assert.throws(() => new SchemaCheck({}).misfits({ pattern: 'x' }, 'x'), /"pattern" is not known/)
})
