import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf, octetString } from '../base/octets.ts'
import { type MessageHeader, splitMessage } from './header-reader.ts'
import {
  missingEmptyLine,
  postmarkOctets,
  privateFields,
  rewriteHeader,
} from './submitted-header.ts'

const x = (count: number): string => 'x'.repeat(count)

function headerOf(...lines: readonly string[]): MessageHeader {
  return splitMessage(octetsOf(`${lines.join('\r\n')}\r\n\r\nbody\r\n`)).header
}

test('who got a blind copy and where mail comes back to is for nobody else', () => {
  const { fields } = headerOf(
    'Bcc: a',
    'BCC:b',
    'To: c',
    'Resent-Bcc: d',
    'Return-Path: <>',
    'X-Bcc: e',
  )
  const names = privateFields(fields).map(({ name }) => name)
  assert.deepEqual(names, ['bcc', 'bcc', 'resent-bcc', 'return-path'])
})

test('a header is written anew without some fields, and all else where it was', () => {
  const header = headerOf('To: a', 'no field', 'Bcc: b,', ' c', 'Subject: d', 'Date : e')
  const without = privateFields(header.fields)
  const written = rewriteHeader(header, { without })
  assert.ok(written.type === 'header')
  assert.equal(octetString(written.octets), 'To: a\r\nno field\r\nSubject: d\r\nDate : e\r\n\r\n')
  assert.deepEqual(
    written.fields.map(({ name }) => name),
    ['to', 'subject', 'date'],
  )
  assert.deepEqual(written.folded, [])
  const same = rewriteHeader(header, { without: [] })
  assert.ok(same.type === 'header')
  assert.equal(octetString(same.octets), octetString(header.octets))
  assert.deepEqual(same.fields, header.fields)
})

test('fields are folded in their place, and told', () => {
  const header = headerOf('A: b', `References: ${x(600)} ${x(600)}`, 'C: d')
  const written = rewriteHeader(header, { without: [] })
  assert.ok(written.type === 'header')
  assert.equal(
    octetString(written.octets),
    `A: b\r\nReferences:\r\n ${x(600)}\r\n ${x(600)}\r\nC: d\r\n\r\n`,
  )
  assert.deepEqual(written.folded, ['references'])
  const raws = written.fields.map(({ raw }) => octetString(raw)).join('')
  assert.equal(`${raws}\r\n`, octetString(written.octets))
})

test('a long line that cannot be folded is told by its field, unless the field goes', () => {
  const long = [`Subject: ${x(1000)}`, `Bcc: ${x(1000)}`]
  const header = headerOf('A: b', ...long)
  const without = privateFields(header.fields)
  assert.deepEqual(rewriteHeader(header, { without }), { type: 'too-long', field: 'subject' })
  const both = [...without, ...header.fields.filter(({ name }) => name === 'subject')]
  assert.equal(rewriteHeader(header, { without: both }).type, 'header')
  for (const lines of [[x(999)], ['A: b', x(999)], [x(999), 'A: b']]) {
    const wrong = rewriteHeader(headerOf(...lines), { without: [] })
    assert.deepEqual(wrong, { type: 'too-long', field: '' })
  }
  assert.equal(rewriteHeader(headerOf(x(998), 'A: b'), { without: [] }).type, 'header')
})

test('the line that divides an mbox is known in front of a header, and nowhere else', () => {
  const line = 'From anna@north.example Thu Nov 26 10:00:00 2026'
  const table: readonly (readonly [readonly string[], number])[] = [
    [[line, 'To: a'], line.length + 2],
    [[`>${line}`, 'To: a'], line.length + 3],
    [[`>${line}`, line, 'To: a'], 2 * line.length + 5],
    [['From ', 'To: a'], 7],
    [['To: a', line], 0],
    [['no field', line, 'To: a'], 0],
    [['From: a', 'To: a'], 0],
    [['From : a'], 0],
    [['From', 'To: a'], 0],
    [['>>From x'], 0],
    [['FROM x', 'To: a'], 0],
    [['xFrom x'], 0],
    [[' From x'], 0],
  ]
  for (const [lines, wanted] of table) {
    const header = headerOf(...lines)
    assert.equal(postmarkOctets(header), wanted, lines.join('|'))
    const written = rewriteHeader(header, { without: [], begin: wanted })
    assert.ok(written.type === 'header')
    assert.equal(octetString(written.octets), octetString(header.octets).slice(wanted))
  }
  // A line that goes on is longer than itself; one without an end is all there is.
  const folded = headerOf(line, ' more', 'To: a')
  assert.equal(postmarkOctets(folded), line.length + 2)
  assert.equal(postmarkOctets(splitMessage(octetsOf(line)).header), line.length)
})

test('what lacks of the empty line behind a header is known', () => {
  for (const [text, missing] of [
    ['To: a\r\n\r\n', ''],
    ['\r\n', ''],
    ['\r\n\r\n', ''],
    ['', '\r\n'],
    ['To: a\r\n', '\r\n'],
    ['a\r\n', '\r\n'],
    ['To: a', '\r\n\r\n'],
    ['a\r', '\r\n\r\n'],
  ] as const) {
    assert.equal(missingEmptyLine(octetsOf(text)), missing, JSON.stringify(text))
  }
})
