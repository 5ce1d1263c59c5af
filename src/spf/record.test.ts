import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'node:test'
import { isSpfRecord, parseRecord, readRecord } from './record.ts'

test('a record begins with "v=spf1" and a space, or ends there (RFC 7208 §4.5)', () => {
  for (const text of ['v=spf1', 'v=spf1 ', 'V=SpF1 -all', 'v=spf1  -all', 'v=spf1 \x80']) {
    assert.ok(isSpfRecord(text), text)
  }
  for (const text of [
    '',
    'v=spf',
    'v=spf10',
    'v=spf1-all',
    'v=spf1\t-all',
    ' v=spf1 -all',
    'v=spf2 -all',
    'v=spfl -all',
    'spf2.0/pra -all',
    '"v=spf1 -all"',
    'v=spf1\0',
  ]) {
    assert.ok(!isSpfRecord(text), JSON.stringify(text))
  }
})

test('terms are parted by one space or more, and spaces may end the record', () => {
  const parsed = parseRecord('v=spf1   a  -all   ')
  assert.ok(parsed.ok)
  assert.deepEqual(
    parsed.value.terms.map(({ text }) => text),
    ['a', '-all'],
  )
  const empty = parseRecord('v=spf1')
  assert.ok(empty.ok)
  assert.deepEqual(empty.value.terms, [])
})

test('any error anywhere is found, with its place (RFC 7208 §4.6)', () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['v=spf1 -all moo', 'moo', 12, /no such mechanism/],
    ['v=spf1 -all  foo=%', 'foo=%', 13, /"%"/],
    ['v=spf1 a\tmx', 'a\tmx', 7, /0x09/],
    ['v=spf1 -all\0', '-all\0', 7, /0x00/],
    ['v=spf1 a:x.example\r\n', 'a:x.example\r\n', 7, /0x0d/],
    ['v=spf1 \x80a -all', '\x80a', 7, /0x80/],
    ['v=spf1 a \xff', '\xff', 9, /0xff/],
    ['v=spf1 x=\x7f', 'x=\x7f', 7, /0x7f/],
    ['v=spf1 exp=a.example -all exp=b.example', 'exp=b.example', 26, /twice/],
    ['v=spf1 redirect=a.example REDIRECT=b.example', 'REDIRECT=b.example', 26, /twice/],
  ]
  for (const [text, term, at, because] of cases) {
    const parsed = parseRecord(text)
    assert.ok(!parsed.ok, text)
    assert.equal(parsed.problem.term, term)
    assert.equal(parsed.problem.at, at)
    assert.match(parsed.problem.because, because)
  }
})

test('modifiers that nobody knows may come as often as they like (RFC 7208 §6)', () => {
  const parsed = parseRecord('v=spf1 a=1 a=1 ra=postmaster rr=all default=- -all')
  assert.ok(parsed.ok)
  assert.equal(parsed.value.terms.length, 6)
})

test('a remembered record is the record that is read anew', () => {
  const term = fc.constantFrom('a', 'mx:%{d}', '-all', 'moo', 'ip4:192.0.2.0/24', 'exp=x.example')
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
      const text = ['v=spf1', ...terms].join(' ')
      assert.deepEqual(readRecord(text), parseRecord(text))
      assert.equal(readRecord(text), readRecord(text))
    }),
  )
  // More records than are remembered, and records too long to be.
  for (let i = 0; i < 1000; i++) assert.ok(readRecord(`v=spf1 a:${i}.example`).ok)
  const long = `v=spf1 ${'a '.repeat(1000)}`
  assert.deepEqual(readRecord(long), parseRecord(long))
})
