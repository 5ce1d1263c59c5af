import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, isAscii, octetString, octetsOf } from './octets.ts'

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
