import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Result } from '../base/result.ts'
import {
  type NotifyWhen,
  formatMailParameters,
  formatRcptParameters,
  noMailParameters,
  noRcptParameters,
  parseMailParameters,
  parseRcptParameters,
} from './parameters.ts'
import type { Reply } from './reply.ts'
import { decodeUtf8Address, decodeXtext, encodeUtf8Address, encodeXtext } from './xtext.ts'

const offered = {
  size: true,
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  auth: true,
  requireTls: true,
}

test('xtext reads and writes the examples of RFC 3461', () => {
  assert.equal(decodeXtext('Bob+2BAnn@Example.COM'), 'Bob+Ann@Example.COM')
  assert.equal(encodeXtext('a+b=c d'), 'a+2Bb+3Dc+20d')
  assert.equal(decodeXtext('+C3+BC'), 'ü')
  for (const text of ['a b', 'a=b', 'a+', 'a+2', 'a+2b', 'a+zz', 'ü', '+FF']) {
    assert.equal(decodeXtext(text), undefined, text)
  }
})

test('an address of type utf-8 reads and writes as RFC 6533 says', () => {
  assert.equal(decodeUtf8Address('j\\x{FC}rgen@example'), 'jürgen@example')
  assert.equal(decodeUtf8Address('jürgen@example'), 'jürgen@example')
  assert.equal(decodeUtf8Address('\\x{1F600}@example'), '\u{1f600}@example')
  assert.equal(encodeUtf8Address('ü+\\='), '\\x{FC}\\x{2B}\\x{5C}\\x{3D}')
  for (const text of [
    'a b',
    'a+b',
    'a=b',
    'a\\b',
    '\\x{D800}',
    '\\x{110000}',
    '\\x{0A}',
    '\\x{}',
  ]) {
    assert.equal(decodeUtf8Address(text), undefined, text)
  }
})

const word = fc.stringMatching(/^[\x20-\x7e]{1,30}$/)
const unicode = fc.stringMatching(/^[!-~äß€\u{1f600}]{1,30}$/u)

test('xtext and the encoding of RFC 6533 lose nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(decodeXtext(encodeXtext(text)), text)
    }),
  )
  fc.assert(
    fc.property(unicode, (text) => {
      assert.equal(decodeUtf8Address(encodeUtf8Address(text)), text)
    }),
  )
})

