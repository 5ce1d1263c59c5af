import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tooOld } from './expiry.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

test('a letter that is given up is told of in the largest unit that fits, rounded down', () => {
  for (const [ms, attempts, words] of [
    [0, 1, '0 minutes and one attempt'],
    [minuteMs - 1, 1, '0 minutes and one attempt'],
    [minuteMs, 2, '1 minute and 2 attempts'],
    [hourMs - 1, 2, '59 minutes and 2 attempts'],
    [hourMs, 2, '1 hour and 2 attempts'],
    [dayMs - 1, 3, '23 hours and 3 attempts'],
    [dayMs, 3, '1 day and 3 attempts'],
    [5 * dayMs + hourMs, 23, '5 days and 23 attempts'],
    // The clock was set back.
    [-dayMs, 0, '0 minutes and 0 attempts'],
  ] as const) {
    const text = tooOld({ createdAt: 1000 }, { attempts, now: 1000 + ms, because: 'No.' })
    assert.equal(text, `It was given up after ${words}. The last time: No.`)
  }
})
