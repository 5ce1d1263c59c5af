import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'node:test'
import {
  type AddressRemark,
  domainOf,
  formatLocalPart,
  formatMailbox,
  parseMailDomain,
  parseMailbox,
  readLocalPart,
  remarkText,
  utf8Length,
} from './mailbox.ts'
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
  '<a@-b.example>',
  '<a@b-.example>',
  '<a@b..example>',
  '<a@b..>',
  '<a@.>',
  '<a@b_-.example>',
  '<a@[192.0.2.1].>',
  '<@b_c..example:a@b>',
  '<..>',
  '<.@>',
  '<.a,b@c>',
  '<a.\r@b>',
  '<a..\n@b>',
  '<a_\0@b>',
  '<a@b_\r\n.example>',
  '<a@b.\n>',
  `<${'a'.repeat(253)}@b>`,
  // It would be sent in quotes, and then be too long.
  `<${'a'.repeat(250)}..@b>`,
  // Its A-labels are longer than what was given.
  `<${'a'.repeat(200)}@${'ü'.repeat(20)}.${'ü'.repeat(20)}>`,
  '<a@.b>',
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

/** What is beyond RFC 5321 and read all the same: how it is written back, and what is remarked. */
const odd: readonly (readonly [string, string, readonly AddressRemark[]])[] = [
  ['<.a@b>', '<".a"@b>', ['odd-dots']],
  ['<a.@b>', '<"a."@b>', ['odd-dots']],
  ['<a..a@b>', '<"a..a"@b>', ['odd-dots']],
  ['<.@b>', '<"."@b>', ['odd-dots']],
  ['<a@b_c.example>', '<a@b_c.example>', ['underscore']],
  ['<a@_b.example>', '<a@_b.example>', ['underscore']],
  ['<a@b.>', '<a@b>', ['trailing-dot']],
  ['<a@B_c.Example.>', '<a@b_c.example>', ['underscore', 'trailing-dot']],
  [`<${'a'.repeat(65)}@b>`, `<${'a'.repeat(65)}@b>`, ['long-local-part']],
  [`<${'a'.repeat(252)}@b>`, `<${'a'.repeat(252)}@b>`, ['long-local-part']],
  [`<${'ä'.repeat(33)}@b>`, `<${'ä'.repeat(33)}@b>`, ['long-local-part']],
  [`<"${'a'.repeat(63)}"@b>`, `<${'a'.repeat(63)}@b>`, ['long-local-part']],
  [
    `<.${'a'.repeat(64)}@b_c.>`,
    `<".${'a'.repeat(64)}"@b_c>`,
    ['odd-dots', 'long-local-part', 'underscore', 'trailing-dot'],
  ],
  ['<@x_y.example,@z.:a@b>', '<a@b>', ['underscore', 'trailing-dot']],
]

for (const [text, written, remarks] of odd) {
  test(`${text.slice(0, 60)} is read and remarked on`, () => {
    for (const read of [readReversePath(text), readForwardPath(text)]) {
      assert.ok(read.ok, read.ok ? '' : read.problem)
      assert.equal(formatPath(read.value.path), written)
      assert.deepEqual(read.value.remarks, remarks)
      for (const remark of remarks) assert.match(remarkText(remark), /^(?:the|a) [a-z]/)
    }
  })
}

test('what keeps to RFC 5321 is not remarked on', () => {
  for (const [text] of valid) {
    const read = readReversePath(text)
    assert.deepEqual(read.ok && read.value.remarks, [], text)
  }
  for (const text of ['<>', '<postmaster>']) {
    const read = text === '<>' ? readReversePath(text) : readForwardPath(text)
    assert.deepEqual(read.ok && read.value.remarks, [], text)
  }
})

test('the domain of a host keeps to RFC 5321, and what is wrong with it is said', () => {
  assert.deepEqual(parseMailDomain('b_c.example'), {
    ok: false,
    problem: 'the domain has an underscore',
  })
  assert.deepEqual(parseMailDomain('b.'), { ok: false, problem: 'the domain ends with a dot' })
  assert.deepEqual(parseMailDomain('B.example'), { ok: true, value: 'b.example' })
})

test('what is wrong with a path is said', () => {
  const table: readonly (readonly [string, string])[] = [
    ['a@b', 'the address must stand in angle brackets'],
    ['<a@b', 'the angle bracket is not closed'],
    [`<${'a'.repeat(254)}@b>`, 'the path is longer than 256 octets'],
    [`<@x:${'a'.repeat(250)}@b>`, 'the path is longer than 256 octets'],
    ['<@x>', 'the source route has no address behind it'],
    ['<@-x:a@b>', 'the source route is not valid'],
    ['<@b>', 'the source route has no address behind it'],
    ['<a>', 'the address has no @ and domain'],
    ['<a@>', 'the domain is empty'],
    ['<a@[x]>', 'the address literal is not valid'],
    ['<a@-b>', 'the domain is not a valid name'],
    ['<a b@c>', 'a character of the local part is only allowed in quotes'],
    ['<"a"b@c>', 'a character of the local part is only allowed in quotes'],
    ['<"a\tb"@c>', 'a character in the quoted local part is not allowed'],
    ['<"a@c>', 'the angle bracket is not closed'],
    ['<\ud800@c>', 'the address is not Unicode text'],
  ]
  for (const [text, problem] of table) {
    assert.deepEqual(readReversePath(text), { ok: false, problem }, text)
  }
  assert.deepEqual(readForwardPath('<>'), { ok: false, problem: 'the path is empty' })
  const open = readLocalPart('"a', 0)
  assert.deepEqual(open, { ok: false, problem: 'the quoted local part has no end' })
})

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
      const written = formatLocalPart(value)
      const read = readLocalPart(written, 0)
      assert.ok(read.ok)
      assert.deepEqual([read.value.value, read.value.end], [value, written.length])
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

test('octets are counted as UTF-8 has them, at every border', () => {
  const points = [0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]
  for (const point of points) {
    const text = String.fromCodePoint(point)
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length, point.toString(16))
  }
  assert.equal(utf8Length('aäb', 1, 2), 2)
  assert.equal(utf8Length('\ud800') + utf8Length('\udfff'), 4, 'two halves make one')
})

test('a mailbox is read without brackets', () => {
  const parsed = parseMailbox('"a b"@Example.org')
  assert.ok(parsed.ok)
  assert.deepEqual({ ...parsed.value }, { localPart: 'a b', domain: 'example.org' })
  assert.equal(formatMailbox(parsed.value), '"a b"@example.org')
})

test('the domain of an address stands behind its last @', () => {
  assert.equal(domainOf('"a@b"@c.example'), 'c.example')
  assert.equal(domainOf('no address'), 'no address')
})
