import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { octetString, octetsOf } from '../base/octets.ts'
import type { Part } from './part.ts'
import { PartReader, readParts } from './tree.ts'

/** Lines as a message has them. */
function message(...lines: readonly string[]): Uint8Array {
  return octetsOf(lines.join('\r\n'))
}

/** The parts as an outline, each with what its body is. */
function outline(octets: Uint8Array): readonly string[] {
  return readParts(octets).parts.map((part) => {
    return `${'  '.repeat(part.depth)}${part.type} ${JSON.stringify(bodyOf(octets, part))}`
  })
}

function bodyOf(octets: Uint8Array, { at, size }: Part): string {
  const body = octetString(octets, at, at + size)
  return body.length > 22 ? '…' : body
}

const cases: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['a plain message', message('Subject: x', '', 'Hello', ''), ['text/plain "Hello\\r\\n"']],
  ['a message without a body', message('Subject: x', ''), ['text/plain ""']],
  ['nothing at all', message(''), ['text/plain ""']],
  ['lines that end with LF', octetsOf('Content-Type: text/html\n\nHi\n'), ['text/html "Hi\\n"']],
  [
    'two parts, with text before and behind them',
    message(
      'Content-Type: multipart/alternative; boundary="a b"',
      '',
      'before',
      '--a b  ',
      '',
      'one',
      '--a b',
      'Content-Type: text/html',
      '',
      'two',
      '',
      '--a b--',
      'behind',
    ),
    ['multipart/alternative "…"', '  text/plain "one"', '  text/html "two\\r\\n"'],
  ],
  [
    'a multipart whose end is missing, in one whose end is there',
    message(
      'Content-Type: multipart/mixed; boundary=out',
      '',
      '--out',
      'Content-Type: multipart/related; boundary=in',
      '',
      '--in',
      '',
      'a',
      '--out',
      '',
      'b',
      '--out--',
    ),
    [
      'multipart/mixed "…"',
      '  multipart/related "--in\\r\\n\\r\\na"',
      '    text/plain "a"',
      '  text/plain "b"',
    ],
  ],
  [
    'no end at all',
    message('Content-Type: multipart/mixed; boundary=x', '', '--x', '', 'a'),
    ['multipart/mixed "--x\\r\\n\\r\\na"', '  text/plain "a"'],
  ],
  [
    'an end that has a CR behind it, and no LF',
    octetsOf('Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r'),
    ['multipart/mixed "--x\\r\\n\\r\\na\\r\\n--x--\\r"', '  text/plain "a"'],
  ],
  [
    'a header that ends with the next part',
    message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'A: b',
      '--x',
      '',
      'c',
      '--x--',
    ),
    ['multipart/mixed "…"', '  text/plain ""', '  text/plain "c"'],
  ],
  [
    'boundaries that begin alike',
    message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: multipart/mixed; boundary=xy',
      '',
      '--xy',
      '',
      'a',
      '--xy--',
      '--x--',
    ),
    [
      'multipart/mixed "…"',
      '  multipart/mixed "--xy\\r\\n\\r\\na\\r\\n--xy--"',
      '    text/plain "a"',
    ],
  ],
  [
    'the same boundary within itself: the innermost is meant until it ends',
    message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'a',
      '--x--',
      '--x',
      '',
      'b',
      '--x--',
    ),
    [
      'multipart/mixed "…"',
      '  multipart/mixed "--x\\r\\n\\r\\na\\r\\n--x--"',
      '    text/plain "a"',
      '  text/plain "b"',
    ],
  ],
  [
    'a part that begins with its text',
    message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'No header',
      'a: b',
      '',
      'c',
      '--x',
      'Content-Type: text/html',
      'but here',
      '',
      'c',
      '--x--',
    ),
    ['multipart/mixed "…"', '  text/plain "No header\\r\\na: b\\r\\n\\r\\nc"', '  text/html "c"'],
  ],
  [
    'a message that begins with no header keeps its empty line',
    message('no header', '', 'a'),
    ['text/plain "a"'],
  ],
  [
    'a multipart without a boundary is one part',
    message('Content-Type: multipart/mixed', '', '--x', '', 'a'),
    ['multipart/mixed "--x\\r\\n\\r\\na"'],
  ],
  [
    'an enclosed message',
    message('Content-Type: message/rfc822', '', 'Content-Type: text/html', '', 'hi'),
    ['message/rfc822 "…"', '  text/html "hi"'],
  ],
  [
    'an enclosed message in base64 stays closed',
    message('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'QQ=='),
    ['message/rfc822 "QQ=="'],
  ],
  [
    'a digest holds messages (RFC 2046 §5.1.5)',
    message('Content-Type: multipart/digest; boundary=x', '', '--x', '', 'A: b', '', 'c', '--x--'),
    ['multipart/digest "…"', '  message/rfc822 "A: b\\r\\n\\r\\nc"', '    text/plain "c"'],
  ],
  [
    'S/MIME is a leaf (RFC 8551 §3.2)',
    message('Content-Type: application/pkcs7-mime; smime-type=signed-data', '', 'MII='),
    ['application/pkcs7-mime "MII="'],
  ],
]

for (const [name, octets, expected] of cases) {
  test(name, () => assert.deepEqual(outline(octets), expected))
}

