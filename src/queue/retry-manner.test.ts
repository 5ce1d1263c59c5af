import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AnswerKind } from '../answers/kinds.ts'
import { retryManner } from './retry-manner.ts'
import { defaultRetryPolicy, nextStep, RetrySchedule } from './schedule.ts'

const minute = 60_000
/** Those that are met often; the others are said by a switch that knows them all. */
const kinds: readonly AnswerKind[] = [
  'try-later',
  'rate-limited',
  'connection-limit',
  'system-full',
  'network',
  'dns',
  'greylisted',
  'mailbox-full',
  'mailbox-disabled',
  'listed',
  'policy',
  'unknown',
]

/** The waits of a letter that hears the same each time, in minutes. */
function waits(
  kind: AnswerKind | undefined,
  count: number,
  policy = defaultRetryPolicy,
  waitSeconds?: number,
): number[] {
  const named = waitSeconds === undefined ? {} : { waitSeconds }
  const heard = kind === undefined ? undefined : { kind, ...named }
  const schedule = new RetrySchedule({ ...policy, jitter: 0 }, 0)
  return Array.from({ length: count }, (_, attempts) => {
    return (
      (schedule.retryAt({ attempts, expiresAt: 1e12, journeyId: 'j1' }, 0, heard) ?? NaN) / minute
    )
  })
}

test('what an answer meant decides how soon a letter is tried again', () => {
  assert.deepEqual(waits(undefined, 8), [5, 10, 20, 40, 80, 160, 240, 240])
  assert.deepEqual(waits('try-later', 8), [5, 10, 20, 40, 80, 160, 240, 240])
  assert.deepEqual(waits('greylisted', 10), [5, 10, 15, 15, 15, 15, 15, 15, 240, 240])
  assert.deepEqual(waits('mailbox-full', 5), [60, 120, 240, 240, 240])
})

test('other answers are tried at the usual times', () => {
  const others = kinds.filter((kind) => retryManner(kind) !== 'usual')
  assert.deepEqual(others, ['greylisted', 'mailbox-full', 'mailbox-disabled'])
})

test('a wait that the server names is kept at first, and later only where it is the longer one', () => {
  const named = (seconds: number, policy = defaultRetryPolicy): number[] => {
    return waits('greylisted', 10, policy, seconds)
  }
  assert.deepEqual(named(600), [10, 10, 10, 10, 10, 10, 10, 10, 240, 240])
  assert.deepEqual(named(60), [5, 5, 5, 5, 5, 5, 5, 5, 240, 240])
  // Longer than the longest wait of ours, which it is not cut to.
  assert.deepEqual(
    named(43_200),
    Array.from({ length: 10 }, () => 720),
  )
  assert.deepEqual(named(86_400)[0], 1440)
  const all = Array.from({ length: 300 }, (_, n) => {
    const item = { attempts: 0, expiresAt: 1e12, journeyId: `j${n}` }
    const heard = { kind: 'try-later', waitSeconds: 900 } as const
    return new RetrySchedule(defaultRetryPolicy, 1).retryAt(item, 0, heard) ?? 0
  })
  // Never before the time that was asked for, and not all at once.
  assert.ok(Math.min(...all) >= 15 * minute && Math.max(...all) <= 16.5 * minute)
  assert.ok(new Set(all).size > 200)
})

test('a wait that the server names ends where the letter does, and chance only adds to it', () => {
  const [hour, policy] = [60 * minute, defaultRetryPolicy]
  const at = (namedMs: number, expiresAt: number, chance: number): number => {
    const input = { policy, attempts: 1, now: 0, expiresAt, namedMs, random: () => chance }
    const next = nextStep(input)
    return next.type === 'retry' ? next.at / hour : NaN
  }
  assert.equal(at(12 * hour, 120 * hour, 0), 12)
  assert.ok(Math.abs(at(12 * hour, 120 * hour, 1) - 13.2) < 0.001)
  assert.equal(at(12 * hour, 6 * hour, 0), 6)
})

test('the settings bound every wait, whatever the answer', () => {
  const slow = { ...defaultRetryPolicy, firstDelayMs: 30 * minute, maxDelayMs: 45 * minute }
  assert.deepEqual(waits('greylisted', 3, slow), [30, 30, 30])
  assert.deepEqual(waits('mailbox-full', 3, slow), [45, 45, 45])
  const rare = { ...defaultRetryPolicy, firstDelayMs: 120 * minute }
  assert.deepEqual(waits('mailbox-full', 3, rare), [120, 240, 240])
})

test('no wait is outside the bounds, and a later one is never shorter (property)', () => {
  const policies = fc.record({
    firstDelayMs: fc.integer({ min: 1000, max: 4 * 60 * minute }),
    more: fc.integer({ min: 0, max: 10 * 60 * minute }),
    jitter: fc.constantFrom(0, 0.1, 0.5),
  })
  const manners = fc.constantFrom('usual', 'soon', 'late')
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(policies, manners, chance, ({ more, ...some }, manner, random) => {
      const maxDelayMs = some.firstDelayMs + more
      const policy = { ...defaultRetryPolicy, ...some, maxDelayMs }
      let before = 0
      for (let attempts = 1; attempts < 40; attempts++) {
        const input = { policy, attempts, now: 0, expiresAt: 1e15, manner, random: () => random }
        const next = nextStep(input)
        assert.ok(next.type === 'retry')
        assert.ok(next.at >= policy.firstDelayMs && next.at <= maxDelayMs)
        assert.ok(next.at >= before - 1)
        before = next.at
      }
    }),
  )
})
