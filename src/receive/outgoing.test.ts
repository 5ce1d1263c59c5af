import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { octetsOf, octetString } from '../base/octets.ts'
import type { Identities } from '../directory/directory.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { splitMessage } from '../dkim/dkim.ts'
import { passwordMark } from '../io/password.ts'
import { type Outgoing, prepareOutgoing } from './outgoing.ts'

const account = { address: 'anna@north.example', aliases: [], passwordHash: 'x' }
const { privateKey } = generateKeyPairSync('ed25519')
const directory = directoryOf([account], (domain) => [
  { domain, selector: 'w1', privateKey, algorithm: 'ed25519-sha256' },
  { domain, selector: 'w2', privateKey },
])
const asked = directory.identities({
  id: account.address,
  address: account.address,
  passwordMark: passwordMark(account.passwordHash),
})
assert.ok(asked !== undefined)
const identities: Identities = asked

const complete =
  'Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <x@north.example>\r\nFrom: Anna <anna@north.example>\r\n'

function prepare(header: string, { mailFrom = account.address, keys = true } = {}): Outgoing {
  return prepareOutgoing(splitMessage(octetsOf(header)).header, {
    mailFrom,
    hostname: 'mx.north.example',
    identities: keys ? identities : { ...identities, covers: () => true, signingKeys: () => [] },
    now: Date.UTC(2026, 10, 26),
    random: () => 0.5,
  })
}

/** What stands in the message that goes out, below the fields that are added. */
function sent(header: string, outgoing: Outgoing): string {
  let [rest, at] = ['', 0]
  for (const [start, end] of outgoing.omit) {
    rest += header.slice(at, start)
    at = end
  }
  return octetString(outgoing.rewritten) + rest + header.slice(at)
}

test('a header that lacks nothing goes out as it came', () => {
  const header = `${complete}\r\n`
  const outgoing = prepare(header)
  assert.equal(sent(header, outgoing), header)
  assert.deepEqual(outgoing.omit, [])
  assert.equal(outgoing.rewritten.length, 0)
  assert.equal(outgoing.completion.prefix, '')
  assert.equal(outgoing.problem, undefined)
  assert.deepEqual(outgoing.removed, [])
  assert.deepEqual(outgoing.folded, [])
  assert.equal(outgoing.ended, false)
})

test('it is signed with every key of the author’s domain, and with none where there is none', () => {
  const outgoing = prepare(`${complete}\r\n`, { mailFrom: '' })
  assert.equal(outgoing.domain, 'north.example')
  assert.ok(outgoing.signer !== undefined)
  assert.deepEqual(outgoing.keys, [
    { selector: 'w1', algorithm: 'ed25519-sha256' },
    { selector: 'w2', algorithm: '' },
  ])
  const unsigned = prepare(`${complete}\r\n`, { keys: false })
  assert.equal(unsigned.signer, undefined)
  assert.deepEqual(unsigned.keys, [])
})

test('without a From it is the sender’s, and signed for the sender’s domain', () => {
  const outgoing = prepare('Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\n')
  assert.deepEqual(outgoing.completion.added, ['Message-ID', 'From'])
  assert.match(outgoing.completion.prefix, /^From: <anna@north\.example>\r$/m)
  assert.match(outgoing.completion.messageId, /@north\.example>$/)
  assert.equal(outgoing.domain, 'north.example')
})

test('a date that is added is that of this moment, in UTC', () => {
  const { completion } = prepare('From: anna@north.example\r\n\r\n')
  assert.deepEqual(completion.added, ['Date', 'Message-ID'])
  assert.match(completion.prefix, /^Date: Thu, 26 Nov 2026 00:00:00 \+0000\r$/m)
})

test('a letter of nobody gets an id of this server, no From, and is not sent without one', () => {
  const outgoing = prepare('Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\n', {
    mailFrom: '',
    keys: false,
  })
  assert.match(outgoing.completion.messageId, /@mx\.north\.example>$/)
  assert.doesNotMatch(outgoing.completion.prefix, /^From:/m)
  assert.deepEqual(outgoing.problem, { type: 'no-author' })
  assert.deepEqual(prepare('From:\r\n\r\n', { mailFrom: '', keys: false }).problem, {
    type: 'no-address',
    field: 'From',
    found: '',
  })
  assert.equal(prepare(`${complete}\r\n`, { mailFrom: '' }).problem, undefined)
})

