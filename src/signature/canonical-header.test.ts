import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { splitMessage } from '../message/header-reader.ts'
import { canonicalField, signedHeader } from './canonical-header.ts'
import { FieldSelection } from './field-selection.ts'
import type { Canonicalization } from './signature.ts'

function fieldsOf(header: string) {
  return splitMessage(Buffer.from(header, 'latin1')).header.fields
}

function canonical(how: Canonicalization, header: string): string {
  const [field] = fieldsOf(header)
  assert.ok(field !== undefined)
  return Buffer.from(canonicalField(field, how)).toString('latin1')
}

const table: readonly (readonly [what: string, field: string, relaxed: string])[] = [
  ['the first example of RFC 6376 §3.4.5', 'A: X\r\n', 'a:X'],
  ['the second example of RFC 6376 §3.4.5', 'B : Y\t\r\n\tZ  \r\n', 'b:Y Z'],
  ['no white space at all', 'Subject:x\r\n', 'subject:x'],
  ['an empty value', 'Subject:\r\n', 'subject:'],
  ['a value of white space', 'Subject: \t \r\n \r\n', 'subject:'],
  ['a fold right behind the colon', 'Subject:\r\n x\r\n', 'subject:x'],
  ['octets above 127', 'Subject: \xe4 \xff\r\n', 'subject:\xe4 \xff'],
  ['bare line ends, which do not fold', 'Subject: a\n b\r c\r\n', 'subject:a\n b\r c'],
  ['a field that the message breaks off in', 'Subject: a  b', 'subject:a b'],
  ['a colon in the value', 'X: a : b\r\n', 'x:a : b'],
]

for (const [what, field, relaxed] of table) {
  test(`${what}: the relaxed form of a field, and the simple one`, () => {
    assert.equal(canonical('relaxed', field), relaxed)
    assert.equal(canonical('simple', field), field.replace(/\r\n$/, ''))
  })
}

test('the relaxed form of a relaxed form is itself, and any folding of it gives it again', () => {
  const word = fc.stringMatching(/^[!-~]{1,8}$/)
  const gap = fc.constantFrom(' ', '  ', '\t', '\r\n ', ' \r\n\t', '\r\n \r\n ')
  fc.assert(
    fc.property(fc.array(fc.tuple(word, gap), { minLength: 1 }), gap, (parts, lead) => {
      const value = parts.map(([w, g]) => w + g).join('')
      const plain = `x:${parts.map(([w]) => w).join(' ')}`
      assert.equal(canonical('relaxed', `X:${lead}${value}\r\n`), plain)
      assert.equal(canonical('relaxed', `${plain}\r\n`), plain)
    }),
  )
})

test('a name in h= takes fields from the bottom up, then nothing; the signature is never taken', () => {
  const fields = fieldsOf('R: 1\r\nDKIM-Signature: a\r\nR: 2\r\nDKIM-Signature: b\r\nR: 3\r\n\r\n')
  const selection = new FieldSelection(fields)
  const take = (names: readonly string[], except?: number): readonly string[] =>
    selection.select(names, except).map((f) => (f ? Buffer.from(f.raw).toString().trim() : '-'))
  assert.deepEqual(take(['r', 'r', 'x', 'r', 'r']), ['R: 3', 'R: 2', '-', 'R: 1', '-'])
  const both = ['dkim-signature', 'dkim-signature']
  assert.deepEqual(take(both), ['DKIM-Signature: b', 'DKIM-Signature: a'])
  assert.deepEqual(take(both, 3), ['DKIM-Signature: a', '-'])
  assert.deepEqual(take(both, 1), ['DKIM-Signature: b', '-'])
  assert.equal(selection.count('r'), 3)
  assert.deepEqual(take(['constructor', '__proto__']), ['-', '-'])
})

test('the signed octets are the fields and the signature without its value and its last CRLF', () => {
  const header = 'A: 1 \r\nS: x=1; b= \r\n abc ; y=2\r\nB:  2\r\n\r\n'
  const fields = fieldsOf(header)
  const [a, signature, b] = fields
  assert.ok(signature !== undefined)
  const value = ' x=1; b= \r\n abc ; y=2'
  const omit = { start: value.indexOf('=', 5) + 1, end: value.lastIndexOf(';') }
  const octets = (canonicalization: Canonicalization): string =>
    Buffer.from(
      signedHeader({ fields: [b, undefined, a], signature, omit, canonicalization }),
    ).toString()
  assert.equal(octets('simple'), 'B:  2\r\nA: 1 \r\nS: x=1; b=; y=2')
  assert.equal(octets('relaxed'), 'b:2\r\na:1\r\ns:x=1; b=; y=2')
})
