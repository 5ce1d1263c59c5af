import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, decodeBase64Lines, encodeBase64 } from './base64.ts'
import { octetsOf } from './octets.ts'

test('what is cut into lines is read where that is asked for', () => {
  assert.deepEqual(decodeBase64Lines('Zm9v\r\nYmFy\n'), octetsOf('foobar'))
  assert.equal(decodeBase64('Zm9v\nYmFy'), undefined)
  assert.equal(decodeBase64Lines('Zm9v!'), undefined)
})

test('the test vectors of RFC 4648 §10 are written and read', () => {
  const vectors: readonly (readonly [string, string])[] = [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ]
  for (const [text, encoded] of vectors) {
    assert.equal(encodeBase64(octetsOf(text)), encoded)
    assert.deepEqual(decodeBase64(encoded), octetsOf(text))
  }
})

test('what is written is what Node writes, and is read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      const text = encodeBase64(octets)
      assert.equal(text, Buffer.from(octets).toString('base64'))
      assert.deepEqual(decodeBase64(text), Uint8Array.from(octets))
    }),
  )
})

test('text that is not base64 is not guessed at', () => {
  const wrong = [
    'Z',
    'Zg',
    'Zg=',
    'Zm9',
    '=',
    '====',
    'Z===',
    'Zg==Zg==',
    'Zm=v',
    'Zm9v\n',
    ' Zm9v',
    'Zm-_',
    'Zm9\u0176', // its low octet is a letter of the alphabet
    'Zm9\ud83d',
  ]
  for (const text of wrong) assert.equal(decodeBase64(text), undefined, JSON.stringify(text))
})

test('every string of four from a small alphabet is read as a slow and obvious reader reads it', () => {
  const alphabet = ['A', 'z', '9', '+', '/', '=', '-', ' ']
  const strict = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/
  for (const a of alphabet) {
    for (const b of alphabet) {
      for (const c of alphabet) {
        for (const d of alphabet) {
          const text = a + b + c + d
          const wanted = strict.test(text)
            ? Uint8Array.from(Buffer.from(text, 'base64'))
            : undefined
          assert.deepEqual(decodeBase64(text), wanted, text)
        }
      }
    }
  }
})
