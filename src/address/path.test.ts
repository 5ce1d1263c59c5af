import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatLocalPart, parseLocalPart, utf8Length } from './local-part.ts'
import { formatMailbox, parseMailbox } from './mailbox.ts'
import {
  formatPath,
  parseForwardPath,
  parseReversePath,
  readForwardPath,
  readReversePath,
} from './path.ts'

const a63 = 'a'.repeat(63)
const domain253 = `${a63}.${a63}.${a63}.${'a'.repeat(61)}`

/** Text in brackets, and how it is written back; RFC 5321 §4.1.2 and §4.1.3. */
const valid: readonly (readonly [string, string])[] = [
  ['<a@b>', '<a@b>'],
  ['<Ann.Other+tag@Example.COM>', '<Ann.Other+tag@example.com>'],
  ["<!#$%&'*+-/=?^_`{|}~@b.example>", "<!#$%&'*+-/=?^_`{|}~@b.example>"],
  ['<"a b"@c.example>', '<"a b"@c.example>'],
  ['<"ab"@c.example>', '<ab@c.example>'],
  ['<"a\\b"@c.example>', '<ab@c.example>'],
  ['<"a\\"b\\\\"@c.example>', '<"a\\"b\\\\"@c.example>'],
  ['<""@c.example>', '<""@c.example>'],
  ['<"a@b"@c.example>', '<"a@b"@c.example>'],
  ['<"a>b"@c.example>', '<"a>b"@c.example>'],
  ['<"a\\>b"@c.example>', '<"a>b"@c.example>'],
  ['<"a."@c.example>', '<"a."@c.example>'],
  ['<@x.example:a@b.example>', '<a@b.example>'],
  ['<@x.example,@y.example:a@b.example>', '<a@b.example>'],
  ['<a@[192.0.2.1]>', '<a@[192.0.2.1]>'],
  ['<a@[192.0.02.001]>', '<a@[192.0.2.1]>'],
  ['<a@[IPv6:2001:DB8:0:0::1]>', '<a@[IPv6:2001:db8::1]>'],
  ['<a@[ipv6:::1]>', '<a@[IPv6:::1]>'],
  ['<a@[IPv6:::]>', '<a@[IPv6:::]>'],
  ['<a@[IPv6:2001:db8::192.0.2.1]>', '<a@[IPv6:2001:db8::c000:201]>'],
  ['<a@[x-tag:any!thing]>', '<a@[x-tag:any!thing]>'],
  ['<a@123.example>', '<a@123.example>'],
  ['<a@localhost>', '<a@localhost>'],
  ['<a@a--b.example>', '<a@a--b.example>'],
  ['<käse@b.example>', '<käse@b.example>'],
  ['<"kä se"@b.example>', '<"kä se"@b.example>'],
  ['<a@bücher.example>', '<a@xn--bcher-kva.example>'],
  [`<${'a'.repeat(64)}@b>`, `<${'a'.repeat(64)}@b>`],
  [`<a@${domain253.slice(1)}>`, `<a@${domain253.slice(1)}>`],
]
for (const [text, written] of valid) {
  test(`${text.slice(0, 60)} is a path`, () => {
    for (const parsed of [parseReversePath(text), parseForwardPath(text)]) {
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem)
      assert.equal(formatPath(parsed.value), written)
    }
  })
}

