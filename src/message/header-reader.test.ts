import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { concat } from '../base/octets.ts'
import { rawValue, unfoldedValue } from './field.ts'
import { HeaderReader, type HeaderProgress, splitMessage } from './header-reader.ts'

function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

/** What was read, as text that can be compared. */
function shown(progress: HeaderProgress, more: readonly Uint8Array[] = []): unknown {
  if (progress.type !== 'header') return progress
  const { header, body } = progress
  return {
    fields: header.fields.map((f) => [f.name, Buffer.from(f.raw).toString('latin1'), f.valueAt]),
    malformedAt: header.malformedAt,
    bodyOffset: header.bodyOffset,
    body: Buffer.from(concat([body, ...more])).toString('latin1'),
  }
}

/** Reads a message that comes in these chunks. */
function read(chunks: readonly Uint8Array[]): unknown {
  const reader = new HeaderReader()
  for (const [i, chunk] of chunks.entries()) {
    const progress = reader.push(chunk)
    if (progress.type !== 'more') return shown(progress, chunks.slice(i + 1))
  }
  return shown(reader.end())
}

const messages: readonly (readonly [what: string, text: string, names: readonly string[]])[] = [
  ['two fields and a body', 'From: a\r\nTo: b\r\n\r\nbody\r\n', ['from', 'to']],
  ['a folded field', 'Subject: a\r\n b\r\n\tc\r\nTo: d\r\n\r\n', ['subject', 'to']],
  ['a fold of nothing but white space', 'A: b\r\n \r\n\t\r\nC: d\r\n\r\nx', ['a', 'c']],
  ['no body and no empty line', 'From: a\r\nTo: b\r\n', ['from', 'to']],
  ['a last line that does not end', 'From: a\r\nTo: b', ['from', 'to']],
  ['an empty header', '\r\nbody', []],
  ['an empty message', '', []],
  ['white space before the colon', 'From \t: a\r\n\r\n', ['from']],
  ['bare line ends inside a value', 'A: b\nC: d\rE: f\r\n\r\n', ['a']],
  ['a line without a colon', 'From: a\r\nnonsense\r\nTo: b\r\n\r\n', ['from', 'to']],
  ['a header that begins with white space', '  no field\r\nTo: b\r\n\r\n', ['to']],
  ['an mbox line', 'From x@y Mon 10:00:00\r\nTo: b\r\n\r\n', ['to']],
  ['octets above 127', 'Subject: \xe4\xff\r\n\r\n\x80', ['subject']],
  ['an empty value', 'A:\r\nB: \r\n\r\n', ['a', 'b']],
]

for (const [what, text, names] of messages) {
  test(`${what}: the fields are found, wherever the message is cut`, () => {
    const message = octets(text)
    const { header, body } = splitMessage(message)
    assert.deepEqual(
      header.fields.map((field) => field.name),
      names,
    )
    const whole = shown({ type: 'header', header, body })
    assert.deepEqual(read([message]), whole)
    for (let cut = 0; cut <= message.length; cut++) {
      assert.deepEqual(read([message.subarray(0, cut), message.subarray(cut)]), whole, `cut ${cut}`)
    }
    assert.deepEqual(read(Array.from(message, (_, i) => message.subarray(i, i + 1))), whole)
  })
}

test('every message of up to six parts of a small alphabet reads the same whole and cut in two', () => {
  const alphabet = ['\r\n', '\r', '\n', ' ', 'a:', 'b']
  const visit = (text: string, depth: number): void => {
    const message = octets(text)
    const whole = read([message])
    for (let cut = 1; cut < message.length; cut++) {
      assert.deepEqual(read([message.subarray(0, cut), message.subarray(cut)]), whole)
    }
    if (depth < 5) for (const part of alphabet) visit(text + part, depth + 1)
  }
  visit('', 0)
})

test('the fields, the malformed lines, the empty line and the body are the whole message', () => {
  const part = fc.constantFrom('A: b', 'From : c', '\r\n', ' d', '\t', 'nonsense', '\n', '\r', ':')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const message = octets(parts.join(''))
      const { header, body } = splitMessage(message)
      assert.deepEqual(message.subarray(header.bodyOffset), body)
      let at = 0
      for (const field of header.fields) {
        assert.equal(field.raw[field.valueAt - 1], 58)
        // The fields come in their order, with nothing but malformed lines between them.
        const found = Buffer.from(message).indexOf(field.raw, at)
        if (found > at) assert.ok(header.malformedAt.includes(at))
        assert.ok(found >= at)
        at = found + field.raw.length
      }
      assert.ok(at <= header.bodyOffset)
    }),
  )
})

