import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, octetsOf, octetString } from '../base/octets.ts'
import { withoutByteOrderMark } from './byte-order-mark.ts'

async function read(pieces: readonly string[]): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of withoutByteOrderMark(pieces.map(octetsOf))) chunks.push(chunk)
  return octetString(concat(chunks))
}

const mark = '\xef\xbb\xbf'
const texts: readonly (readonly [string, string])[] = [
  [`${mark}From: a`, 'From: a'],
  [`${mark}${mark}x`, `${mark}x`],
  ['From: a', 'From: a'],
  [`x${mark}`, `x${mark}`],
  ['\xef\xbbx', '\xef\xbbx'],
  ['\xefx', '\xefx'],
  ['\xef\xbb', '\xef\xbb'],
  ['\xef', '\xef'],
  [mark, ''],
  ['', ''],
]

test('one mark at the start is left out, and nothing else, cut anywhere', async () => {
  for (const [text, expected] of texts) {
    assert.equal(await read(Array.from(text)), expected)
    for (let i = 0; i <= text.length; i++) {
      assert.equal(await read([text.slice(0, i), '', text.slice(i)]), expected)
    }
  }
})