test('more parts than are shown is told, and what is shown has its place', () => {
  const lines = ['Content-Type: multipart/mixed; boundary=x', '']
  for (let n = 0; n < 12_000; n++) lines.push('--x', '', String(n))
  const octets = message(...lines, '--x--')
  const { parts, more } = readParts(octets)
  assert.equal(more, true)
  assert.equal(parts.length, 10_000)
  const [whole] = parts
  assert.equal((whole?.at ?? 0) + (whole?.size ?? 0), octets.length)
  const [last] = parts.slice(-1)
  assert.ok(last !== undefined)
  assert.equal(bodyOf(octets, last), '9998')
})

test('as many as are shown are not more', () => {
  const lines = ['Content-Type: multipart/mixed; boundary=x', '']
  for (let n = 0; n < 9999; n++) lines.push('--x', '', '')
  assert.deepEqual(
    [readParts(message(...lines, '--x--'))].map(({ more, parts }) => [more, parts.length]),
    [[false, 10_000]],
  )
})

for (const [name, header] of [
  ['multiparts', (n: number) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`],
  ['enclosed messages', () => 'Content-Type: message/rfc822\r\n\r\n'],
] as const) {
  test(`${name} nested deeper than 100 are shown as one`, () => {
    const deep = Array.from({ length: 5000 }, (_, n) => header(n)).join('')
    const { parts, more } = readParts(octetsOf(deep))
    assert.equal(more, true)
    assert.equal(parts.length, 100)
    assert.deepEqual(
      parts.map(({ n, parent, depth }) => [n, parent, depth]),
      parts.map((_, n) => [n, n === 0 ? undefined : n - 1, n]),
    )
  })
}

test('a message of boundary lines alone, and a header without an end, cost one pass', () => {
  const dashes = `Content-Type: multipart/mixed; boundary=x\r\n\r\n${'--y\r\n'.repeat(400_000)}`
  assert.equal(readParts(octetsOf(dashes)).parts.length, 1)
  const header = `Content-Type: text/html;\r\n${' a=b;\r\n'.repeat(400_000)}`
  assert.equal(readParts(octetsOf(header)).parts[0]?.type, 'text/html')
})

/** Words that make up messages, so that what is put together at random has parts. */
const pieces = [
  'Content-Type: multipart/mixed; boundary=x',
  'Content-Type: multipart/digest; boundary="x y"',
  'Content-Type: message/rfc822',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename="a/b"',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '--x',
  '--x--',
  '--x y',
  '--x y--',
  ' ',
  'text',
]

test('whatever stands in a message, its parts lie within it and within what holds them', () => {
  const anything = fc.array(fc.constantFrom(...pieces), { maxLength: 60 })
  fc.assert(
    fc.property(anything, (chosen) => {
      const octets = octetsOf(chosen.join(''))
      const { parts } = readParts(octets)
      assert.ok(parts.length > 0)
      for (const [index, part] of parts.entries()) {
        assert.equal(part.n, index)
        assert.ok(part.headerAt <= part.at && part.at + part.size <= octets.length)
        const parent = part.parent === undefined ? undefined : parts[part.parent]
        if (parent === undefined) continue
        assert.equal(part.depth, parent.depth + 1)
        assert.ok(parent.at <= part.headerAt)
        assert.ok(part.at + part.size <= parent.at + parent.size)
      }
    }),
    { numRuns: 500 },
  )
})

test('a message cut anywhere has the parts that the whole one has', () => {
  const [, whole = new Uint8Array(0)] = cases[5] ?? []
  const all = readParts(whole).parts
  for (let length = 0; length <= whole.length; length++) {
    const { parts } = readParts(whole.subarray(0, length))
    // The line that ends a multipart begins a part as long as its last dashes are missing.
    assert.ok(parts.length <= all.length + 1)
    for (const part of parts.slice(0, all.length)) {
      // The header of the last one may begin where the cut is.
      assert.equal(part.headerAt, Math.min(length, all[part.n]?.headerAt ?? 0))
    }
  }
})

test('however a message is cut on its way in, its parts are those of the whole (property)', () => {
  const anything = fc.array(fc.constantFrom(...pieces), { maxLength: 40 })
  const cuts = fc.array(fc.nat(40), { maxLength: 12 })
  fc.assert(
    fc.property(anything, cuts, (chosen, lengths) => {
      const octets = octetsOf(chosen.join(''))
      const reader = new PartReader()
      let at = 0
      for (const length of lengths) {
        const chunk = octets.slice(at, at + length)
        reader.push(chunk)
        // The place of a chunk is used again.
        chunk.fill(0x2d)
        at += length
      }
      reader.push(octets.subarray(at))
      assert.deepEqual(reader.end(), readParts(octets))
    }),
    { numRuns: 500 },
  )
})

test('lines without an end are held in short', () => {
  const reader = new PartReader()
  reader.push(octetsOf('Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n'))
  const many = octetsOf('-'.repeat(65_536))
  for (let n = 0; n < 64; n++) reader.push(many)
  reader.push(octetsOf('\r\n--x--\r\n'))
  assert.deepEqual(
    reader.end().parts.map(({ size }) => size),
    [5 + 2 + 64 * 65_536 + 2 + 7, 64 * 65_536],
  )
})
