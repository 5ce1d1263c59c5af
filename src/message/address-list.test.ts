import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { encodeUtf8, octetString } from '../base/octets.ts'
import { parseAddressList } from './address-list.ts'
import { decodeEncodedWords } from './encoded-word.ts'

const conformance = new URL('../../../shared/conformance/', import.meta.url)

/** `name|local|domain` of each mailbox. */
function brief(value: string): string[] {
  return parseAddressList(value).mailboxes.map(
    (box) => `${box.displayName}|${box.localPart}|${box.domain}`,
  )
}

function problemsOf(value: string): string[] {
  return parseAddressList(value).problems.map((problem) => `${problem.type} ${problem.what}`)
}

/** Whether a list keeps to the grammar of RFC 5322, its obsolete forms included. */
function isWellFormedList({ problems }: ReturnType<typeof parseAddressList>): boolean {
  return problems.every(({ type }) => type === 'obsolete')
}

const wellFormed: readonly (readonly [string, readonly string[]])[] = [
  // RFC 5322 appendix A.1
  ['John Doe <jdoe@machine.example>', ['John Doe|jdoe|machine.example']],
  ['"Joe Q. Public" <john.q.public@example.com>', ['Joe Q. Public|john.q.public|example.com']],
  [
    'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
    ['Mary Smith|mary|x.test', '|jdoe|example.org', 'Who?|one|y.test'],
  ],
  [
    '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
    ['|boss|nil.test', 'Giant; "Big" Box|sysservices|example.net'],
  ],
  [
    'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
    ['Ed Jones|c|a.test', '|joe|where.test', 'John|jdoe|one.test'],
  ],
  ['Undisclosed recipients:;', []],
  ['one:a@b.example;, two:;, c@d.example', ['|a|b.example', '|c|d.example']],
  // appendix A.5
  ['Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>', ['Pete|pete|silly.test']],
  ['(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;', []],
  // appendix A.6
  ['Joe Q. Public <john.q.public@example.com>', ['Joe Q. Public|john.q.public|example.com']],
  [
    'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example',
    ['Mary Smith|mary|example.net', '|jdoe|test.example'],
  ],
  ['John Doe <jdoe@machine(comment).  example>', ['John Doe|jdoe|machine.example']],
  ['<@a.test,@b.test,,@[192.0.2.1]:u@c.test>', ['|u|c.test']],
  // quoted and literal
  ['"a@b, <c>"@d.example', ['|a@b, <c>|d.example']],
  ['"ceo@bank.example" <x@evil.example>', ['ceo@bank.example|x|evil.example']],
  ['(ceo@bank.example) x@evil.example', ['|x|evil.example']],
  ['u@[192.0.2.1], v@[IPv6: 2001:db8::1]', ['|u|[192.0.2.1]', '|v|[IPv6:2001:db8::1]']],
  ['"" <a@b.example>, ""@b.example', ['|a|b.example', '||b.example']],
  ['a . "b c" . d@e.example', ['|a.b c.d|e.example']],
  ['a@b.example\r\n , \r\n\tc@d.example', ['|a|b.example', '|c|d.example']],
  ['用户@例え.テスト', ['|用户|例え.テスト']],
]

for (const [value, expected] of wellFormed) {
  test(`well-formed, obsolete forms included: ${JSON.stringify(value)}`, () => {
    assert.deepEqual(brief(value), expected)
    const list = parseAddressList(value)
    assert.ok(isWellFormedList(list), JSON.stringify(list.problems))
  })
}

