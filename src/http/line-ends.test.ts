import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8, encodeUtf8 } from '../base/octets.ts'
import { withCrlf } from './line-ends.ts'

test('every end of a line becomes CRLF, whatever stands beside it', () => {
  // All texts of up to six of these, beside what a regular expression makes of them.
  const letters = ['\r', '\n', 'x']
  let texts = ['']
  for (let length = 0; length < 6; length++) {
    texts = texts.flatMap((text) => letters.map((letter) => text + letter))
    for (const text of texts) {
      const wanted = text.replace(/\r\n|\r|\n/g, '\r\n')
      assert.equal(decodeUtf8(withCrlf(encodeUtf8(text))), wanted, JSON.stringify(text))
    }
  }
})

test('what is right already is not copied', () => {
  const octets = encodeUtf8('a\r\n\r\nb')
  assert.equal(withCrlf(octets), octets)
})
