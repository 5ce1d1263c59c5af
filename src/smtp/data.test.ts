import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, octetString, octetsOf } from '../base/octets.ts'
import { DataDecoder } from './data-decoder.ts'
import { DataEncoder } from './data-encoder.ts'

interface Decoded {
  readonly content: string
  readonly done: boolean
  readonly consumed: number
  readonly bareNewline: boolean
}

/** RFC 5321 §4.5.2 as one would say it aloud: slow and obvious. */
function oracle(wire: string): Decoded {
  const end = wire.startsWith('.\r\n') ? 0 : wire.indexOf('\r\n.\r\n') + 2
  const done = wire.startsWith('.\r\n') || end >= 2
  const stuffed = done ? wire.slice(0, end) : wire
  const content = stuffed
    .split('\r\n')
    .map((line) => (line.startsWith('.') ? line.slice(1) : line))
    .join('\r\n')
  const bareNewline = /\r(?!\n)|(?<!\r)\n/.test(stuffed)
  return { content, done, consumed: done ? end + 3 : wire.length, bareNewline }
}

function decode(pieces: readonly string[]): Decoded {
  const decoder = new DataDecoder()
  let content = ''
  let consumed = 0
  for (const piece of pieces) {
    if (decoder.done) break
    content += octetString(decoder.push(octetsOf(piece)))
    consumed += decoder.consumed
  }
  return { content, done: decoder.done, consumed, bareNewline: decoder.bareNewline }
}

function* stringsUpTo(length: number, alphabet: string): Generator<string> {
  let level = ['']
  for (let n = 0; n <= length; n++) {
    yield* level
    level = level.flatMap((text) => Array.from(alphabet, (char) => text + char))
  }
}

/** What is not decided yet is not compared: a CR at the end, or a dot and CR that may be the end. */
function undecided(wire: string): boolean {
  return /(?:^|\r\n)\.\r$|\r$/.test(wire)
}

test('every string over CR, LF, dot and a decodes as the oracle says, whole and cut anywhere', () => {
  let cases = 0
  for (const wire of stringsUpTo(8, '\r\n.a')) {
    const expected = oracle(wire)
    const cuts: string[][] = [[wire], Array.from(wire)]
    for (let at = 1; at < wire.length; at++) cuts.push([wire.slice(0, at), wire.slice(at)])
    const wholeAnswer = decode([wire])
    for (const pieces of cuts) {
      const got = decode(pieces)
      cases++
      // Nothing may hang on the cut; compared by fields, deepEqual is slow 800,000 times.
      const same =
        got.content === wholeAnswer.content &&
        got.done === wholeAnswer.done &&
        got.consumed === wholeAnswer.consumed &&
        got.bareNewline === wholeAnswer.bareNewline
      if (!same) assert.deepEqual({ pieces, ...got }, { pieces, ...wholeAnswer })
    }
    if (expected.done || !undecided(wire)) {
      if (
        wholeAnswer.content !== expected.content ||
        wholeAnswer.done !== expected.done ||
        wholeAnswer.consumed !== expected.consumed ||
        wholeAnswer.bareNewline !== expected.bareNewline
      ) {
        assert.deepEqual({ wire, ...wholeAnswer }, { wire, ...expected })
      }
    }
  }
  assert.ok(cases > 700_000)
})

test('an end behind every string ends it there, and nowhere before but at a true end', () => {
  for (const text of stringsUpTo(6, '\r\n.a')) {
    const wire = `${text}\r\n.\r\nQUIT\r\n`
    const got = decode(Array.from(wire))
    const expected = oracle(wire)
    if (JSON.stringify(got) !== JSON.stringify(expected)) assert.deepEqual(got, expected)
  }
})