const broken: readonly (readonly [string, readonly string[], string])[] = [
  ['', [], 'empty-list'],
  [' \t', [], 'empty-list'],
  ['<>', ['||'], 'empty-address'],
  ['root', ['|root|'], 'missing-domain'],
  ['John Doe', ['John Doe||'], 'missing-domain'],
  ['<root>', ['|root|'], 'missing-domain'],
  ['a@', ['|a|'], 'missing-domain'],
  ['@b.example', ['||b.example'], 'missing-local-part'],
  ['a@b.example c@d.example', ['|a|b.example', '|c|d.example'], 'misplaced-text'],
  ['ceo@bank.example <x@evil.example>', ['|ceo|bank.example', '|x|evil.example'], 'misplaced-text'],
  ['<a@b.example> <c@d.example>', ['|a|b.example', '|c|d.example'], 'misplaced-text'],
  ['<a@b.example> Name, c@d.example', ['|a|b.example', '|c|d.example'], 'misplaced-text'],
  ['John Doe@b.example', ['John|Doe|b.example'], 'misplaced-text'],
  ['a@bank.example@evil.example', ['|a|bank.example', '||evil.example'], 'missing-local-part'],
  [
    '"ceo@bank.example <x@evil.example>',
    ['|ceo|bank.example', '|x|evil.example'],
    'unterminated-quoted-string',
  ],
  [
    '(ceo@bank.example <x@evil.example>',
    ['|ceo|bank.example', '|x|evil.example'],
    'unterminated-comment',
  ],
  ['x@[ceo@bank.example', ['|x|', '|ceo|bank.example'], 'unterminated-literal'],
  ['<a@b.example, c@d.example', ['|a|b.example', '|c|d.example'], 'unterminated-angle'],
  ['g: a@b.example', ['|a|b.example'], 'unterminated-group'],
  ['g: h: a@b.example;;', ['|a|b.example'], 'nested-group'],
  ['a..b@c.example', ['|a..b|c.example'], 'misplaced-dot'],
  ['.a@c.example', ['|.a|c.example'], 'misplaced-dot'],
  ['a@c.example.', ['|a|c.example.'], 'misplaced-dot'],
  ['a@-c.example', ['|a|-c.example'], 'unusable-domain'],
  ['a@b.example\r\nBcc: x@y.example', ['|a|b.example', '|x|y.example'], 'bare-newline'],
  ['a\u0000@b.example', ['|a|b.example'], 'unexpected-character'],
  ['a@b.example>', ['|a|b.example'], 'unexpected-character'],
  ['a@b.example;c@d.example', ['|a|b.example', '|c|d.example'], 'unexpected-character'],
  ['\xff\xfe@b.example', ['|\xff\xfe|b.example'], 'not-utf8'],
]

for (const [value, expected, problem] of broken) {
  test(`broken, yet every address is seen: ${JSON.stringify(value)}`, () => {
    assert.deepEqual(brief(value), expected)
    assert.ok(problemsOf(value).includes(`error ${problem}`), problemsOf(value).join(', '))
  })
}

test('the host is the domain in A-labels and lower case, or null', () => {
  const hostOf = (value: string) => parseAddressList(value).mailboxes[0]?.host
  assert.equal(hostOf('a@EXAMPLE.com'), 'example.com')
  assert.equal(hostOf('a@пример.рф'), 'xn--e1afmkfd.xn--p1ai')
  assert.equal(hostOf(octetString(encodeUtf8('a@пример.рф'))), 'xn--e1afmkfd.xn--p1ai')
  assert.equal(hostOf('a@[192.0.2.1]'), null)
  assert.equal(hostOf('a@exa_mple.com.'), 'exa_mple.com')
})

test('a mailbox knows its group and the comment beside it', () => {
  const list = parseAddressList('a@b.example (Ann), Crew: c@d.example;, e@f.example')
  assert.deepEqual(list.groups, ['Crew'])
  assert.deepEqual(
    list.mailboxes.map((box) => [box.comment, box.group]),
    [
      ['Ann', null],
      ['', 0],
      ['', null],
    ],
  )
})

test('obsolete forms are named', () => {
  assert.deepEqual(problemsOf('Joe Q. Public <j@x.example>'), ['obsolete phrase'])
  assert.deepEqual(problemsOf('<@a.test:u@c.test>'), ['obsolete route'])
  assert.deepEqual(problemsOf('a@b.example,'), ['obsolete empty-element'])
  assert.deepEqual(problemsOf('a @b.example'), ['obsolete space-around-at'])
  assert.deepEqual(problemsOf('"\x07"@b.example'), ['obsolete character'])
  assert.deepEqual(problemsOf('a\r\n \r\n @b.example').at(0), 'obsolete white-space')
})

test('no more mailboxes than asked for, and no more than fifty problems', () => {
  const list = parseAddressList('a@b.example,'.repeat(9), { maxMailboxes: 4 })
  assert.equal(list.mailboxes.length, 4)
  assert.ok(list.problems.some((problem) => problem.what === 'too-many-mailboxes'))
  assert.equal(parseAddressList('>'.repeat(1000)).problems.length, 50)
})

test('text without a meaning gives a reading, never an exception', () => {
  const alphabet = [
    'a',
    '.',
    '@',
    '<',
    '>',
    ',',
    ':',
    ';',
    '"',
    '(',
    ')',
    '[',
    ']',
    '\\',
    ' ',
    '\r\n ',
    '\x00',
    'é',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 40 }), (parts) => {
      const list = parseAddressList(parts.join(''))
      assert.ok(list.problems.length <= 50)
      for (const box of list.mailboxes)
        assert.ok(box.group === null || box.group < list.groups.length)
    }),
    { numRuns: 3000 },
  )
})

