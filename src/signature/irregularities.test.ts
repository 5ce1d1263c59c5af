import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { Irregularities } from './irregularities.ts'

/** The slow obvious way. */
function firstIrregular(chunk: Uint8Array, from: number): number {
  for (let i = from; i < chunk.length; i++) {
    if (chunk[i] === 9) return i
    const next = chunk[i + 1]
    if (chunk[i] === 32 && (next === undefined || next === 32 || next === 9 || next === 13))
      return i
  }
  return chunk.length
}

const text = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '!',
      '\x20',
      '\t',
      '\r\n',
      '\r',
      '\n',
      '\x00',
      '\x1f',
      '\xa0',
      '\xff',
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''))

test('the first irregular octet is found wherever it is, from every start and at every alignment', () => {
  fc.assert(
    fc.property(text, fc.nat(200), fc.nat(7), (strange, padding, skew) => {
      const octets = Buffer.from(`${'x'.repeat(padding)}${strange}${'y'.repeat(150)}`, 'latin1')
      const held = new Uint8Array(octets.length + skew)
      held.set(octets, skew)
      const chunk = held.subarray(skew)
      const irregularities = new Irregularities(chunk)
      for (let from = 0; from <= chunk.length; from++) {
        assert.equal(irregularities.next(from), firstIrregular(chunk, from), `from ${from}`)
      }
    }),
    { numRuns: 300 },
  )
})

test('single spaces between words are regular, and so are line ends and control characters', () => {
  const chunk = Buffer.from('some words, and\r\nsome ! more\x00\x01\r\r\n\n'.repeat(20), 'latin1')
  assert.equal(new Irregularities(chunk).next(0), chunk.length)
})

test('every pair of octets at every place of a block is judged as the slow way does', () => {
  const strange = [0, 8, 9, 10, 12, 13, 31, 32, 33, 34, 0x80, 0x89, 0xa0, 0xa1, 0xff]
  for (let at = 120; at < 140; at++) {
    for (const first of strange) {
      for (const second of strange) {
        const chunk = new Uint8Array(200).fill(97)
        chunk[at] = first
        chunk[at + 1] = second
        assert.equal(new Irregularities(chunk).next(0), firstIrregular(chunk, 0))
      }
    }
  }
})

test('two chunks that are asked in turns do not disturb each other, and no octet behind an end counts', () => {
  const spaced = Buffer.from(`${'x'.repeat(150)}  ${'x'.repeat(150)}`)
  const regular = Buffer.from('x'.repeat(151))
  const first = new Irregularities(spaced)
  const second = new Irregularities(regular)
  for (let round = 0; round < 3; round++) {
    assert.equal(first.next(0), 150)
    assert.equal(second.next(0), regular.length)
    assert.equal(second.next(regular.length), regular.length)
    assert.equal(first.next(151), 302)
  }
})

test('chunks of every length around those that are searched at once are searched', () => {
  for (const length of [127, 128, 129, 65_535, 65_536, 65_537, 140_000]) {
    const chunk = new Uint8Array(length).fill(97)
    assert.equal(new Irregularities(chunk).next(0), length)
    chunk[length - 1] = 32
    assert.equal(new Irregularities(chunk).next(0), length - 1)
    chunk[length - 1] = 97
    chunk[length - 2] = 9
    assert.equal(new Irregularities(chunk).next(0), length - 2)
  }
})