const smuggled: readonly (readonly [string, string])[] = [
  ['LF . LF', 'a\n.\nMAIL'],
  ['LF . CRLF', 'a\n.\r\nMAIL'],
  ['CRLF . LF', 'a\r\n.\nMAIL'],
  ['CR . CR', 'a\r.\rMAIL'],
  ['CRLF . CR', 'a\r\n.\rMAIL'],
  ['CRLF . CR CR LF', 'a\r\n.\r\r\nMAIL'],
  ['CR CR LF . CR LF', 'a\r.\r\nMAIL'],
  ['CRLF NUL . CRLF', 'a\r\n\0.\r\nMAIL'],
  ['CRLF . NUL CRLF', 'a\r\n.\0\r\nMAIL'],
]
for (const [name, wire] of smuggled) {
  test(`${name} does not end a message (smuggling)`, () => {
    const got = decode([wire])
    assert.equal(got.done, false)
    assert.equal(got.consumed, wire.length)
    assert.equal(got.bareNewline, /\r(?!\n)|(?<!\r)\n/.test(wire))
  })
}

test('content without a dot at a line start is given back without a copy', () => {
  const decoder = new DataDecoder()
  const wire = octetsOf('Subject: a.b\r\n\r\ntext\r\n.\r\nQUIT\r\n')
  const content = decoder.push(wire)
  assert.equal(content.buffer, wire.buffer)
  assert.equal(octetString(content), 'Subject: a.b\r\n\r\ntext\r\n')
  assert.equal(decoder.consumed, wire.length - 'QUIT\r\n'.length)
})

test('NUL and octets over 127 pass and are reported', () => {
  const decoder = new DataDecoder()
  assert.deepEqual([decoder.nul, decoder.eightBit], [false, false])
  assert.equal(octetString(decoder.push(octetsOf('a\0b\r\n'))), 'a\0b\r\n')
  assert.deepEqual([decoder.nul, decoder.eightBit], [true, false])
  assert.equal(octetString(decoder.push(octetsOf('caf\xe9\r\n'))), 'caf\xe9\r\n')
  assert.deepEqual([decoder.nul, decoder.eightBit], [true, true])
})

test('a push after the end is a bug of the caller', () => {
  const decoder = new DataDecoder()
  decoder.push(octetsOf('.\r\n'))
  assert.throws(() => decoder.push(octetsOf('x')), /push after end/)
})

/** Content as it must arrive: each bare CR or LF became CRLF, and the last line has its end. */
function normalized(content: string): string {
  const lines = content.replace(/\r\n|\r|\n/g, '\r\n')
  return lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`
}

function encode(pieces: readonly string[]): { readonly wire: string } {
  const encoder = new DataEncoder()
  const parts = pieces.map((piece) => encoder.push(octetsOf(piece)))
  const wire = octetString(concat([...parts, encoder.end()]))
  return { wire }
}

test('every string over CR, LF, dot and a comes back from the decoder, encoded in any pieces', () => {
  for (const content of stringsUpTo(7, '\r\n.a')) {
    const whole = encode([content])
    const cuts = [Array.from(content)]
    for (let at = 1; at < content.length; at++) cuts.push([content.slice(0, at), content.slice(at)])
    for (const pieces of cuts) {
      const cut = encode(pieces)
      if (cut.wire !== whole.wire) assert.deepEqual({ pieces, ...cut }, { pieces, ...whole })
    }
    const back = decode([whole.wire])
    const wanted = normalized(content)
    const right =
      back.done &&
      !back.bareNewline &&
      back.content === wanted &&
      back.consumed === whole.wire.length
    if (!right) assert.deepEqual({ from: content, ...back }, { from: content, wanted, ...whole })
  }
})

test('content that needs nothing is sent without a copy', () => {
  const encoder = new DataEncoder()
  const content = octetsOf('a.b\r\nc\r\n')
  assert.equal(encoder.push(content), content)
})

test('any octets come back from encoder and decoder, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (pieces) => {
      const { wire } = encode(pieces.map((piece) => octetString(piece)))
      const back = decode([wire])
      assert.ok(back.done)
      assert.equal(back.content, normalized(pieces.map((piece) => octetString(piece)).join('')))
    }),
  )
})

test('long runs of stuffed lines stay linear', () => {
  const decoder = new DataDecoder()
  const line = '..\r\n'.repeat(100_000)
  assert.equal(decoder.push(octetsOf(line)).length, 300_000)
  assert.equal(octetString(decoder.push(octetsOf('.\r\n'))), '')
  assert.ok(decoder.done)
})
