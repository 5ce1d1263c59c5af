import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type KeyRecord, parseKeyRecord } from './key-record.ts'
import { rsaRecord } from './test-support/keys.ts'
import {
  defaultSignatureRules as rules,
  expired,
  keyTooShort,
  lengthExceedsBody,
  signedInFuture,
} from './rules.ts'

const now = 1_700_000_000

function record(text: string): KeyRecord {
  const read = parseKeyRecord(text)
  assert.ok(read.ok)
  return read.value
}

test('a signature expires in the second after x=', () => {
  assert.equal(expired(undefined, now), undefined)
  assert.equal(expired(now, now), undefined)
  assert.deepEqual(expired(now - 1, now), {
    code: 'expired',
    text: 'The signature expired 1 seconds ago (x=).',
    tag: 'x',
  })
})

test('l= may cover all of the body and no more', () => {
  assert.equal(lengthExceedsBody(undefined, 5), undefined)
  assert.equal(lengthExceedsBody(5, 5), undefined)
  assert.deepEqual(lengthExceedsBody(6, 5), {
    code: 'length-exceeds-body',
    text: 'The signature covers 6 octets of body (l=), and there are 5.',
    tag: 'l',
  })
})

test('an RSA key counts from the least length on, an Ed25519 key always (RFC 8301 §3.2)', () => {
  const short = record(rsaRecord(1024))
  assert.equal(keyTooShort(short, rules), undefined)
  assert.deepEqual(keyTooShort(short, { ...rules, minRsaBits: 1025 }), {
    code: 'key-too-short',
    text: 'The signature is right, but a key of 1024 bits proves nothing (RFC 8301).',
  })
  const ed25519 = record('k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=')
  assert.equal(keyTooShort(ed25519, { ...rules, minRsaBits: 4096 }), undefined)
})

test('a clock may be wrong by a day', () => {
  assert.equal(signedInFuture(undefined, now, rules), undefined)
  assert.equal(signedInFuture(now + 86_400, now, rules), undefined)
  assert.deepEqual(signedInFuture(now + 86_401, now, rules), {
    code: 'signed-in-future',
    text: 'The signature is right, but says that it was made 86401 seconds from now.',
    tag: 't',
  })
})
