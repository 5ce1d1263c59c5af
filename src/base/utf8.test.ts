import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8, displayUtf8, encodeUtf8 } from './utf8.ts'

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