test('what is written is read back, however it is spaced and commented', () => {
  const atom = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}$/)
  const quoted = fc.string({
    maxLength: 8,
    unit: fc.constantFrom(...Array.from('a b.@<>,;:()[]é"\\')),
  })
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/)
  const space = fc.constantFrom('', ' ', '\t', '\r\n ', ' (c(d)\\)) ', '(")')
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
  const box = fc.record({
    name: quoted,
    local: atom,
    labels: fc.array(label, { minLength: 1, maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 5 }), space, space, (boxes, s, t) => {
      const value = boxes
        .map((b) => `${s}${quote(b.name)}${t}<${s}${b.local}@${b.labels.join('.')}${t}>${s}`)
        .join(',')
      const list = parseAddressList(value, { form: 'text' })
      assert.ok(isWellFormedList(list), JSON.stringify(list.problems))
      assert.deepEqual(
        list.mailboxes.map((b) => [b.displayName, b.localPart, b.domain]),
        boxes.map((b) => [b.name, b.local, b.labels.join('.')]),
      )
    }),
  )
})

/** The grammar of RFC 5322 §3.4 and §4.4 over the signs below, in its own words. */
function grammar(): RegExp {
  const cfws = '(?: |\\([^()]*\\))*'
  const word = `${cfws}(?:a+|"[^"]*")${cfws}`
  const local = `${word}(?:\\.${word})*`
  const domain = `${cfws}a+${cfws}(?:\\.${cfws}a+${cfws})*`
  const address = `${local}@${domain}`
  const phrase = `${word}(?:${word}|\\.${cfws})*`
  const mailbox = `(?:${address}|(?:${phrase})?${cfws}<${address}>${cfws})`
  return new RegExp(`^(?:${cfws},)*${mailbox}(?:,(?:${mailbox}|${cfws}))*$`)
}

test('every short text is well-formed exactly where the grammar says so', () => {
  const wanted = grammar()
  const check = (text: string) => {
    const list = parseAddressList(text)
    if (isWellFormedList(list) !== wanted.test(text)) {
      assert.fail(`${JSON.stringify(text)}: ${JSON.stringify(list)}`)
    }
  }
  const grow = (text: string, alphabet: readonly string[], left: number) => {
    check(text)
    if (left > 0) for (const c of alphabet) grow(text + c, alphabet, left - 1)
  }
  grow('', Array.from('a@.<>,"( )'), 4)
  grow('', Array.from('a@<>,"'), 6)
  grow('<a@a', Array.from('a@.<>, '), 4)
  grow('a"a"', Array.from('a@."<>'), 4)
})

test('one wrong character in a list is survived, and both hosts are mostly seen', () => {
  const text = 'Ann B. <ann@one.example>, "C, D" (x) <c@two.example>'
  for (let at = 0; at <= text.length; at++) {
    for (const put of [
      '',
      '"',
      '(',
      ')',
      '<',
      '>',
      '@',
      ',',
      ';',
      ':',
      '\\',
      '[',
      ']',
      '\r\n',
      '\u0000',
    ]) {
      for (const cut of [0, 1]) {
        const list = parseAddressList(text.slice(0, at) + put + text.slice(at + cut))
        assert.ok(list.mailboxes.length > 0)
        // Only a quoted string or comment that closes later can hide an address.
        const hosts = list.mailboxes.filter((box) => box.domain !== '').length
        assert.ok(hosts > 0, text.slice(0, at) + put + text.slice(at + cut))
      }
    }
  }
})

test('time grows with the length and no faster, whatever the text', async () => {
  const hostile = [
    'a@b.example,',
    '(',
    '"',
    '@[',
    '<',
    '.',
    'a ',
    'a:',
    '\r\n',
    '\\',
    '<a@',
    'é',
    '"(',
    '([',
    'a@b',
  ]
  for (const part of hostile) {
    const value = part.repeat(Math.ceil(200_000 / part.length))
    // Linear reading takes some 20 ms; anything quadratic would take minutes.
    await withinCpu(2000, JSON.stringify(part), () => parseAddressList(value))
  }
})

test('200,000 addresses are all read', () => {
  const list = parseAddressList('Some One <u@example.com>, '.repeat(200_000))
  assert.equal(list.mailboxes.length, 200_000)
})

