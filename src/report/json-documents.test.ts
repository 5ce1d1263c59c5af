import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJsonDocuments } from './json-documents.ts'

function values(text: string): readonly unknown[] {
  return readJsonDocuments(text).documents.map((one) => (one.ok ? one.value : 'fault'))
}

test('documents one behind the other are read, whatever braces stand in their texts', () => {
  assert.deepEqual(values('{"a":"}{"} [1]\n{"b":"\\"}{"}'), [{ a: '}{' }, [1], { b: '"}{' }])
  assert.deepEqual(values('{"a":1'), ['fault'])
  assert.deepEqual(values(''), ['fault'])
  assert.deepEqual(values('}{"a":1}'), ['fault'])
  assert.deepEqual(values('{"a":1,}{"b":1}'), ['fault', { b: 1 }])
})

test('a rest is told, and blanks are none', () => {
  const rest = (text: string): boolean => readJsonDocuments(text).hasRest
  assert.equal(rest('{}{}\n'), false)
  assert.equal(rest('{}{} x'), true)
  assert.equal(rest('{}'.repeat(20)), false)
  assert.equal(rest('{}'.repeat(21)), true)
})

test('any text is read, in time that grows with its length', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', 'a', ' ', '1', ':')),
      (all) => {
        assert.ok(readJsonDocuments(all.join('')).documents.length > 0)
      },
    ),
  )
  assert.equal(readJsonDocuments('{"a":'.repeat(200_000)).documents.length, 1)
})

test('what is nested deeper than anybody means is told and not parsed', () => {
  for (const deep of ['['.repeat(100_000), `{"a":${'['.repeat(300)}${']'.repeat(300)}}`]) {
    const [document] = readJsonDocuments(deep).documents
    assert.ok(document?.ok === false)
    assert.match(document.problem, /nested deeper/)
  }
})
