import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../base/octets.ts'
import { DnsFrames, frameDnsMessage } from './dns-message.ts'

const messages = [[1, 2, 3], [], [0], [0, 2, 9, 9], [7]].map((one) => new Uint8Array(one))
const stream = concat(messages.map(frameDnsMessage))

function readInPieces(ends: readonly number[]): readonly (readonly number[])[] {
  const frames = new DnsFrames()
  let start = 0
  return [...ends, stream.length].flatMap((end) => {
    const read = frames.push(stream.subarray(start, end))
    start = end
    return read.map((one) => [...one])
  })
}

test('messages come out whole wherever the stream is cut in two or three', () => {
  const expected = messages.map((one) => [...one])
  for (let a = 0; a <= stream.length; a++) {
    for (let b = a; b <= stream.length; b++) assert.deepEqual(readInPieces([a, b]), expected)
  }
})

test('messages come out whole octet by octet', () => {
  const ends = Array.from(stream, (_, i) => i + 1)
  assert.deepEqual(
    readInPieces(ends),
    messages.map((one) => [...one]),
  )
})

test('the longest message goes through, in small pieces too', () => {
  const longest = new Uint8Array(65_535).fill(5)
  const framed = frameDnsMessage(longest)
  const frames = new DnsFrames()
  const read: Uint8Array[] = []
  for (let at = 0; at < framed.length; at += 7)
    read.push(...frames.push(framed.subarray(at, at + 7)))
  assert.deepEqual(
    read.map((one) => one.length),
    [65_535],
  )
})