test('the isemail cases agree on what a header field may hold', (t) => {
  const file = new URL('address/isemail-tests.xml', conformance)
  if (!existsSync(file)) return t.skip('the conformance data is not beside the repository')
  const cases = readFileSync(file, 'utf8').matchAll(
    /<test id="(\d+)">\s*<address>([^<]*)<\/address>[\s\S]*?<category>ISEMAIL_(\w+)<\/category>/g,
  )
  let count = 0
  const wrong: string[] = []
  for (const [, id, escaped = '', category = ''] of cases) {
    // RFC 6532 §3.2 lets a backslash quote characters outside ASCII; the suite is older.
    if (id === '160') continue
    count++
    const address = unescapeXml(escaped)
    const list = parseAddressList(address)
    const errors = list.problems.filter((p) => p.type === 'error')
    const grammar = errors.filter((p) => p.what !== 'unusable-domain')
    const obsolete = list.problems.some((p) => p.type === 'obsolete')
    const fine =
      category === 'ERR'
        ? errors.length > 0
        : grammar.length === 0 &&
          list.mailboxes.length === 1 &&
          (category !== 'DEPREC' || obsolete || address.includes('[IPv6')) &&
          (obsolete ? category === 'DEPREC' || category === 'RFC5322' : true)
    if (!fine) wrong.push(`${id} ${category} ${address} ${JSON.stringify(list.problems)}`)
  }
  assert.ok(count > 150, `only ${count} cases were found`)
  assert.deepEqual(wrong, [])
})

function unescapeXml(text: string): string {
  return text
    .replace(/&#x([0-9a-fA-F]+);/g, (_, hex: string) =>
      String.fromCodePoint(Number.parseInt(hex, 16)),
    )
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/[\u2400-\u241f]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x2400))
}

test('the single fields of the MIME suite give the same addresses', (t) => {
  const file = new URL('mime/mail-parser/fields/address.json', conformance)
  if (!existsSync(file)) return t.skip('the conformance data is not beside the repository')
  const cases: unknown = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(Array.isArray(cases))
  let count = 0
  let addresses = 0
  for (const one of cases) {
    const { header } = one
    // The List- fields of RFC 2369 hold URIs, not addresses.
    if (/<(?:mailto|https?|ftp):/.test(header)) continue
    const value = header.replace(/\r?\n(?=[ \t])/g, '\r\n').replace(/\r?\n$/, '')
    const list = parseAddressList(value, { form: 'text' })
    const got = list.mailboxes.map((box) => `${box.localPart}@${box.domain}`)
    for (const address of addressesOf(one.expected)) {
      // That parser keeps routes and white space.
      const plain = address.replace(/^@[^:]*:/, '').replace(/\s+/g, '')
      assert.ok(got.includes(plain), `${plain} of ${header}`)
      addresses++
    }
    count++
  }
  assert.ok(count > 40, `only ${count} fields were found`)
  assert.ok(addresses > 40, `only ${addresses} addresses were compared`)
})

interface Expected {
  readonly address?: string | null
  readonly addresses?: readonly Expected[]
  readonly List?: readonly Expected[]
  readonly Group?: readonly Expected[]
}

function addressesOf(expected: Expected): string[] {
  const below = [...(expected.List ?? []), ...(expected.Group ?? []), ...(expected.addresses ?? [])]
  const own = expected.address?.includes('@') === true ? [expected.address] : []
  return [...own, ...below.flatMap(addressesOf)]
}

const encoded: readonly (readonly [string, string])[] = [
  // RFC 2047 §8
  ['=?US-ASCII?Q?Keith_Moore?=', 'Keith Moore'],
  ['=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=', 'Keld Jørn Simonsen'],
  ['=?ISO-8859-1?Q?Andr=E9?= Pirard', 'André Pirard'],
  [
    '=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=',
    'If you can read this you understand the example.',
  ],
  ['(=?ISO-8859-1?Q?a?= b)', '(a b)'],
  ['=?ISO-8859-1?Q?a?=  \r\n =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a_b?=', 'a b'],
  // RFC 2231 §5, and what is common though wrong
  ['=?US-ASCII*EN?Q?Keith_Moore?=', 'Keith Moore'],
  ['=?utf-8?B?w6k?=', 'é'],
  ['=?utf-8?B?4oI=?= =?utf-8?B?rA==?=', '€'],
  ['=?utf-8?q?a b?=', 'a b'],
  ['=?utf-8?q?a=ZZ?=', 'a=ZZ'],
  ['=?utf-8?q?x=0D=0ABcc:_y?=', 'x  Bcc: y'],
  ['=?no-such-set?q?abc?=', '=?no-such-set?q?abc?='],
  ['=?utf-8?b?***?=', '=?utf-8?b?***?='],
  ['=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
  ['plain = ? text', 'plain = ? text'],
]

for (const [value, expected] of encoded) {
  test(`encoded words are decoded for showing: ${value}`, () => {
    assert.equal(decodeEncodedWords(value), expected)
  })
}

test('decoding is linear and never fails', async () => {
  for (const part of ['=?', '=?a?q?', '=?utf-8?q?a?= ', '=?a*b', '?=', '=?utf-8?b?']) {
    await withinCpu(2000, part, () => decodeEncodedWords(part.repeat(30_000)))
  }
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => typeof decodeEncodedWords(`=?${text}?=`) === 'string',
    ),
  )
})
