import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  defaultRetryPolicy,
  delayAfter,
  expectedAttempts,
  isDelayWarningDue,
  nextStep,
  RetrySchedule,
} from './schedule.ts'

const minute = 60_000
const hour = 60 * minute
const policy = defaultRetryPolicy

test('waits grow from five minutes to four hours', () => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 100, 1e9].map((n) => delayAfter(policy, n) / minute)
  assert.deepEqual(minutes, [5, 10, 20, 40, 80, 160, 240, 240, 240, 240])
})

test('chance moves a wait by a tenth at most, and never out of the bounds', () => {
  const at = (random: number, attempts: number): unknown => {
    return nextStep({ policy, attempts, now: 0, expiresAt: 1e12, random: () => random })
  }
  const cases = [
    [1, 5, 5.5],
    [3, 18, 22],
    [9, 216, 240],
  ] as const
  for (const [attempts, least, most] of cases) {
    assert.deepEqual(at(0, attempts), { type: 'retry', at: least * minute })
    const middle = ((least + most) / 2) * minute
    assert.deepEqual(at(0.5, attempts), { type: 'retry', at: middle })
    assert.deepEqual(at(0.9999999, attempts), { type: 'retry', at: most * minute })
  }
})

test('where both bounds are the same, chance has no room', () => {
  const narrow = { ...policy, firstDelayMs: 60 * minute, maxDelayMs: 60 * minute }
  const input = { policy: narrow, attempts: 4, now: 0, expiresAt: 1e12, random: () => 0.7 }
  assert.deepEqual(nextStep(input), { type: 'retry', at: 60 * minute })
})

test('the last attempt is made at the expiry, then the message is given up', () => {
  const step = (now: number): unknown =>
    nextStep({ policy, attempts: 9, now, expiresAt: 10 * hour, random: () => 0.9999999 })
  assert.deepEqual(step(5 * hour), { type: 'retry', at: 9 * hour })
  assert.deepEqual(step(9 * hour), { type: 'retry', at: 10 * hour })
  assert.deepEqual(step(10 * hour - minute), { type: 'expire' })
  assert.deepEqual(step(10 * hour), { type: 'expire' })
  assert.deepEqual(step(11 * hour), { type: 'expire' })
})

test('a message is kept for at least four days (RFC 5321 §4.5.4.1)', () => {
  assert.ok(policy.expireAfterMs >= 4 * 24 * hour)
})

/** Plays all attempts of a message that never gets through. */
function life(random: () => number): { readonly attempts: number[]; readonly warnings: number[] } {
  const attempts: number[] = []
  const warnings: number[] = []
  const expiresAt = policy.expireAfterMs
  for (let now = 0, scheduledAt = 0; ; ) {
    attempts.push(now)
    const next = nextStep({ policy, attempts: attempts.length, now, expiresAt, random })
    if (next.type === 'expire') return { attempts, warnings }
    const due = { policy, createdAt: 0, scheduledAt, nextAttemptAt: next.at }
    if (isDelayWarningDue(due)) warnings.push(now)
    scheduledAt = next.at
    // A dispatcher is never early, and sometimes late.
    now = next.at + Math.floor(random() * 5 * minute)
  }
}

test('whatever chance does, attempts end at the expiry and the sender is warned once (property)', () => {
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (stream) => {
        const { attempts, warnings } = life(() => stream.next().value)
        assert.equal(warnings.length, 1)
        assert.ok((warnings[0] ?? Infinity) <= 4 * hour + 5 * minute)
        assert.ok((warnings[0] ?? 0) >= 1 * hour)
        const last = attempts.at(-1) ?? 0
        assert.ok(last >= 5 * 24 * hour - 3 * minute && last <= 5 * 24 * hour + 5 * minute)
        assert.ok(attempts.length > 30 && attempts.length < 45, String(attempts.length))
      },
    ),
  )
})

test('without a time for it there is no warning', () => {
  const { warnAfterMs: _, ...silent } = policy
  const due = { policy: silent, createdAt: 0, scheduledAt: 0, nextAttemptAt: 1e12 }
  assert.equal(isDelayWarningDue(due), false)
})

test('the schedule of a queue counts the attempt that has just been made', () => {
  const policy = { ...defaultRetryPolicy, jitter: 0 }
  const schedule = new RetrySchedule(policy, 0)
  const expiresAt = policy.expireAfterMs
  const { firstDelayMs, growth, warnAfterMs = 0 } = policy
  const journeyId = 'j1'
  assert.equal(schedule.retryAt({ attempts: 0, expiresAt, journeyId }, 1000), 1000 + firstDelayMs)
  assert.equal(
    schedule.retryAt({ attempts: 1, expiresAt, journeyId }, 1000),
    1000 + firstDelayMs * growth,
  )
  assert.equal(schedule.retryAt({ attempts: 9, expiresAt, journeyId }, expiresAt), undefined)
  const item = { createdAt: 1000, nextAttemptAt: 2000 }
  assert.equal(schedule.warnOfDelay(item, 1000 + warnAfterMs + 1), true)
  assert.equal(schedule.warnOfDelay(item, 1000 + warnAfterMs), false)
})

test('chance moves the recipients of a letter alike, and letters, tries and servers apart', () => {
  const waits = (seed: number, journeyId: string, attempts: number): number | undefined => {
    const schedule = new RetrySchedule(defaultRetryPolicy, seed)
    return schedule.retryAt({ journeyId, attempts, expiresAt: 1e12 }, 0)
  }
  assert.equal(waits(1, 'j1', 3), waits(1, 'j1', 3))
  const usual = 40 * 60_000
  const letters = Array.from({ length: 1000 }, (_, n) => waits(1, `j${n}`, 3) ?? 0)
  assert.ok(new Set(letters).size > 900)
  // A tenth to either side, and all of it.
  assert.ok(Math.min(...letters) >= 0.9 * usual && Math.min(...letters) < 0.91 * usual)
  assert.ok(Math.max(...letters) <= 1.1 * usual && Math.max(...letters) > 1.09 * usual)
  assert.notEqual(waits(1, 'j1', 3), waits(2, 'j1', 3))
  assert.notEqual(waits(1, 'j1', 8), waits(1, 'j1', 9))
})

test('what is expected of a letter is its next try and all behind it, to the very end', () => {
  const minute = 60_000
  const policy = { ...defaultRetryPolicy, expireAfterMs: 60 * minute }
  const waiting = { attempts: 1, nextAttemptAt: 5 * minute, expiresAt: 60 * minute }
  const minutes = expectedAttempts(policy, waiting).map((at) => at / minute)
  assert.deepEqual(minutes, [5, 15, 35, 60])
  const whole = { attempts: 0, nextAttemptAt: 0, expiresAt: defaultRetryPolicy.expireAfterMs }
  const all = expectedAttempts(defaultRetryPolicy, whole)
  assert.equal(all.at(-1), whole.expiresAt)
  assert.deepEqual(
    all,
    all.toSorted((a, b) => a - b),
  )
  const never = expectedAttempts(policy, { attempts: 1, nextAttemptAt: 0, expiresAt: 1e15 })
  assert.equal(never.length, 100)
})
