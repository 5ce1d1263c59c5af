import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { describeTagListProblem, parseTagList } from './tag-list.ts'

/** Names and values, or the kind of problem. */
function read(text: string): unknown {
  const list = parseTagList(text)
  if (!list.ok) return list.problem.type
  return Object.fromEntries(Array.from(list.value.values(), (tag) => [tag.name, tag.value]))
}

const table: readonly (readonly [what: string, text: string, expected: unknown])[] = [
  ['one tag', 'a=b', { a: 'b' }],
  ['a semicolon at the end', 'a=b;', { a: 'b' }],
  ['white space behind the last semicolon', 'a=b; \t\r\n ', { a: 'b' }],
  ['white space around everything', ' \r\n a\t=\r\n\tb c ; d = e ', { a: 'b c', d: 'e' }],
  ['a value with = in it', 'a=b=c==; d=', { a: 'b=c==', d: '' }],
  ['a fold inside a value', 'a=b\r\n c', { a: 'b\r\n c' }],
  ['folds of nothing but white space', 'a=b\r\n \r\n\tc', { a: 'b\r\n \r\n\tc' }],
  ['names that differ in case', 'a=1;A=2', { a: '1', A: '2' }],
  ['digits and underscores in a name', 'a_1=x', { a_1: 'x' }],
  ['octets above 127', 'a=\xc3\xa4', { a: '\xc3\xa4' }],
  ['a name that stands twice', 'a=1; b=2; a=1', 'duplicate'],
  ['nothing', '', 'syntax'],
  ['nothing but white space', ' \r\n ', 'syntax'],
  ['nothing but a semicolon', ';', 'syntax'],
  ['a tag without =', 'a=1; b; c=2', 'syntax'],
  ['an empty tag in the middle', 'a=1;; b=2', 'syntax'],
  ['two semicolons at the end', 'a=1;;', 'syntax'],
  ['a name that is empty', '=1', 'syntax'],
  ['a name that begins with a digit', '1a=1', 'syntax'],
  ['a name with white space in it', 'a b=1', 'syntax'],
  ['a control character', 'a=\x01', 'syntax'],
  ['a bare LF', 'a=b\n c', 'syntax'],
  ['a bare LF at the start', '\na=b', 'syntax'],
  ['a CRLF at the start that does not fold', '\r\na=b', 'syntax'],
  ['a bare CR', 'a=b\r c', 'syntax'],
  ['a CRLF that does not fold', 'a=b\r\nc=d', 'syntax'],
  ['a CRLF at the end', 'a=b\r\n', 'syntax'],
]

for (const [what, text, expected] of table) {
  test(`a tag list: ${what}`, () => {
    assert.deepEqual(read(text), expected)
  })
}

test('a tag knows where its value stands, with the white space around it', () => {
  const list = parseTagList('a=1; b = \r\n x y ; c=2')
  assert.ok(list.ok)
  const b = list.value.get('b')
  assert.deepEqual(b, { name: 'b', value: 'x y', start: 8, end: 16 })
})

test('problems are told in words', () => {
  assert.match(describeTagListProblem({ type: 'duplicate', name: 'p' }), /p= .*twice/)
  assert.match(describeTagListProblem({ type: 'syntax', at: 3 }), /character 3/)
})

test('a list of tags that is written is read again', () => {
  const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/)
  const values = fc.stringMatching(/^[!-:<-~]{0,10}$/)
  const gaps = fc.constantFrom('', ' ', '\r\n ', '\t')
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(names, values, gaps, gaps), { minLength: 1, selector: ([n]) => n }),
      (tags) => {
        const text = tags.map(([n, v, g, h]) => `${g}${n}${h}=${g}${v}${h}`).join(';')
        assert.deepEqual(read(text), Object.fromEntries(tags.map(([n, v]) => [n, v])))
      },
    ),
  )
})

test('no text makes the reader throw, or takes it long', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '=', ';', ' ', '\r\n ', '\r', '\n', '\x00') }),
      (text) => {
        parseTagList(text)
      },
    ),
  )
  const long = 1 << 20
  assert.equal(read(`a=${' '.repeat(long)}b`) !== 'syntax', true)
  assert.equal(read(' '.repeat(long)), 'syntax')
  assert.equal(read(';'.repeat(long)), 'syntax')
  assert.equal(read('=;'.repeat(long)), 'syntax')
  assert.equal(read(`a=${'\r\n '.repeat(long)}`) !== 'syntax', true)
  const many = Array.from({ length: 5000 }, (_, i) => `a${i}=1`).join(';')
  assert.equal(read(many), 'syntax')
})
