import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { test } from 'node:test'

import { type BodyEvidence, bodyEvidence, headerEvidence, mismatchOf } from './evidence.ts'
import type { PublicKey } from './public-key.ts'
import { rsaPair } from './test-support/keys.ts'

const octets = Buffer.from('from:a@north.example\r\n')
const others = Buffer.from('from:b@north.example\r\n')
const hashed = { hash: hash('sha256', octets, 'base64'), octets: octets.length }
const pair = rsaPair(1024)
const key: PublicKey = { type: 'rsa', bits: 1024, object: pair.publicKey }
const algorithm = 'rsa-sha256'

test('a right signature matches; one over other octets still tells which hash was signed', () => {
  const right = sign('sha256', octets, pair.privateKey)
  const found = headerEvidence({ algorithm, signature: right }, key, octets)
  assert.deepEqual(found, { ...hashed, signature: 'match' })
  const signature = sign('sha256', others, pair.privateKey)
  assert.deepEqual(headerEvidence({ algorithm, signature }, key, octets), {
    ...hashed,
    signature: 'differs',
    signedHash: hash('sha256', others, 'base64'),
  })
})

test('a signature by another key, or by Ed25519, tells nothing of what was signed', () => {
  const signature = sign('sha256', octets, rsaPair(1024).privateKey)
  const differs = { ...hashed, signature: 'differs' }
  assert.deepEqual(headerEvidence({ algorithm, signature }, key, octets), differs)
  const ed = generateKeyPairSync('ed25519')
  const wrong = sign(null, hash('sha256', others, 'buffer'), ed.privateKey)
  const edKey: PublicKey = { type: 'ed25519', bits: 256, object: ed.publicKey }
  const input = { algorithm: 'ed25519-sha256', signature: wrong } as const
  assert.deepEqual(headerEvidence(input, edKey, octets), differs)
})

test('a body is compared by its hash', () => {
  const found = { hash: 'QQ==', octets: 9, covered: 5 }
  const expected = { expected: 'QQ==', found: 'QQ==', hash: 'match', octets: 9, covered: 5 }
  assert.deepEqual(bodyEvidence('QQ==', found), expected)
  assert.equal(bodyEvidence('Qg==', found).hash, 'differs')
})

test('what differs is told as exactly as it is known', () => {
  const match = { ...hashed, signature: 'match' } as const
  const changed = { ...hashed, signature: 'differs', signedHash: 'AA==' } as const
  const foreign = { ...hashed, signature: 'differs' } as const
  const body = (hash: 'match' | 'differs'): BodyEvidence => {
    return { expected: '', found: '', hash, octets: 0, covered: 0 }
  }
  const told = (
    header: Parameters<typeof mismatchOf>[0]['header'],
    over: BodyEvidence | undefined,
  ): string | undefined => mismatchOf({ algorithm, header, body: over, fields: 'signed' })?.code
  assert.equal(told(match, undefined), undefined)
  assert.equal(told(match, body('match')), undefined)
  assert.equal(told(match, body('differs')), 'body-hash-mismatch')
  assert.equal(told(changed, undefined), 'header-hash-mismatch')
  assert.equal(told(changed, body('differs')), 'header-and-body-hash-mismatch')
  assert.equal(told(foreign, body('match')), 'signature-mismatch')
  assert.equal(told(foreign, body('differs')), 'signature-and-body-hash-mismatch')
  const input = { algorithm, header: changed, body: body('differs'), fields: 'covered' } as const
  assert.deepEqual(mismatchOf(input), {
    code: 'header-and-body-hash-mismatch',
    text: 'The key is right, but the covered header fields are not those that were signed. The body hash differs as well.',
    tag: 'b',
  })
})
