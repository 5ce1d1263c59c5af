import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { isCanonicalBody, openBodyCanonicalizer } from './canonical-body.ts'
import type { Canonicalization } from './signature.ts'

const both: readonly Canonicalization[] = ['simple', 'relaxed']

/** The slow obvious way, RFC 6376 §3.4.3 and §3.4.4 step by step on a string. */
function oracle(how: Canonicalization, body: string): string {
  const lines = body.split('\r\n')
  // What follows the last CRLF is a line only if there is something in it.
  let content = lines.map((line) =>
    how === 'simple' ? line : line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '),
  )
  while (content.length > 0 && content[content.length - 1] === '') content = content.slice(0, -1)
  if (content.length === 0) return how === 'simple' ? '\r\n' : ''
  return content.map((line) => `${line}\r\n`).join('')
}

function canonical(how: Canonicalization, chunks: readonly string[]): string {
  const out: string[] = []
  const canonicalizer = openBodyCanonicalizer(how, (octets) => {
    out.push(Buffer.from(octets).toString('latin1'))
  })
  for (const chunk of chunks) canonicalizer.push(Buffer.from(chunk, 'latin1'))
  canonicalizer.finish()
  return out.join('')
}

const table: readonly (readonly [what: string, body: string, simple: string, relaxed: string])[] = [
  [
    'the example of RFC 6376 §3.4.5',
    ' C \r\nD \t E\r\n\r\n\r\n',
    ' C \r\nD \t E\r\n',
    ' C\r\nD E\r\n',
  ],
  ['an empty body', '', '\r\n', ''],
  ['nothing but empty lines', '\r\n\r\n\r\n', '\r\n', ''],
  ['nothing but white space', ' \t ', ' \t \r\n', ''],
  ['lines of nothing but white space', ' \r\n\t\r\n', ' \r\n\t\r\n', ''],
  ['a last line without its end', 'a', 'a\r\n', 'a\r\n'],
  ['empty lines in the middle', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
  ['a bare LF, which is no line end', 'a \nb\n\r\n', 'a \nb\n\r\n', 'a \nb\n\r\n'],
  ['a bare CR, which is no line end', 'a \r \r\n\r', 'a \r \r\n\r\r\n', 'a \r\r\n\r\r\n'],
  ['a CR before the line end', 'a\r\r\n', 'a\r\r\n', 'a\r\r\n'],
  ['a line that begins with white space', '  \t a\r\n', '  \t a\r\n', ' a\r\n'],
  ['octets above 127 and NUL', '\xa0\x00 \xff\r\n', '\xa0\x00 \xff\r\n', '\xa0\x00 \xff\r\n'],
]

for (const [what, body, simple, relaxed] of table) {
  test(`${what}: both canonical forms`, () => {
    assert.equal(canonical('simple', [body]), simple)
    assert.equal(canonical('relaxed', [body]), relaxed)
  })
}

test('every body of up to seven octets of a small alphabet is as the slow way says, cut in two anywhere', () => {
  const alphabet = ['\r', '\n', ' ', '\t', 'a']
  const visit = (body: string): void => {
    for (const how of both) {
      const expected = oracle(how, body)
      assert.equal(canonical(how, [body]), expected, JSON.stringify([how, body]))
      // White space before a bare CR may be canonical and is not seen to be.
      const seen = body === expected && (how === 'simple' || !/[ \t]\r(?!\n)/.test(body))
      assert.equal(isCanonicalBody(Buffer.from(body), how), seen, JSON.stringify([how, body]))
      if (body.length > 5) continue
      for (let cut = 1; cut < body.length; cut++) {
        const chunks = [body.slice(0, cut), body.slice(cut)]
        assert.equal(canonical(how, chunks), expected, JSON.stringify([how, chunks]))
      }
      assert.equal(
        canonical(how, Array.from(body)),
        expected,
        JSON.stringify([how, 'octets', body]),
      )
    }
    if (body.length < 7) for (const octet of alphabet) visit(body + octet)
  }
  visit('')
})

const bodies = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('\r\n', ' ', '\t', '  ', '\r', '\n', '!', 'ab', ' \r\n'),
      },
      { weight: 3, arbitrary: fc.nat(400).map((n) => 'word '.repeat(n)) },
      { weight: 1, arbitrary: fc.nat(6000).map((n) => 'x'.repeat(n)) },
      { weight: 1, arbitrary: fc.nat(900).map((n) => '\r\n'.repeat(n)) },
      { weight: 1, arbitrary: fc.nat(900).map((n) => ' \t'.repeat(n)) },
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('long bodies with long runs are as the slow way says, cut anywhere', () => {
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(), { maxLength: 5 }), (body, seeds) => {
      const cuts = seeds.map((seed) => seed % (body.length + 1)).sort((a, b) => a - b)
      const ends = [...cuts, body.length]
      const chunks = ends.map((end, i) => body.slice(i === 0 ? 0 : ends[i - 1], end))
      for (const how of both) {
        const expected = oracle(how, body)
        assert.equal(canonical(how, [body]), expected)
        assert.equal(canonical(how, chunks), expected)
      }
    }),
    { numRuns: 300 },
  )
})

