import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inLines, inOneLine, jsonLine } from './shown-text.ts'

test('what a terminal would obey is shown as an escape, and all else as it is', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain, Пётр 用户 📬', 'plain, Пётр 用户 📬'],
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x9b31m\x90x\x9c\x80\x9f\xa0', '\\x9b31m\\x90x\\x9c\\x80\\x9f\xa0'],
    ['\x00\x08\x7f\t\r', '\\x00\\x08\\x7f\\t\\r'],
    [
      '\u202egpj.exe\u202c \u2066x\u2069 \u200e\u200f\u061c',
      '\\u202egpj.exe\\u202c \\u2066x\\u2069 \\u200e\\u200f\\u061c',
    ],
    [
      '\u2028\u2029\u202a\u202b\u202d\u2067\u2068',
      '\\u2028\\u2029\\u202a\\u202b\\u202d\\u2067\\u2068',
    ],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
    ['\u2027\u202f\u2065\u206a\u061b\u061d', '\u2027\u202f\u2065\u206a\u061b\u061d'],
  ]
  for (const [text, shown] of cases) {
    assert.equal(inOneLine(text), shown)
    assert.equal(inLines(text), shown)
  }
  assert.equal(inOneLine('two\nlines'), 'two\\nlines')
  assert.equal(inLines('two\nlines\r\n'), 'two\nlines\\r\n')
})

test('JSON means the same and holds nothing that a terminal would obey', () => {
  assert.equal(jsonLine({ a: '\x9b\u202e\x1b\x7f\n' }), '{"a":"\\u009b\\u202e\\u001b\\u007f\\n"}')
  const unit = fc.constantFrom('\x1b', '\x9b', '\u202e', '\\', '"', 'a', '\ud800', '📬', '\n')
  fc.assert(
    fc.property(fc.array(fc.string({ unit })), (texts) => {
      const line = jsonLine(texts)
      assert.deepEqual(JSON.parse(line), texts)
      assert.equal(inOneLine(line), line)
    }),
  )
})
