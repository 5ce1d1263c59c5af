import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { DnsAnswer } from '../dns/resolver.ts'
import type { HeaderEvidence } from './evidence.ts'
import {
  nearestToPass,
  notForAlgorithm,
  notForMail,
  publishedKeys,
  unusableKey,
} from './key-choice.ts'
import { type KeyRecord, parseKeyRecord } from './key-record.ts'
import { rsaRecord } from './test-support/keys.ts'

const name = 's1._domainkey.north.example'
const rsa = rsaRecord(1024)

function record(text: string): KeyRecord {
  const read = parseKeyRecord(text)
  assert.ok(read.ok)
  return read.value
}

const none: readonly (readonly [answer: DnsAnswer<string>, code: string, text: string])[] = [
  [
    { type: 'failed', reason: 'timeout' },
    'key-unavailable',
    `DNS did not give the key at ${name} (timeout).`,
  ],
  [
    { type: 'noName', ttlSeconds: 60, dnssec: 'insecure' },
    'key-missing',
    `There is no key at ${name} (no such name).`,
  ],
  [
    { type: 'noData', ttlSeconds: 60, dnssec: 'insecure' },
    'key-missing',
    `There is no key at ${name} (no TXT record).`,
  ],
  [
    { type: 'found', records: [], ttlSeconds: 60, dnssec: 'insecure' },
    'key-missing',
    `There is no key at ${name} (no TXT record).`,
  ],
]

for (const [answer, code, text] of none) {
  test(`an answer without a key (${answer.type}) says: ${text}`, () => {
    assert.deepEqual(publishedKeys(name, answer), { ok: false, problem: { code, text } })
  })
}

test('all records of an answer are there to choose from', () => {
  const records = ['a', 'b']
  const answer = { type: 'found', records, ttlSeconds: 60, dnssec: 'insecure' } as const
  assert.deepEqual(publishedKeys(name, answer), { ok: true, value: records })
})

interface Judged {
  readonly letter: string
  readonly result: string
  readonly header?: HeaderEvidence
}

/** A verdict by its letter: passed, right and not passed, wrong, or (`-`) not even looked at. */
function verdict(letter: string): Judged {
  const result = letter === 'p' ? 'pass' : 'fail'
  if (letter === '-') return { letter, result }
  const signature = letter === 'w' ? 'differs' : 'match'
  return { letter, result, header: { hash: '', octets: 0, signature } }
}

test('the first record that passes decides, else the first of those nearest to it', () => {
  const tried: string[] = []
  const choose = (records: string): string => {
    tried.length = 0
    return nearestToPass(Array.from(records), (letter) => {
      tried.push(letter)
      return verdict(letter)
    }).letter
  }
  assert.equal(choose('-wrp-'), 'p')
  assert.deepEqual(tried, ['-', 'w', 'r', 'p'])
  assert.equal(choose('-wr-'), 'r')
  assert.equal(choose('-w-'), 'w')
  assert.equal(choose('--'), '-')
  assert.throws(() => choose(''), /no record/)
})

test('a record that cannot be read is named with what is wrong', () => {
  const problem = { code: 'key-revoked', text: 'its p= is empty', testing: false } as const
  assert.deepEqual(unusableKey(name, problem), {
    code: 'key-revoked',
    text: `The key at ${name} is not usable: its p= is empty.`,
  })
})

test('a record is for mail, for a hash and for a type of key (RFC 6376 §6.1.2)', () => {
  assert.equal(notForMail(name, record(rsa)), undefined)
  assert.equal(notForMail(name, record(`${rsa}; s=tlsrpt:email`)), undefined)
  assert.equal(notForMail(name, record(`${rsa}; s=tlsrpt`))?.code, 'key-service-mismatch')
  assert.equal(notForAlgorithm(name, record(rsa), 'rsa-sha1'), undefined)
  assert.deepEqual(notForAlgorithm(name, record(`${rsa}; h=sha1`), 'rsa-sha256'), {
    code: 'key-hash-mismatch',
    text: `The key at ${name} is not for sha256 (h=).`,
  })
  assert.deepEqual(notForAlgorithm(name, record(rsa), 'ed25519-sha256'), {
    code: 'key-type-mismatch',
    text: `The key at ${name} is of type rsa; the signature needs ed25519.`,
  })
})
