import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columns, fitted, wrapped } from './output.ts'

test('a sentence is broken between words, and goes on below its beginning', () => {
  const input = { width: 20, indent: 8, used: 8 }
  assert.equal(wrapped('one two three four', input), 'one two\n        three four')
  assert.equal(wrapped('', input), '')
  const long = 'x'.repeat(30)
  assert.equal(wrapped(`a ${long} b`, input), `a\n        ${long}\n        b`)
})

test('no word is lost, and no line is too long but for one word alone', () => {
  const words = fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 25 }))
  fc.assert(
    fc.property(words, fc.nat(15), (list, indent) => {
      const text = list.map((word) => word.replaceAll(' ', '_')).join(' ')
      const broken = wrapped(text, { width: 30, indent, used: indent })
      assert.equal(broken.replace(/\n */g, ' '), text)
      for (const line of `${' '.repeat(indent)}${broken}`.split('\n')) {
        assert.ok(line.length <= 30 || !line.trim().includes(' '), line)
      }
    }),
  )
})

test('a row is cut where the terminal ends, and whole where there is none', () => {
  assert.equal(fitted('123456', 6), '123456')
  assert.equal(fitted('1234567', 6), '12345…')
  assert.equal(fitted('1234567', Number.POSITIVE_INFINITY), '1234567')
  if (!process.stdout.isTTY) assert.equal(columns(), Number.POSITIVE_INFINITY)
})
