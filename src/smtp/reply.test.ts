import assert from 'node:assert/strict'
import fc from 'fast-check'
import * as catalogue from './reply.ts'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { parseExtensions } from './ehlo.ts'
import { OctetQueue } from '../wire/octet-queue.ts'
import { type Reply, describeReply, formatReply, reply } from './reply.ts'
import { ReplyReader } from './reply-reader.ts'

function isReply(value: unknown): value is Reply {
  return typeof value === 'object' && value !== null && 'code' in value && 'lines' in value
}

/** Every reply we can send: constants, and what the functions make of a text or number. */
function everyReply(): Reply[] {
  const { greeting, heloAccepted, challenge, badSender, badRecipient } = catalogue
  const { unknownParameter, badParameter, messageTooBig } = catalogue
  return [
    ...Object.values(catalogue).filter(isReply),
    greeting('mx.example', 'text'),
    greeting('mx.example', ''),
    heloAccepted('mx.example'),
    challenge(''),
    badSender('x'),
    badRecipient('x'),
    unknownParameter('X'),
    badParameter('X', 'y'),
    messageTooBig(10),
  ]
}

test('every reply has an enhanced code of its own class, but where RFC 2034 wants none', () => {
  const replies = everyReply()
  assert.ok(replies.length > 55)
  for (const one of replies) {
    formatReply(one)
    const bare = one.enhanced === null
    assert.equal(bare, [220, 250, 334, 354].includes(one.code) && bare, describeReply(one))
    if (one.enhanced !== null) assert.equal(one.enhanced[0], String(one.code)[0])
  }
})

test('a reply of several lines repeats both codes', () => {
  assert.deepEqual(formatReply(reply(550, '5.7.1', 'one', 'two')), [
    '550-5.7.1 one',
    '550 5.7.1 two',
  ])
  assert.deepEqual(formatReply(reply(250, null, '')), ['250 '])
})

test('a reply whose codes contradict each other is a bug', () => {
  assert.throws(() => formatReply(reply(550, '4.7.1', 'x')), /does not fit/)
  assert.throws(() => formatReply(reply(550, '5.7', 'x')), /does not fit/)
  assert.throws(() => formatReply(reply(199, null, 'x')), /not a reply/)
  assert.throws(() => formatReply({ code: 250, enhanced: null, lines: [] }), /not a reply/)
})

test('whatever the text, a reply is lines of printable ASCII, none over 512 octets', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 1500 }), { minLength: 1, maxLength: 3 }),
      (texts) => {
        const lines = formatReply(reply(554, '5.7.1', ...texts))
        for (const [i, line] of lines.entries()) {
          assert.match(line, i < lines.length - 1 ? /^554-5\.7\.1 / : /^554 5\.7\.1 /)
          assert.match(line, /^[\x20-\x7e]*$/)
          assert.ok(line.length + 2 <= 512)
        }
      },
    ),
  )
})

const text = fc.stringMatching(/^[!-~]{1,3}[ -~]{0,40}$/)
const anyReply = fc
  .record({
    code: fc.integer({ min: 200, max: 559 }).filter((code) => code % 100 < 60),
    detail: fc.option(fc.tuple(fc.nat(999), fc.nat(999))),
    lines: fc.array(text, { minLength: 1, maxLength: 4 }),
  })
  .filter(({ code, detail }) => detail === null || !String(code).startsWith('3'))
  .map(({ code, detail, lines }) =>
    reply(code, detail === null ? null : `${String(code)[0]}.${detail[0]}.${detail[1]}`, ...lines),
  )

test('a reply that is written is read back the same, in any pieces', () => {
  fc.assert(
    fc.property(anyReply, fc.integer({ min: 1, max: 20 }), (given, size) => {
      // Text that looks like an enhanced code is one to every reader.
      fc.pre(given.enhanced !== null || !/^[245]\.\d+\.\d+(?: |$)/.test(given.lines[0] ?? ''))
      const wire = octetsOf(
        formatReply(given)
          .map((line) => `${line}\r\n`)
          .join(''),
      )
      const queue = new OctetQueue()
      const reader = new ReplyReader(queue, 10_000)
      let got: unknown
      for (let at = 0; at < wire.length; at += size) {
        assert.equal(got, undefined)
        queue.push(wire.subarray(at, at + size))
        got = reader.next(() => {})
      }
      assert.deepEqual(got, { type: 'reply', reply: given })
    }),
  )
})

test('an enhanced code of another class is text', () => {
  const queue = new OctetQueue()
  queue.push(octetsOf('550 4.1.1 x\r\n'))
  const got = new ReplyReader(queue, 1000).next(() => {})
  assert.deepEqual(got, { type: 'reply', reply: reply(550, null, '4.1.1 x') })
})

test('what a server offers is read from its EHLO reply', () => {
  const offered = parseExtensions(
    reply(
      250,
      null,
      'mx.example greets you',
      'size 1000',
      '8bitmime',
      'PIPELINING',
      'STARTTLS',
      'AUTH plain  LOGIN',
      'AUTH=LOGIN',
      'X-OWN with words',
      '?',
    ),
  )
  assert.equal(offered.size, 1000)
  assert.ok(offered.eightBitMime && offered.pipelining && offered.starttls)
  assert.ok(!offered.smtpUtf8 && !offered.dsn && !offered.chunking)
  assert.deepEqual(offered.auth, ['PLAIN', 'LOGIN'])
  assert.equal(offered.all.length, 7)
})

for (const [line, names] of [
  ['AUTH LOGIN PLAIN', ['LOGIN', 'PLAIN']],
  ['AUTH=LOGIN PLAIN', ['LOGIN', 'PLAIN']],
  ['auth=login', ['LOGIN']],
  ['AUTH= LOGIN', ['LOGIN']],
  ['AUTH\tLOGIN\tPLAIN', ['LOGIN', 'PLAIN']],
  ['AUTH LOGIN\tPLAIN \t', ['LOGIN', 'PLAIN']],
  ['AUTH=', []],
  ['XAUTH=LOGIN', []],
  ['AUTHX LOGIN', []],
] as const) {
  test(`mechanisms are read from ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parseExtensions(reply(250, null, 'x', line)).auth, names)
    assert.deepEqual(parseExtensions(reply(250, null, 'x', 'AUTH PLAIN', line)).auth, [
      'PLAIN',
      ...names.filter((name) => name !== 'PLAIN'),
    ])
  })
}

test('SIZE without a number means no fixed limit, and no SIZE means not offered', () => {
  assert.equal(parseExtensions(reply(250, null, 'x', 'SIZE')).size, 0)
  assert.equal(parseExtensions(reply(250, null, 'x', 'SIZE many')).size, 0)
  assert.equal(parseExtensions(reply(250, null, 'SIZE 10')).size, null)
})
