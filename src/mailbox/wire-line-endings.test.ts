import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, octetString, octetsOf } from '../base/octets.ts'
import { withWireLineEndings, withoutByteOrderMark } from './wire-line-endings.ts'

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

async function convert(pieces: readonly string[]): Promise<string> {
  const out: Uint8Array[] = []
  for await (const chunk of withWireLineEndings(pieces.map(octetsOf))) out.push(chunk)
  return octetString(concat(out))
}

/** The slow obvious way. */
function wanted(text: string): string {
  const first = text.indexOf('\n')
  return first < 0 || text[first - 1] === '\r' ? text : text.replace(/(?<!\r)\n/g, '\r\n')
}

test('every string over CR, LF and x is converted, whole and cut everywhere', async () => {
  let strings = ['']
  for (let length = 0; length <= 7; length++) {
    for (const text of strings) {
      assert.equal(await convert([text]), wanted(text), JSON.stringify(text))
      for (let at = 1; at < text.length; at++) {
        const pieces = [text.slice(0, at), '', text.slice(at)]
        assert.equal(await convert(pieces), wanted(text), JSON.stringify(pieces))
      }
    }
    strings = strings.flatMap((text) => ['\r', '\n', 'x'].map((octet) => text + octet))
  }
})

test('a file without a line end for a long way is left alone', async () => {
  const pieces = ['x'.repeat(70_000), 'x\ny\n']
  assert.equal(await convert(pieces), pieces.join(''))
})
