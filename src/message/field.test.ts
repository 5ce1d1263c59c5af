import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { formatField, maxLineOctets, oneLine, unfoldedValue } from './field.ts'
import { splitMessage } from './header-reader.ts'

function lines(field: string): string[] {
  assert.ok(field.endsWith('\r\n'))
  return field.slice(0, -2).split('\r\n')
}

test('a short field stays on one line', () => {
  assert.equal(formatField('Subject', 'hello'), 'Subject: hello\r\n')
})

test('a long field is folded at white space, each line within 78 octets', () => {
  const value = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ')
  const folded = lines(formatField('Subject', value))
  assert.ok(folded.length > 4)
  for (const line of folded) assert.ok(line.length <= 78, line)
  for (const line of folded.slice(1)) assert.match(line, /^ \S/)
})

test('a line may be exactly 78 octets long', () => {
  const value = `${'a'.repeat(40)} ${'b'.repeat(78 - 4 - 41)}`
  assert.deepEqual(lines(formatField('To', value)), [`To: ${value}`])
  assert.equal(lines(formatField('To', `${value}b`)).length, 2)
})

test('a first word that fits on a line of its own leaves the line of the name', () => {
  const word = 'x'.repeat(74)
  assert.equal(formatField('Message-ID', word), `Message-ID:\r\n ${word}\r\n`)
  const longer = 'x'.repeat(200)
  assert.equal(formatField('Message-ID', longer), `Message-ID: ${longer}\r\n`)
})

test('a word that no line can hold is cut at 998 octets', () => {
  const folded = lines(formatField('Subject', 'y'.repeat(5000)))
  for (const line of folded) assert.ok(line.length <= maxLineOctets)
  assert.equal(folded.join('').replace(/Subject:| /g, ''), 'y'.repeat(5000))
})

test('octets count, not characters, and no character is cut in two', () => {
  const folded = lines(formatField('Subject', '\u{1f600}'.repeat(1000)))
  for (const line of folded) {
    assert.ok(encodeUtf8(line).length <= maxLineOctets)
    assert.ok(line.isWellFormed())
  }
})

test('pieces begin new lines', () => {
  assert.equal(
    formatField('Received', ['from a', 'by b', 'for <c@d>; date']),
    'Received: from a\r\n by b\r\n for <c@d>; date\r\n',
  )
  assert.equal(formatField('X', ['', '', 'a']), 'X: a\r\n')
})

test('line ends and controls in a value cannot begin a field', () => {
  assert.equal(
    formatField('Subject', 'a\r\nBcc: victim@example.org\r\n\r\nbody\u0000x\u2028y\u0085z'),
    'Subject: a Bcc: victim@example.org body x y z\r\n',
  )
})

test('an empty value is an empty field', () => {
  assert.equal(formatField('Subject', ' \r\n '), 'Subject:\r\n')
})

test('a wrong name is a bug', () => {
  assert.throws(() => formatField('Sub ject', 'x'))
  assert.throws(() => formatField('', 'x'))
  assert.throws(() => formatField('A:', 'x'))
})

test('whatever the value, the result is one field that unfolds to its words (property)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 4 }),
      (parts) => {
        const field = formatField('X-Any', parts)
        const { header, body } = splitMessage(encodeUtf8(`${field}\r\nbody`))
        assert.equal(header.fields.length, 1)
        assert.equal(header.malformedAt.length, 0)
        assert.equal(body.length, 4)
        for (const line of lines(field)) {
          assert.ok(encodeUtf8(line).length <= maxLineOctets)
          assert.match(line, /\S/)
        }
        const [only] = header.fields
        assert.ok(only)
        assert.doesNotMatch(unfoldedValue(only), /[\r\n\0]/)
      },
    ),
  )
})

test('one line is made of any text, within its limit', () => {
  assert.equal(oneLine(' a\r\n\tb\u0007 '), 'a b')
  assert.equal(oneLine('abcdefghij', 8), 'abcde...')
  assert.equal(oneLine('abcdefgh', 8), 'abcdefgh')
  assert.equal(oneLine('a\u202egpj.exe\u202c \u2066b\u2069'), 'agpj.exe b')
  assert.equal(oneLine('\u05e9\u05dc\u05d5\u05dd \u200fx'), '\u05e9\u05dc\u05d5\u05dd \u200fx')
  assert.equal(oneLine(`x${' '.repeat(100_000)}y`, 10), 'x...')
  assert.equal(oneLine('\ud800'), '\ufffd')
})
