import { test } from 'node:test'
import assert from 'node:assert/strict'
import { concat, octetsOf, octetString } from '../base/octets.ts'
import { type LineEnding, withLineEnding } from './line-endings.ts'

async function convert(pieces: readonly string[], lineEnding: LineEnding): Promise<string> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const piece of pieces) yield octetsOf(piece)
  }
  const out: Uint8Array[] = []
  for await (const chunk of withLineEnding(chunks(), lineEnding)) out.push(chunk)
  return octetString(concat(out))
}

test('every string over CR, LF and x is converted, whole and cut everywhere', async () => {
  let strings = ['']
  for (let length = 0; length <= 6; length++) {
    for (const text of strings) {
      const want = text.replaceAll('\r\n', '\n')
      assert.equal(await convert([text], 'lf'), want)
      assert.equal(await convert([text], 'crlf'), text)
      for (let at = 1; at < text.length; at++) {
        assert.equal(await convert([text.slice(0, at), text.slice(at)], 'lf'), want)
      }
    }
    strings = strings.flatMap((text) => ['\r', '\n', 'x'].map((octet) => text + octet))
  }
})
