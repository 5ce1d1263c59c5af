import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { concat, encodeUtf8, octetString } from '../base/octets.ts'
import {
  decodeQuotedPrintable,
  encodeQuotedPrintable,
  QuotedPrintableEncoder,
} from './quoted-printable.ts'

test('plain text stays readable', () => {
  assert.equal(
    encodeQuotedPrintable(encodeUtf8('Hello, world.\r\nBye\r\n')),
    'Hello, world.\r\nBye\r\n',
  )
})

test('what must be coded is coded', () => {
  assert.equal(encodeQuotedPrintable(encodeUtf8('a=b é\r\nx \r\n')), 'a=3Db =C3=A9\r\nx=20\r\n')
  assert.equal(encodeQuotedPrintable(encodeUtf8('.\r\n--b\r\nFrom x')), '=2E\r\n=2D-b\r\n=46rom x')
  assert.equal(encodeQuotedPrintable(encodeUtf8('a\rb\nc')), 'a=0Db=0Ac')
})

test('decoding is lenient', () => {
  assert.equal(decodeQuotedPrintable('a=3db=\r\nc \t\r\nd=zz=\n'), 'a=b' + 'c\r\nd=zz')
  assert.equal(decodeQuotedPrintable(`${' '.repeat(300_000)}x`).length, 300_001)
})

test('every octet comes back, in lines of at most 76 (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (octets) => {
      const text = encodeQuotedPrintable(octets)
      for (const line of text.split('\r\n')) {
        assert.ok(line.length <= 76)
        assert.doesNotMatch(line, /[ \t]$|^[-.F]|[^\t\x20-\x7e]/)
      }
      assert.equal(decodeQuotedPrintable(text), octetString(octets))
    }),
  )
})

test('however the octets are cut, the code is that of the whole (property)', () => {
  const octet = fc.oneof(fc.constantFrom(9, 10, 13, 32, 45, 46, 61, 70), fc.nat(255))
  const piece = fc.array(octet, { maxLength: 60 }).map((octets) => Uint8Array.from(octets))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const encoder = new QuotedPrintableEncoder()
      const out = pieces.map((one) => encoder.push(one))
      const cut = octetString(concat([...out, encoder.end()]))
      assert.equal(cut, encodeQuotedPrintable(concat(pieces)))
    }),
  )
})
