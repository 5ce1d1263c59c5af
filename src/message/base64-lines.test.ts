import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBase64 } from '../base/base64.ts'
import { concat, octetString } from '../base/octets.ts'
import { Base64Encoder } from './base64-lines.ts'

/** The octets encoded, given piece by piece. */
function encoded(pieces: readonly Uint8Array[]): string {
  const encoder = new Base64Encoder()
  const out = pieces.map((piece) => encoder.push(piece))
  return octetString(concat([...out, encoder.end()]))
}

test('lines have 76 digits, and no line end stands behind the last', () => {
  assert.equal(encoded([new Uint8Array(57)]), 'A'.repeat(76))
  assert.equal(encoded([new Uint8Array(58)]), `${'A'.repeat(76)}\r\nAA==`)
  assert.equal(encoded([]), '')
})

test('however the octets are cut, they are the base64 of the whole in lines (property)', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 130 }), { maxLength: 6 }), (pieces) => {
      const whole = encodeBase64(concat(pieces))
      assert.equal(encoded(pieces), (whole.match(/.{1,76}/g) ?? []).join('\r\n'))
    }),
  )
})