test('parameters that are written are read back the same', () => {
  const mail = fc.record(
    {
      size: fc.option(fc.nat()),
      body: fc.constantFrom('7BIT', '8BITMIME', null),
      smtpUtf8: fc.boolean(),
      ret: fc.constantFrom('FULL', 'HDRS', null),
      envid: fc.option(word),
      auth: fc.constantFrom('<>', null),
      requireTls: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(mail, (value) => {
      fc.pre(value.envid === null || encodeXtext(value.envid).length <= 100)
      const read = parseMailParameters(formatMailParameters(value), offered)
      assert.deepEqual(read, { ok: true, value })
    }),
  )
  const some = fc.subarray<NotifyWhen>(['SUCCESS', 'FAILURE', 'DELAY'], { minLength: 1 })
  const rcpt = fc.record(
    {
      notify: fc.oneof(some, fc.constant<NotifyWhen[]>(['NEVER']), fc.constant(null)),
      orcpt: fc.oneof(
        fc.constant(null),
        fc.record({ addressType: fc.constant('rfc822'), address: word }, { noNullPrototype: true }),
        fc.record(
          { addressType: fc.constant('utf-8'), address: unicode },
          { noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(rcpt, (value) => {
      const read = parseRcptParameters(formatRcptParameters(value), offered)
      assert.deepEqual(read, { ok: true, value })
    }),
  )
})

test('any text is read without throwing', () => {
  const part = fc.constantFrom(
    ' ',
    '=',
    'SIZE',
    'ORCPT',
    'rfc822;',
    'utf-8;',
    '\\x{',
    '}',
    '+',
    '5',
  )
  fc.assert(
    fc.property(fc.array(part), fc.string({ unit: 'binary' }), (parts, tail) => {
      parseMailParameters(parts.join('') + tail, offered)
      parseRcptParameters(parts.join('') + tail, offered)
    }),
  )
})

/** What each parameter is read as; text is the refusal. */
const mailTable: readonly (readonly [string, object | string])[] = [
  ['', {}],
  ['  SIZE=0', { size: 0 }],
  [' size=99999999999999999999', { size: 1e20 }],
  [' SIZE=999999999999999999999', '501 Bad parameter SIZE: a number expected'],
  [' SIZE', '501 Bad parameter SIZE: a number expected'],
  [' SIZE=-1', '501 Bad parameter SIZE: a number expected'],
  [' SIZE=1 SIZE=1', '501 Bad parameter SIZE: it was given twice'],
  [' SIZE=1 size=2', '501 Bad parameter SIZE: it was given twice'],
  [' BODY=8bitmime', { body: '8BITMIME' }],
  [' BODY=7BIT  SIZE=5', { body: '7BIT', size: 5 }],
  [' BODY', '501 Bad parameter BODY: 7BIT or 8BITMIME expected'],
  [' BODY=BINARYMIME', '501 Bad parameter BODY: 7BIT or 8BITMIME expected'],
  [' SMTPUTF8', { smtpUtf8: true }],
  [' REQUIRETLS', { requireTls: true }],
  [' requiretls SIZE=5', { requireTls: true, size: 5 }],
  [' REQUIRETLS=1', '501 Bad parameter REQUIRETLS: no value expected'],
  [' SMTPUTF8=yes', '501 Bad parameter SMTPUTF8: no value expected'],
  [' RET=hdrs', { ret: 'HDRS' }],
  [' RET=FULL', { ret: 'FULL' }],
  [' RET=', '501 Bad parameter RET=: it is malformed'],
  [' RET=SOME', '501 Bad parameter RET: FULL or HDRS expected'],
  [' ENVID=a+2Bb', { envid: 'a+b' }],
  [` ENVID=${'a'.repeat(100)}`, { envid: 'a'.repeat(100) }],
  [` ENVID=${'a'.repeat(101)}`, '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  // Once decoded it would be a line of a report.
  [' ENVID=a+0D+0Ab', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID=a+00', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID=a+1F', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID=a+7F', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID=a+C3+BC', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' ENVID=a+20b+7E', { envid: 'a b~' }],
  [' ENVID=+ZZ', '501 Bad parameter ENVID: up to 100 characters of xtext expected'],
  [' AUTH=<>', { auth: '<>' }],
  [' AUTH=+3C+3E', { auth: '<>' }],
  [' AUTH=a+2Bb@north.example', { auth: { localPart: 'a+b', domain: 'north.example' } }],
  [' AUTH=nobody', '501 Bad parameter AUTH: an address in xtext expected'],
  [' AUTH', '501 Bad parameter AUTH: an address in xtext expected'],
  [` AUTH=${'+61'.repeat(167)}@b`, '501 Bad parameter AUTH: an address in xtext expected'],
  [' MT-PRIORITY=1', '555 Parameter MT-PRIORITY is not known here'],
  [' NOTIFY=NEVER', '555 Parameter NOTIFY is not known here'],
  [' -A=1', '501 Bad parameter -A=1: it is malformed'],
  [` ${'='.repeat(60)}`, `501 Bad parameter ${'='.repeat(40)}: it is malformed`],
]

const rcptTable: readonly (readonly [string, object | string])[] = [
  ['', {}],
  [' notify=never', { notify: ['NEVER'] }],
  [' NOTIFY=SUCCESS,delay,SUCCESS', { notify: ['SUCCESS', 'DELAY'] }],
  [
    ' NOTIFY=NEVER,FAILURE',
    '501 Bad parameter NOTIFY: NEVER, or a list of SUCCESS, FAILURE and DELAY expected',
  ],
  [' NOTIFY', '501 Bad parameter NOTIFY: NEVER, or a list of SUCCESS, FAILURE and DELAY expected'],
  [' ORCPT=RFC822;a+2Bb@c', { orcpt: { addressType: 'RFC822', address: 'a+b@c' } }],
  [' ORCPT=UTF-8;\\x{FC}@c', { orcpt: { addressType: 'UTF-8', address: 'ü@c' } }],
  [' ORCPT=utf-8;\\x{FC}@c', { orcpt: { addressType: 'utf-8', address: 'ü@c' } }],
  [' ORCPT=x-y;z', { orcpt: { addressType: 'x-y', address: 'z' } }],
  [
    ` ORCPT=rfc822;${'a'.repeat(493)}`,
    { orcpt: { addressType: 'rfc822', address: 'a'.repeat(493) } },
  ],
  [` ORCPT=rfc822;${'a'.repeat(494)}`, '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=rfc822;', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=;a', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=rfc_822;a', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=rfc822', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=rfc822;+zz', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' ORCPT=rfc822;a+0D+0Ab', '501 Bad parameter ORCPT: type;address in xtext expected'],
  [' SIZE=1', '555 Parameter SIZE is not known here'],
]

function told<T extends object>(read: Result<T, Reply>, none: T): unknown {
  if (read.ok) return { ...none, ...read.value }
  return `${read.problem.code} ${read.problem.lines.join(' ')}`
}

test('each parameter of MAIL and RCPT has its form, and its refusal', () => {
  for (const [text, wanted] of mailTable) {
    const expected = typeof wanted === 'string' ? wanted : { ...noMailParameters, ...wanted }
    assert.deepEqual(told(parseMailParameters(text, offered), noMailParameters), expected, text)
  }
  for (const [text, wanted] of rcptTable) {
    const expected = typeof wanted === 'string' ? wanted : { ...noRcptParameters, ...wanted }
    assert.deepEqual(told(parseRcptParameters(text, offered), noRcptParameters), expected, text)
  }
})

test('a parameter of an extension that is not on offer is not known', () => {
  const off = {
    size: false,
    eightBitMime: false,
    smtpUtf8: false,
    dsn: false,
    auth: false,
    requireTls: false,
  }
  for (const text of [
    'SIZE=1',
    'BODY=7BIT',
    'SMTPUTF8',
    'RET=FULL',
    'ENVID=a',
    'AUTH=a@b.example',
    'REQUIRETLS',
  ]) {
    const read = parseMailParameters(` ${text}`, off)
    const [keyword = ''] = text.split('=')
    assert.equal(told(read, noMailParameters), `555 Parameter ${keyword} is not known here`)
  }
  for (const text of ['NOTIFY=NEVER', 'ORCPT=rfc822;a']) {
    const read = parseRcptParameters(` ${text}`, off)
    assert.ok(!read.ok && read.problem.code === 555, text)
  }
})

test('a code point of an address is none of a control, half a pair, or beyond Unicode', () => {
  const taken = ['20', '7E', '80', 'D7FF', 'E000', '10FFFF']
  for (const hex of taken) {
    const wanted = String.fromCodePoint(Number.parseInt(hex, 16))
    assert.equal(decodeUtf8Address(`\\x{${hex}}`), wanted, hex)
  }
  for (const hex of ['00', '1F', '7F', 'D800', 'DFFF', '110000']) {
    assert.equal(decodeUtf8Address(`\\x{${hex}}`), undefined, hex)
  }
})