test('fields that nobody else may see are left out, and nothing else is written anew', () => {
  const header = `Bcc: a@east.example\r\n${complete}Return-Path: <x@y.example>\r\nbcc: b@east.example\r\nSubject: Hi\r\n\r\n`
  const outgoing = prepare(header)
  assert.equal(sent(header, outgoing), `${complete}Subject: Hi\r\n\r\n`)
  assert.equal(outgoing.rewritten.length, 0)
  assert.equal(outgoing.omit.length, 3)
  assert.deepEqual(outgoing.removed, ['bcc', 'return-path'])
})

test('a field that is unreadable makes place for the one that is added, where it stands', () => {
  const header = `Bcc: a@east.example\r\nFrom: anna@north.example\r\nDate: yesterday\r\nMessage-ID: <x@north.example>\r\nBcc: b@east.example\r\n\r\n`
  const outgoing = prepare(header)
  assert.equal(
    sent(header, outgoing),
    'From: anna@north.example\r\nMessage-ID: <x@north.example>\r\n\r\n',
  )
  // In the order in which they stand, whatever they were left out for.
  assert.deepEqual(
    outgoing.omit.map(([start]) => start),
    outgoing.omit.map(([start]) => start).toSorted((a, b) => a - b),
  )
  // It is replaced, not taken away.
  assert.deepEqual(outgoing.removed, ['bcc'])
})

test('the line of an mbox before the header is left out', () => {
  const postmark = 'From anna@north.example Thu Nov 26 10:00:00 2026\r\n'
  const header = `${postmark}${complete}\r\n`
  const outgoing = prepare(header)
  assert.equal(sent(header, outgoing), `${complete}\r\n`)
  assert.deepEqual(outgoing.omit, [[0, postmark.length]])
  assert.deepEqual(outgoing.removed, ['mbox from line'])
  // Where the header is written anew, too.
  const long = `${postmark}${complete}To: ${'b@east.example, '.repeat(100)}c@east.example\r\n\r\n`
  assert.ok(sent(long, prepare(long)).startsWith('Date: '))
})

test('one field with a line that is too long has the header written anew, with short lines', () => {
  const header = `Bcc: x@east.example\r\n${complete}To: ${'b@east.example, '.repeat(100)}c@east.example\r\n\r\n`
  const outgoing = prepare(header)
  assert.deepEqual(outgoing.folded, ['to'])
  assert.deepEqual(outgoing.omit, [[0, header.length]])
  assert.equal(outgoing.ended, false)
  const out = sent(header, outgoing)
  assert.ok(out.split('\r\n').every((line) => line.length <= 998))
  assert.ok(out.endsWith('c@east.example\r\n\r\n'))
  assert.ok(!out.includes('x@east.example'))
})

test('a line that has no place to fold it at is the problem, with the name of its field', () => {
  assert.deepEqual(prepare(`${complete}X-Long: ${'x'.repeat(1000)}\r\n\r\n`).problem, {
    type: 'long-line',
    field: 'x-long',
  })
})

test('a header without its empty line gets one', () => {
  const outgoing = prepare(complete)
  assert.equal(sent(complete, outgoing), `${complete}\r\n`)
  assert.equal(outgoing.ended, true)
})

test('who writes in the name of somebody else is told in which field, and of the first alone', () => {
  const without = complete.replace(/From: .*\r\n/, '')
  const cases: readonly [fields: string, problem: Outgoing['problem']][] = [
    [
      'From: eve@north.example\r\n',
      { type: 'foreign', field: 'From', address: 'eve@north.example' },
    ],
    [
      'From: anna@north.example\r\nSender: eve@east.example\r\n',
      { type: 'foreign', field: 'Sender', address: 'eve@east.example' },
    ],
    [
      'From: anna@north.example, eve@north.example\r\n',
      { type: 'foreign', field: 'From', address: 'eve@north.example' },
    ],
    ['From: anna\r\n', { type: 'no-address', field: 'From', found: 'anna' }],
    ['From: anna@north.example\r\nFrom: eve@north.example\r\n', { type: 'two-authors' }],
    [
      'From: PayPal Support:;\r\n',
      { type: 'no-address', field: 'From', found: 'PayPal Support:;' },
    ],
    ['From: (PayPal)\r\n', { type: 'no-address', field: 'From', found: '(PayPal)' }],
    ['From: ,\r\n', { type: 'no-address', field: 'From', found: ',' }],
    // Somebody else is the better reason.
    [
      'From: Support:;\r\nSender: eve@east.example\r\n',
      { type: 'foreign', field: 'Sender', address: 'eve@east.example' },
    ],
  ]
  for (const [fields, problem] of cases) {
    assert.deepEqual(prepare(`${without}${fields}\r\n`).problem, problem, fields)
  }
})