const invalid: readonly string[] = [
  '',
  'a@b',
  '<a@b',
  'a@b>',
  '<a>',
  '<@b>',
  '<a@>',
  '<>x',
  '<a@b>x',
  '<a@b> ',
  ' <a@b>',
  '< a@b>',
  '<a@b >',
  '<a b@c>',
  '<a@b c>',
  '<a@@b>',
  '<a@b@c>',
  '<.a@b>',
  '<a.@b>',
  '<a..a@b>',
  '<a,b@c>',
  '<a:b@c>',
  '<a;b@c>',
  '<(c)a@b>',
  '<a@(c)b>',
  '<a<b@c>>',
  '<"a"b@c>',
  '<"a".b@c>',
  '<"a@c>',
  '<"a\\"@c>',
  '<"a\\ä"@c>',
  '<"a\tb"@c>',
  '<"a\\\0b"@c>',
  '<a\0b@c>',
  '<a\x7f@c>',
  '<\ud800@c>',
  '<a@b_c.example>',
  '<a@-b.example>',
  '<a@b-.example>',
  '<a@b..example>',
  '<a@.b>',
  '<a@b.>',
  '<a@xn--->',
  '<a@b#c>',
  '<a@[192.0.2]>',
  '<a@[192.0.2.1.1]>',
  '<a@[192.0.2.256]>',
  '<a@[192.0.2.0001]>',
  '<a@[192.0.2.1>',
  '<a@192.0.2.1]>',
  '<a@[2001:db8::1]>',
  '<a@[IPv6:2001:db8:::1]>',
  '<a@[IPv6:1:2:3:4:5:6::8]>x',
  '<a@[IPv6:1:2:3:4:5:6:7::]>',
  '<a@[IPv6:1:2:3:4:5:6:7:8:9]>',
  '<a@[IPv6:1::2::3]>',
  '<a@[IPv6:1::g]>',
  '<a@[IPv6:fe80::1%eth0]>',
  '<a@[IPv6:192.0.2.1]>',
  '<a@[:x]>',
  '<a@[tag:]>',
  '<a@[tag-:x]>',
  '<a@[tag:a b]>',
  '<a@[tag]>',
  '<a@[]>',
  '<@x:>',
  '<@x.example>',
  '<@x.example,:a@b>',
  '<@x.example,y.example:a@b>',
  '<@[192.0.2.1]:a@b>',
  '<@:a@b>',
  `<${'a'.repeat(65)}@b>`,
  `<${'ä'.repeat(33)}@b>`,
  `<"${'a'.repeat(63)}"@b>`,
  `<a@${'a'.repeat(64)}.example>`,
  `<aa@${domain253}>`,
  `<a@${domain253}a>`,
  `<${'@x.example,'.repeat(50)}@y:a@b>`,
]
for (const text of invalid) {
  test(`${JSON.stringify(text.slice(0, 60))} is not a path`, () => {
    assert.equal(parseReversePath(text).ok, false)
    assert.equal(parseForwardPath(text).ok, false)
  })
}

test('the empty path is a sender and never a recipient', () => {
  assert.deepEqual(parseReversePath('<>'), { ok: true, value: { type: 'null' } })
  assert.equal(formatPath({ type: 'null' }), '<>')
  assert.equal(parseForwardPath('<>').ok, false)
})

test('postmaster without a domain is a recipient in any case, and never a sender', () => {
  for (const text of ['<postmaster>', '<Postmaster>', '<POSTMASTER>']) {
    assert.deepEqual(parseForwardPath(text), { ok: true, value: { type: 'postmaster' } })
    assert.equal(parseReversePath(text).ok, false)
  }
  assert.equal(formatPath({ type: 'postmaster' }), '<Postmaster>')
})

test('what stands behind a path is given back, and whether the path needs SMTPUTF8', () => {
  const sender = readReversePath('<"a> b"@c.example> SIZE=5')
  assert.ok(sender.ok)
  assert.equal(sender.value.rest, ' SIZE=5')
  assert.equal(sender.value.utf8, false)
  const recipient = readForwardPath('<a@bücher.example>')
  assert.ok(recipient.ok)
  assert.equal(recipient.value.utf8, true)
})

test('a local part is written with the least quoting and read back as the same', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\x20-\x7eäß€]{0,20}$/), (value) => {
      assert.deepEqual(parseLocalPart(formatLocalPart(value)), { ok: true, value })
    }),
  )
})

test('any text is read without throwing, and what is read is written and read back the same', () => {
  const piece = fc.constantFrom('<', '>', '@', '"', '\\', '.', ':', ',', '[', ']', 'a', 'ä', ' ')
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((p) => p.join('')),
  )
  fc.assert(
    fc.property(text, (body) => {
      for (const candidate of [body, `<${body}>`, `<a@${body}>`, `<${body}@b.example>`]) {
        const parsed = parseReversePath(candidate)
        if (!parsed.ok) continue
        assert.deepEqual(parseReversePath(formatPath(parsed.value)), parsed)
        assert.ok(utf8Length(formatPath(parsed.value)) <= 256 + 10)
      }
    }),
    { numRuns: 500 },
  )
})

test('a mailbox is read without brackets', () => {
  const parsed = parseMailbox('"a b"@Example.org')
  assert.ok(parsed.ok)
  assert.deepEqual({ ...parsed.value }, { localPart: 'a b', domain: 'example.org' })
  assert.equal(formatMailbox(parsed.value), '"a b"@example.org')
})
