import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import {
  parseAlgorithm,
  parseBase64Tag,
  parseCanonicalization,
  parseDigits,
  parseFieldNames,
  parseQuotedPrintable,
  parseSelector,
  parseSignatureDomain,
  trimFolds,
} from './signature.ts'

test('the algorithms are read without regard to case, and others are none', () => {
  assert.equal(parseAlgorithm('RSA-SHA256'), 'rsa-sha256')
  assert.equal(parseAlgorithm('ed25519-sha256'), 'ed25519-sha256')
  assert.equal(parseAlgorithm('rsa-sha1'), 'rsa-sha1')
  for (const other of ['rsa-sha512', 'rsa', '', 'ed25519-sha512', 'rsa- sha256', 'dsa-sha1']) {
    assert.equal(parseAlgorithm(other), undefined)
  }
})

test('a canonicalization that names no body means simple', () => {
  assert.deepEqual(parseCanonicalization('relaxed'), { header: 'relaxed', body: 'simple' })
  assert.deepEqual(parseCanonicalization('Simple/Relaxed'), { header: 'simple', body: 'relaxed' })
  for (const other of [
    '',
    '/',
    'relaxed/',
    '/simple',
    'relaxed/simple/x',
    'nofws',
    'relaxed /simple',
  ]) {
    assert.equal(parseCanonicalization(other), undefined, other)
  }
})

test('field names may have folds around their colons, and nothing between two colons is no name', () => {
  assert.deepEqual(parseFieldNames('From'), ['from'])
  assert.deepEqual(parseFieldNames('From : To\r\n\t:X-a!'), ['from', 'to', 'x-a!'])
  for (const other of ['', ':', 'from:', ':from', 'from::to', 'from to', 'fr\xf6m']) {
    assert.equal(parseFieldNames(other), undefined, other)
  }
  assert.equal(parseFieldNames(Array.from({ length: 1001 }, () => 'a').join(':')), undefined)
})

test('a domain has two labels at least and becomes A-labels in lower case (RFC 8616)', () => {
  assert.equal(parseSignatureDomain('Example.COM'), 'example.com')
  // U+00FC as UTF-8, the way it stands in a header.
  assert.equal(parseSignatureDomain('b\xc3\xbccher.example'), 'xn--bcher-kva.example')
  assert.equal(parseSignatureDomain('xn--bcher-kva.example'), 'xn--bcher-kva.example')
  for (const other of [
    'com',
    '',
    'example.com.',
    'a..b',
    '.a.b',
    'a b.c',
    'b\xfccher.example',
    '-a.b',
  ]) {
    assert.equal(parseSignatureDomain(other), undefined, other)
  }
})

test('a selector may have one label or more, and underscores, which people use', () => {
  assert.equal(parseSelector('S1'), 's1')
  assert.equal(parseSelector('a.b.c'), 'a.b.c')
  assert.equal(parseSelector('my_key'), 'my_key')
  assert.equal(parseSelector('\xc3\xbc'), 'xn--tda')
  for (const other of ['', '.', 'a.', 'a b', 'x'.repeat(64)])
    assert.equal(parseSelector(other), undefined)
})

test('numbers have digits and no more of them than allowed', () => {
  assert.equal(parseDigits('0012', 12), 12)
  assert.equal(parseDigits('9'.repeat(76), 76), 1e76)
  for (const other of ['', '-1', '+1', '1.5', '1e3', ' 1', '0x10', '1'.repeat(13)]) {
    assert.equal(parseDigits(other, 12), undefined, other)
  }
})

test('base64 may have white space anywhere, and may lack its padding', () => {
  const text = (value: string): string | undefined => {
    const octets = parseBase64Tag(value)
    return octets === undefined ? undefined : Buffer.from(octets).toString()
  }
  assert.equal(text('dG Vz\r\n\tdA = ='), 'test')
  assert.equal(text('dGVzdA'), 'test')
  for (const other of ['', ' ', 'dGVz!A==', 'dGVzd', '=', 'dGVz=dA=', 'dGVzdA===', 'dGVz-_==']) {
    assert.equal(text(other), undefined, other)
  }
})

test('every base64 text is read back, folded anywhere', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(10), (octets, at) => {
      const text = Buffer.from(octets).toString('base64')
      const folded = `${text.slice(0, at)}\r\n ${text.slice(at)}`
      assert.deepEqual(Buffer.from(parseBase64Tag(folded) ?? []), Buffer.from(octets))
    }),
  )
})

test('quoted-printable of DKIM drops white space and takes upper-case hexadecimal only', () => {
  assert.equal(parseQuotedPrintable('=6Along@a'), 'jlong@a')
  assert.equal(parseQuotedPrintable('a\r\n b=3D'), 'ab=')
  assert.equal(parseQuotedPrintable('=C3=A4'), '\xc3\xa4')
  for (const other of ['=6a', '=', 'a=4', '=GG'])
    assert.equal(parseQuotedPrintable(other), undefined)
})

test('a long run of white space inside a text is trimmed around in no time', () => {
  const text = `a${' '.repeat(1 << 20)}b`
  assert.equal(trimFolds(` \t\r\n${text}\r\n `), text)
  assert.equal(trimFolds(' '.repeat(1 << 20)), '')
})
