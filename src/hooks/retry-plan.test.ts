import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextAttempt, retryAfterMs } from './retry-plan.ts'

const minute = 60_000
const hour = 60 * minute

test('the plan goes from seconds to a day, and ends', () => {
  const waits = Array.from({ length: 10 }, (_, n) => nextAttempt(0, n + 1, { random: 0 }))
  assert.deepEqual(waits, [
    5000,
    5 * minute,
    30 * minute,
    2 * hour,
    5 * hour,
    10 * hour,
    14 * hour,
    20 * hour,
    24 * hour,
    undefined,
  ])
})

test('chance adds up to a tenth, and takes nothing away', () => {
  assert.equal(nextAttempt(100, 1, { random: 0.5 }), 100 + 5250)
  assert.equal(nextAttempt(100, 1, { random: 0.999_999 }), 100 + 5500)
})

test('a receiver may ask for more time, but neither for less nor for ever', () => {
  assert.equal(nextAttempt(0, 1, { wishMs: minute, random: 0 }), minute)
  assert.equal(nextAttempt(0, 2, { wishMs: minute, random: 0 }), 5 * minute)
  assert.equal(nextAttempt(0, 1, { wishMs: 900 * hour, random: 0 }), 24 * hour)
})

test('Retry-After is in seconds or a date; what is neither asks for nothing', () => {
  assert.equal(retryAfterMs('120', 0), 120_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000), 50_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:01 GMT', 10_000), 0)
  for (const none of ['', 'soon', '-5', '1e9']) assert.equal(retryAfterMs(none, 0), 0, none)
})
