import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type NotifyWhen, parseMailParameters, parseRcptParameters } from './parameters.ts'
import { formatMailParameters, formatRcptParameters } from './parameters-format.ts'
import { decodeUtf8Address, decodeXtext, encodeUtf8Address, encodeXtext } from './xtext.ts'

const offered = { size: true, eightBitMime: true, smtpUtf8: true, dsn: true, auth: true }

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
