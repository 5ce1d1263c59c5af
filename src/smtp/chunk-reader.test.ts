import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { ChunkReader } from './chunk-reader.ts'

interface Facts {
  readonly bareNewline: boolean
  readonly nul: boolean
  readonly eightBit: boolean
}

function factsOf(pieces: readonly string[]): Facts {
  const reader = new ChunkReader()
  for (const piece of pieces) {
    const octets = octetsOf(piece)
    assert.equal(reader.push(octets), octets, 'nothing is changed')
    assert.equal(reader.consumed, octets.length)
  }
  reader.end()
  const { bareNewline, nul, eightBit } = reader
  return { bareNewline, nul, eightBit }
}

test('a CR or LF alone is seen in chunks cut anywhere, and a NUL and the eighth bit', () => {
  const alphabet = ['a', '\r', '\n', '\0', '\u007f', '\u0080', '\v']
  const texts = ['']
  // Every text of up to four of them, against what an expression says of the whole.
  for (let length = 0, from = 0; length < 4; length++) {
    const until = texts.length
    for (; from < until; from++) {
      for (const one of alphabet) texts.push((texts[from] ?? '') + one)
    }
  }
  assert.ok(texts.length > 2500)
  for (const text of texts) {
    const wanted = {
      bareNewline: /(?:^|[^\r])\n|\r(?!\n)/.test(text),
      nul: text.includes('\0'),
      eightBit: text.includes('\u0080'),
    }
    for (let cut = 0; cut <= text.length; cut++) {
      const pieces = [text.slice(0, cut), text.slice(cut)]
      assert.deepEqual(factsOf(pieces), wanted, JSON.stringify(pieces))
    }
  }
})
