import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jumpTarget } from './jump.ts'

test('an id leads to its message, wherever it was copied from', () => {
  const there = '/messages/1m8ebtc24bsavcx7'
  assert.equal(jumpTarget(' 1m8ebtc24bsavcx7 '), there)
  assert.equal(jumpTarget('Ref 1m8ebtc24bsavcx7'), there)
  assert.equal(jumpTarget('550 5.7.1 no (DMARC reject). Ref 1m8ebtc24bsavcx7'), there)
})

test('a Message-ID is looked for, and anything else is a query', () => {
  assert.equal(jumpTarget('<a+b@x.example>'), '/?q=message-id%3A%3Ca%2Bb%40x.example%3E')
  assert.equal(jumpTarget('to:anna status:refused'), '/?q=to%3Aanna+status%3Arefused')
  assert.equal(jumpTarget(''), '/')
})
