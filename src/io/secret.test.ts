import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSecret, secretHash } from './secret.ts'

test('secrets say what they are, and no two are the same', () => {
  const secret = newSecret()
  assert.match(secret, /^wb_live_[\w-]{43}$/)
  assert.notEqual(newSecret(), secret)
  // printf wb_live_x | sha256sum
  const known = '86ca7c1f629888376e30816f516d17969a1f44564688bf4d07b321bb0614fb41'
  assert.equal(secretHash('wb_live_x'), known)
})
