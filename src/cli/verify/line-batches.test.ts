import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf, octetString } from '../../base/octets.ts'
import { LineBatches } from './line-batches.ts'

const maxLineOctets = 3

/** All lines of pieces, taken after each of them or all at the end. */
function lines(pieces: readonly string[], takeAt: 'once' | 'end'): readonly string[] {
  const batches = new LineBatches(maxLineOctets)
  const found: string[] = []
  const take = (): void => {
    for (let batch = batches.take(); batch !== undefined; batch = batches.take()) {
      if (batch.type === 'too-long') found.push('too long')
      else found.push(...octetString(batch.octets).replace(/\n$/, '').split('\n'))
    }
    assert.equal(batches.readyOctets, 0)
  }
  for (const piece of pieces) {
    batches.push(octetsOf(piece))
    if (takeAt === 'once') take()
  }
  batches.end()
  take()
  return found
}

/** The slow obvious way; the last line has no end, or is empty. */
function wanted(text: string): readonly string[] {
  const all = text.split('\n')
  if (all.at(-1) === '') all.pop()
  return all.map((line) => (line.length > maxLineOctets ? 'too long' : line))
}

test('lines are found, and those too long told, however the octets are cut', () => {
  let strings = ['']
  for (let length = 0; length <= 9; length++) {
    for (const text of strings) {
      for (const takeAt of ['once', 'end'] as const) {
        assert.deepEqual(lines(Array.from(text), takeAt), wanted(text), JSON.stringify(text))
        for (let at = 1; at < text.length; at++) {
          const pieces = [text.slice(0, at), text.slice(at)]
          assert.deepEqual(lines(pieces, takeAt), wanted(text), JSON.stringify(pieces))
        }
      }
    }
    strings = strings.flatMap((text) => ['\n', 'x'].map((octet) => text + octet))
  }
})

test('a batch has all whole lines that are there, in a buffer of its own', () => {
  const batches = new LineBatches(100)
  const chunk = octetsOf('a\nb\nc')
  batches.push(chunk)
  assert.equal(batches.readyOctets, 4)
  const batch = batches.take()
  assert.ok(batch?.type === 'lines')
  assert.equal(octetString(batch.octets), 'a\nb\n')
  assert.notEqual(batch.octets.buffer, chunk.buffer)
  assert.equal(batch.octets.buffer.byteLength, 4)
  assert.equal(batches.take(), undefined)
})

test('a line that never ends is not kept', () => {
  const batches = new LineBatches(1000)
  for (let i = 0; i < 1000; i++) batches.push(octetsOf('x'.repeat(100)))
  assert.deepEqual(batches.take(), { type: 'too-long' })
  batches.end()
  assert.equal(batches.take(), undefined)
})