test('white space at every place of a long chunk, after every place of other white space, is seen', () => {
  for (let gap = 0; gap < 40; gap++) {
    for (const strange of [' \r\n', '\t', '  ', '!  !', ' !', '\r\n ']) {
      for (const offset of [500, 509, 510, 511, 512, 513]) {
        const body = `a  ${'b'.repeat(offset)}${'c'.repeat(gap)}${strange}${'d'.repeat(300)}`
        for (const how of both) assert.equal(canonical(how, [body]), oracle(how, body))
      }
    }
  }
})

test('white space at the borders of the slices of a long body is seen, whichever octets it is cut into', () => {
  for (const border of [65_535, 131_070]) {
    for (let before = -3; before <= 3; before++) {
      for (const strange of [' \r\n', '\t', '  ', ' !', '\r\n', '\r\n ', ' \r!', '\r\n\r\n']) {
        const body = `${'b'.repeat(border + before)}${strange}d\r\n`
        for (const how of both) {
          const expected = oracle(how, body)
          assert.equal(canonical(how, [body]), expected)
          const seen = body === expected && (how === 'simple' || !/[ \t]\r(?!\n)/.test(body))
          assert.equal(isCanonicalBody(Buffer.from(body), how), seen)
        }
      }
    }
  }
})

test('canonicalising twice changes nothing more', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      for (const how of both) {
        const once = canonical(how, [body])
        assert.equal(canonical(how, [once]), once)
      }
    }),
    { numRuns: 100 },
  )
})

test('two bodies in turns do not disturb each other', () => {
  const a: string[] = []
  const b: string[] = []
  const first = openBodyCanonicalizer('relaxed', (o) => a.push(Buffer.from(o).toString('latin1')))
  const second = openBodyCanonicalizer('relaxed', (o) => b.push(Buffer.from(o).toString('latin1')))
  for (let i = 0; i < 10; i++) {
    first.push(Buffer.from(`one  ${i} \r\n`))
    second.push(Buffer.from(`two\t${i}\r\n\r\n`))
  }
  first.finish()
  second.finish()
  assert.equal(a.join(''), Array.from({ length: 10 }, (_, i) => `one ${i}\r\n`).join(''))
  const lines = Array.from({ length: 10 }, (_, i) => `two ${i}\r\n`)
  assert.equal(b.join(''), lines.join('\r\n'))
})

test('a million empty lines in the middle of a body come out whole', () => {
  const body = `a${'\r\n'.repeat(1_000_000)}b`
  for (const how of both) assert.equal(canonical(how, [body]).length, body.length + 2)
})
