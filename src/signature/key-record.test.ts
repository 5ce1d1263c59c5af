import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { KeyCache } from './key-cache.ts'
import { allowsHash, parseKeyRecord, servesEmail } from './key-record.ts'

const ed25519 = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const spki = rsa.export({ type: 'spki', format: 'der' }).toString('base64')
const pkcs1 = rsa.export({ type: 'pkcs1', format: 'der' }).toString('base64')

/** Type and length of the key, or the code of the problem. */
function read(text: string): string {
  const record = parseKeyRecord(text)
  return record.ok ? `${record.value.key.type} ${record.value.key.bits}` : record.problem.code
}

const table: readonly (readonly [what: string, text: string, expected: string])[] = [
  ['nothing but the key', `p=${spki}`, 'rsa 1024'],
  ['the key as a bare RSAPublicKey', `v=DKIM1; k=rsa; p=${pkcs1}`, 'rsa 1024'],
  ['an Ed25519 key', `v=DKIM1; k=ed25519; p=${ed25519}`, 'ed25519 256'],
  ['folds in the key', `p=${spki.slice(0, 20)} \r\n ${spki.slice(20)} ;`, 'rsa 1024'],
  [
    'every tag there is, and some there are not',
    `v=DKIM1;h=sha1:sha256:x;n=a note;s=email:*;t=y:s:z;g=;X=1;p=${spki}`,
    'rsa 1024',
  ],
  ['k= in upper case', `k=RSA; p=${spki}`, 'rsa 1024'],
  ['an empty key', 'v=DKIM1; p=', 'key-revoked'],
  ['an empty key of an unknown type', 'k=x; p= ', 'key-revoked'],
  ['no key', 'v=DKIM1; k=rsa', 'key-syntax'],
  ['nothing', '', 'key-syntax'],
  ['another kind of record', 'v=spf1 -all', 'key-syntax'],
  ['another version', `v=DKIM2; p=${spki}`, 'key-syntax'],
  ['the version in lower case', `v=dkim1; p=${spki}`, 'key-syntax'],
  ['the version not first', `p=${spki}; v=DKIM1`, 'key-syntax'],
  ['a tag twice', `p=${spki}; p=${spki}`, 'key-syntax'],
  ['an unknown tag twice', `x=1; x=2; p=${spki}`, 'key-syntax'],
  ['a tag without =', `k=rsa; t; p=${spki}`, 'key-syntax'],
  ['a key that is not base64', 'p=!!!!', 'key-syntax'],
  ['a type nobody knows', `k=dsa; p=${spki}`, 'key-type-unsupported'],
  ['base64 of something else', 'p=aGVsbG8gd29ybGQ=', 'key-unusable'],
  ['an Ed25519 key called RSA', `p=${ed25519}`, 'key-unusable'],
  ['an RSA key called Ed25519', `k=ed25519; p=${spki}`, 'key-unusable'],
  [
    'an Ed25519 key inside ASN.1',
    'k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    'key-unusable',
  ],
  ['an RSA key cut short', `p=${spki.slice(0, 100)}`, 'key-unusable'],
  ['a key of 60,000 octets', `p=${'A'.repeat(80_000)}`, 'key-too-large'],
]

for (const [what, text, expected] of table) {
  test(`a key record: ${what}`, () => {
    assert.equal(read(text), expected)
  })
}

test('an elliptic curve or RSA-PSS key is not an RSA key', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey
  for (const key of [ec, pss]) {
    const der = key.export({ type: 'spki', format: 'der' }).toString('base64')
    assert.equal(read(`p=${der}`), 'key-unusable')
  }
})

/** DER of an RSAPublicKey with any modulus and exponent. */
function rsaDer(modulus: Buffer, exponent: Buffer): string {
  const length = (n: number): Buffer =>
    n < 128 ? Buffer.from([n]) : Buffer.from([0x82, n >> 8, n & 255])
  const integer = (octets: Buffer): Buffer => {
    const positive = Buffer.concat([Buffer.from([0]), octets])
    return Buffer.concat([Buffer.from([2]), length(positive.length), positive])
  }
  const inner = Buffer.concat([integer(modulus), integer(exponent)])
  return Buffer.concat([Buffer.from([0x30]), length(inner.length), inner]).toString('base64')
}

