import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLine, JsonLineReader, type ReadLines } from './json-lines.ts'

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All values, of a text cut into pieces of one size. */
function read(text: string, size: number, max = 100): readonly unknown[] | ReadLines['type'] {
  const reader = new JsonLineReader(max)
  const bytes = octets(text)
  const values: unknown[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const got = reader.push(bytes.subarray(at, at + size))
    if (got.type !== 'values') return got.type
    values.push(...got.values)
  }
  return values
}

test('lines are values, cut anywhere, and half a line is none yet', () => {
  const text = `${jsonLine({ name: 'Jürgen' })}${jsonLine(null)}${jsonLine([1, 2])}"half`
  for (let size = 1; size <= octets(text).length; size++) {
    assert.deepEqual(read(text, size), [{ name: 'Jürgen' }, null, [1, 2]], `in pieces of ${size}`)
  }
})

test('a line may be as long as was said and no longer, with its end or without', () => {
  const line = (length: number): string => `"${'x'.repeat(length - 2)}"\n`
  for (const size of [1, 7, 1000]) {
    assert.deepEqual(read(`${line(10)}${line(10)}`, size, 10), ['xxxxxxxx', 'xxxxxxxx'])
    assert.equal(read(line(11), size, 10), 'too-long')
    assert.equal(read(`1\n${line(11)}`, size, 10), 'too-long')
    assert.equal(read('"xxxxxxxxxx', size, 10), 'too-long')
  }
})

test('what is no JSON is said to be none', () => {
  for (const text of ['{\n', '\n', 'GET / HTTP/1.1\r\n', '1 2\n']) {
    assert.equal(read(text, 3), 'no-json', text)
  }
})
