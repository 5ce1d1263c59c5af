import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columns, paint, row, terminalText, wrapped } from './output.ts'

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

test('a row stands in one line where there is room, else its sentence goes below', () => {
  const indent = ' '.repeat(18)
  assert.equal(row('id  from', 'It went well.', 40), 'id  from  It went well.')
  assert.equal(
    row('id  from', 'It went well.', 22),
    `id  from\n${indent}It\n${indent}went\n${indent}well.`,
  )
  assert.equal(row('id  from', '', 40), 'id  from')
  const from = `id  2026  out  ann@north.example`
  assert.equal(
    row(from, 'It went well.', 31),
    `id  2026  out\n${indent}ann@north.example\n${indent}It went well.`,
  )
  assert.equal(row('x'.repeat(200), 'y', Number.POSITIVE_INFINITY), `${'x'.repeat(200)}  y`)
  if (!process.stdout.isTTY) assert.equal(columns(), Number.POSITIVE_INFINITY)
})

test('a terminal gets the lines of a text, and nothing that it would obey', () => {
  assert.equal(
    terminalText('a\n\x1b[31mred\x1b[0m\x07\u202e\x9b'),
    'a\n\\x1b[31mred\\x1b[0m\\x07\\u202e\\x9b',
  )
})

test('what others wrote begins no line of its own in a row or a sentence', () => {
  assert.equal(row('id\nfrom', 'It\r\nwent', 40), 'id\\nfrom  It\\r\\nwent')
  assert.equal(wrapped('one\ntwo', { width: 80, indent: 2, used: 2 }), 'one\\ntwo')
})

test('our own colours reach a terminal that wants them, and those within the text do not', (t) => {
  const { FORCE_COLOR: before } = process.env
  t.after(() => {
    if (before === undefined) delete process.env['FORCE_COLOR']
    else process.env['FORCE_COLOR'] = before
  })
  process.env['FORCE_COLOR'] = '1'
  const shown = terminalText(`${paint('red', 'no\x1b[0m')} \x1b[31mno`)
  assert.equal(shown, '\x1b[31mno\\x1b[0m\x1b[39m \\x1b[31mno')
})