test('keys that cost a lot to verify with are refused: a long modulus, a long exponent', () => {
  const odd = (octets: number): Buffer => Buffer.alloc(octets, 0xab)
  assert.equal(read(`p=${rsaDer(odd(1024), Buffer.from([1, 0, 1]))}`), 'rsa 8192')
  assert.equal(read(`p=${rsaDer(odd(1032), Buffer.from([1, 0, 1]))}`), 'key-too-large')
  assert.equal(read(`p=${rsaDer(odd(512), odd(8))}`), 'rsa 4096')
  assert.equal(read(`p=${rsaDer(odd(513), Buffer.from([1, 0, 1]))}`), 'rsa 4104')
  assert.equal(read(`p=${rsaDer(odd(513), Buffer.from([1, 0, 3]))}`), 'key-too-large')
  assert.equal(read(`p=${rsaDer(odd(128), odd(8))}`), 'rsa 1024')
  assert.equal(read(`p=${rsaDer(odd(128), odd(9))}`), 'key-too-large')
  assert.equal(read(`p=${rsaDer(odd(256), odd(256))}`), 'key-too-large')
})

test('flags, hashes and services are told', () => {
  const record = parseKeyRecord(`v=DKIM1; h= SHA256 : x; s = tlsrpt ; t= y :s; n=hi; p=${spki}`)
  assert.ok(record.ok)
  const { hashes, services, testing, strict, notes } = record.value
  assert.deepEqual(
    { hashes, services, testing, strict, notes },
    {
      hashes: ['sha256', 'x'],
      services: ['tlsrpt'],
      testing: true,
      strict: true,
      notes: 'hi',
    },
  )
  assert.equal(allowsHash(record.value, 'sha256'), true)
  assert.equal(allowsHash(record.value, 'sha1'), false)
  assert.equal(servesEmail(record.value), false)
})

test('flags are read without regard to case, as services and hashes are', () => {
  const record = parseKeyRecord(`v=DKIM1; t=Y : S; p=${spki}`)
  assert.ok(record.ok)
  assert.deepEqual([record.value.testing, record.value.strict], [true, true])
})

test('a record without flags allows every hash and serves mail', () => {
  const record = parseKeyRecord(`p=${spki}`)
  assert.ok(record.ok)
  assert.equal(allowsHash(record.value, 'sha1'), true)
  assert.equal(servesEmail(record.value), true)
  assert.equal(record.value.testing || record.value.strict, false)
})

test('t=y is told of a record that cannot be used as well', () => {
  const record = parseKeyRecord('t=y; p=')
  assert.ok(!record.ok)
  assert.equal(record.problem.testing, true)
})

test('a record with any change in it is read or refused, and never throws', () => {
  const text = `v=DKIM1; k=rsa; h=sha256; s=email; t=s; p=${spki}`
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(255), fc.boolean(), (at, octet, insert) => {
      parseKeyRecord(
        text.slice(0, at) + String.fromCharCode(octet) + text.slice(insert ? at : at + 1),
      )
    }),
    { numRuns: 400 },
  )
})

test('the cache gives what reading gives, forgets the oldest, and keeps no giants', () => {
  const cache = new KeyCache(2)
  const [a, b, c] = [`p=${spki}`, `k=ed25519;p=${ed25519}`, 'p=']
  const first = cache.read(a)
  assert.equal(cache.read(a), first)
  cache.read(b)
  cache.read(a)
  cache.read(c)
  assert.equal(cache.size, 2)
  assert.equal(cache.read(a), first)
  cache.read(`n=${'x'.repeat(5000)}; p=${spki}`)
  assert.equal(cache.size, 2)
})
