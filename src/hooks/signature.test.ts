import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSecret, signedHeaders } from './signature.ts'

// The example of the specification of Standard Webhooks, which every library of it is tested with.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' }
const at = 1_614_265_330_000

test('the signature is that of the specification', () => {
  assert.deepEqual(signedHeaders(message, at, [secret]), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('with two secrets there are two signatures, and the time is in whole seconds', () => {
  const headers = signedHeaders(message, at + 999, [newSecret(), secret])
  assert.equal(headers['webhook-timestamp'], '1614265330')
  const signatures = headers['webhook-signature']?.split(' ') ?? []
  assert.equal(signatures.length, 2)
  assert.equal(signatures[1], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  assert.notEqual(signatures[0], signatures[1])
})

test('a secret is one that the libraries take: 24 to 64 octets, no two the same', () => {
  const made = newSecret()
  assert.match(made, /^whsec_[A-Za-z0-9+/]+={0,2}$/)
  const octets = Buffer.from(made.slice('whsec_'.length), 'base64').length
  assert.ok(octets >= 24 && octets <= 64)
  assert.notEqual(made, newSecret())
})
