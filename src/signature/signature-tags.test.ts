import assert from 'node:assert/strict'
import { test } from 'node:test'

import { invalidTag, missingTag, quote } from './reason.ts'
import {
  expiryBeforeSigning,
  fromNotSigned,
  readBodyHash,
  readBodyLength,
  readCanonicalization,
  readTime,
  signatureOmission,
  unknownQuery,
  unsupportedAlgorithm,
} from './signature-tags.ts'
import { type TagList, parseTagList } from './tag-list.ts'

function tags(text: string): TagList {
  const list = parseTagList(text)
  assert.ok(list.ok)
  return list.value
}

/** The value, or the sentence that says why there is none. */
function read<T>(
  result: { ok: true; value: T } | { ok: false; problem: { text: string } },
): unknown {
  return result.ok ? result.value : result.problem.text
}

test('without c= header and body are simple, and an unknown c= is shown', () => {
  assert.deepEqual(read(readCanonicalization(tags('a=1'))), { header: 'simple', body: 'simple' })
  const relaxed = { header: 'relaxed', body: 'simple' }
  assert.deepEqual(read(readCanonicalization(tags('c=Relaxed'))), relaxed)
  const text = 'The canonicalization "nowsp/simple" is not known.'
  assert.equal(read(readCanonicalization(tags('c=nowsp/simple'))), text)
})

test('bh= becomes canonical base64 of the length of its hash', () => {
  const zeros = `${'A'.repeat(43)}=`
  assert.equal(read(readBodyHash(tags(`bh=AAAA ${zeros.slice(4, -1)}`), 'sha256')), zeros)
  const short = 'The value of bh= has not the length of a sha1 hash.'
  assert.equal(read(readBodyHash(tags(`bh=${zeros}`), 'sha1')), short)
  assert.equal(read(readBodyHash(tags('bh=!'), 'sha1')), 'The value of bh= is not base64.')
})

test('numbers are absent, digits within their bounds, or named as none', () => {
  assert.equal(read(readBodyLength(tags('a=1'))), undefined)
  assert.equal(read(readBodyLength(tags('l=0'))), 0)
  const long = 'The value of l= is not a number of at most 76 digits.'
  assert.equal(read(readBodyLength(tags(`l=${'1'.repeat(77)}`))), long)
  assert.equal(read(readTime(tags('t=999999999999'), 't')), 999_999_999_999)
  const none = 'The value of x= is not a number of at most 12 digits.'
  for (const x of ['', '-1', '1.5', '1000000000000']) {
    assert.equal(read(readTime(tags(`x=${x}`), 'x')), none)
  }
})

test('x= lies behind t=', () => {
  assert.equal(expiryBeforeSigning(undefined, 5), undefined)
  assert.equal(expiryBeforeSigning(5, undefined), undefined)
  assert.equal(expiryBeforeSigning(5, 6), undefined)
  assert.equal(expiryBeforeSigning(5, 5)?.code, 'expires-before-signed')
})

test('of the methods in q= one must be dns/txt, in any case', () => {
  assert.equal(unknownQuery(tags('a=1')), undefined)
  assert.equal(unknownQuery(tags('q=other : DNS/TXT')), undefined)
  assert.equal(
    unknownQuery(tags('q=other'))?.text,
    'The key is to be asked for by "other", and only dns/txt is known.',
  )
})

test('From must be among the signed fields', () => {
  assert.equal(fromNotSigned(['to', 'from']), undefined)
  assert.equal(fromNotSigned(['to'])?.code, 'from-not-signed')
})

test('the value of b= is left out with the white space around it', () => {
  assert.deepEqual(signatureOmission(tags('a=1; b= x ; c=1')), { start: 7, end: 10 })
  assert.deepEqual(signatureOmission(tags('a=1')), { start: 0, end: 0 })
})

test('reasons name their tag, and foreign text in them is short and printable', () => {
  assert.deepEqual(missingTag('d'), {
    code: 'tag-missing',
    text: 'The tag d= is missing.',
    tag: 'd',
  })
  assert.equal(invalidTag('i', 'is not an address').tag, 'i')
  assert.equal(
    unsupportedAlgorithm('x\x07y').text,
    'The algorithm "x?y" is not one that signatures are checked with.',
  )
  assert.equal(quote('z'.repeat(50)), `"${'z'.repeat(40)}…"`)
})
