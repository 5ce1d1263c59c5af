import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  concat,
  decodeUtf8,
  displayUtf8,
  encodeUtf8,
  isAscii,
  octetString,
  octetsOf,
} from './octets.ts'

test('every octet has its place in an octet string, also in long ones', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.deepEqual(octetsOf(octetString(octets)), Uint8Array.from(octets))
    }),
  )
  const long = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 31) & 255)
  assert.equal(octetString(long), Buffer.from(long).toString('latin1'))
})

test('a part of octets is read from start to before end', () => {
  const octets = octetsOf('waybill')
  assert.equal(octetString(octets, 3), 'bill')
  assert.equal(octetString(octets, 0, 3), 'way')
  assert.equal(octetString(octets, 2, 2), '')
  const long = octetsOf('x'.repeat(20_000))
  assert.equal(octetString(long, 5, 19_995).length, 19_990)
})

test('chunks are put together in their order; one alone is not copied', () => {
  const only = octetsOf('only')
  assert.equal(concat([only]), only)
  assert.deepEqual(concat([]), new Uint8Array(0))
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 }), (chunks) => {
      assert.deepEqual(Buffer.from(concat(chunks)), Buffer.concat(chunks))
    }),
  )
})

test('ASCII ends at 127', () => {
  assert.ok(isAscii('') && isAscii('\u0000~\u007f'))
  for (const text of ['\u0080', 'a\u00ff', 'grüße', '😀']) assert.ok(!isAscii(text), text)
})

test('octets of Node and others give the same text, short and long, in part and whole', () => {
  const octets = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 255)
  const buffer = Buffer.from(octets)
  for (const [start, end] of [
    [0, 300],
    [3, 66],
    [3, 67],
    [3, 68],
    [100, 300],
  ] as const) {
    assert.equal(octetString(buffer, start, end), octetString(octets, start, end))
    assert.equal(octetString(buffer, start, end), buffer.toString('latin1', start, end))
  }
})

test('text comes back from its octets', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(decodeUtf8(encodeUtf8(text)), text.toWellFormed())
    }),
  )
})

test('octets that are not well-formed UTF-8 are told apart, never repaired', () => {
  const wrong: readonly (readonly number[])[] = [
    [0x80],
    [0xc0, 0x80], // an overlong NUL
    [0xc3],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80], // a surrogate
    [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xff],
    [0x61, 0xe4, 0x62],
  ]
  for (const octets of wrong) {
    assert.equal(decodeUtf8(Uint8Array.from(octets)), undefined, octets.join(' '))
    assert.match(displayUtf8(Uint8Array.from(octets)), /\ufffd/)
  }
})

test('a byte order mark stays: it is a character like any other', () => {
  const octets = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)
  assert.equal(decodeUtf8(octets), '\ufeffa')
  assert.equal(displayUtf8(octets), '\ufeffa')
})

test('a lone surrogate becomes the replacement character', () => {
  assert.deepEqual(encodeUtf8('\ud83d'), Uint8Array.of(0xef, 0xbf, 0xbd))
})