test('a header past the limit is a problem as soon as it is past it', () => {
  const reader = new HeaderReader({ maxOctets: 10, maxFields: 10 })
  assert.deepEqual(reader.push(octets('A: b\r\n')), { type: 'more' })
  assert.deepEqual(reader.push(octets('C: d\r\n')), {
    type: 'problem',
    problem: { type: 'too-long', maxOctets: 10 },
  })
})

test('a header that ends past the limit within one chunk is a problem, a long body is none', () => {
  const limits = { maxOctets: 10, maxFields: 10 }
  assert.equal(new HeaderReader(limits).push(octets('A: bcdefgh\r\n\r\n')).type, 'problem')
  assert.equal(new HeaderReader(limits).push(octets('A: b\r\n\r\nlong body here')).type, 'header')
})

test('too many fields are a problem', () => {
  const reader = new HeaderReader({ maxOctets: 1000, maxFields: 2 })
  const progress = reader.push(octets('A: b\r\nC: d\r\nE: f\r\n\r\n'))
  assert.deepEqual(progress, {
    type: 'problem',
    problem: { type: 'too-many-fields', maxFields: 2 },
  })
})

test('a value unfolds to one line without white space around it', () => {
  const [field] = splitMessage(octets('Subject: \t a\r\n  b \r\n\tc \r\n\r\n')).header.fields
  assert.ok(field !== undefined)
  assert.equal(rawValue(field), ' \t a\r\n  b \r\n\tc ')
  assert.equal(unfoldedValue(field), 'a  b \tc')
})

test('a value of a million spaces between two letters unfolds in no time', () => {
  const [field] = splitMessage(octets(`A: b${' '.repeat(1 << 20)}c\r\n\r\n`)).header.fields
  assert.ok(field !== undefined)
  assert.equal(unfoldedValue(field).length, (1 << 20) + 2)
})

test('ten thousand folds and ten thousand fields are read in one go', () => {
  const folds = `A: b${'\r\n c'.repeat(10_000)}\r\n`
  const fields = 'Received: x\r\n'.repeat(10_000)
  const { header } = splitMessage(octets(`${folds}${fields}\r\n`))
  assert.equal(header.fields.length, 10_001)
})

test('a field may be so long, and all fields that name senders together', () => {
  const fields = { maxOctets: 40, maxSenderOctets: 30 }
  const read = (text: string): unknown => {
    const progress = new HeaderReader({ maxOctets: 1000, maxFields: 100, fields }).push(
      octets(`${text}\r\n\r\n`),
    )
    return progress.type === 'problem' ? progress.problem : progress.type
  }
  const tooLong = (field: string, maxOctets: number): unknown => {
    return { type: 'field-too-long', field, maxOctets }
  }
  const of = (name: string, length: number): string => {
    return `${name}: ${'x'.repeat(length - name.length - 4)}`
  }
  assert.equal(read(of('Subject', 40)), 'header')
  assert.deepEqual(read(of('Subject', 41)), tooLong('subject', 40))
  assert.equal(read(of('From', 30)), 'header')
  assert.deepEqual(read(of('From', 31)), tooLong('from', 30))
  assert.deepEqual(read(of('Sender', 31)), tooLong('sender', 30))
  assert.deepEqual(read(of('Resent-From', 31)), tooLong('resent-from', 30))
  const two = `${of('From', 15)}\r\n${of('Subject', 40)}\r\n`
  assert.equal(read(two + of('Resent-To', 15)), 'header')
  assert.deepEqual(read(two + of('From', 16)), tooLong('from', 30))
  // A fold counts, and what is no field does not.
  assert.deepEqual(read(`From: ${'x'.repeat(10)}\r\n ${'x'.repeat(12)}`), tooLong('from', 30))
  assert.equal(read(`${'x'.repeat(60)}`), 'header')
})

test('without limits for fields one may be as long as the header', () => {
  const header = octets(`From: ${'x'.repeat(500_000)}\r\n\r\n`)
  assert.equal(new HeaderReader().push(header).type, 'header')
})
