import type { AnswerReading } from '../answers/kinds.ts'
import { seededRandom, seedOf } from '../base/random.ts'
import { delayInManner, namedDelay, type RetryManner, retryManner } from './retry-manner.ts'

/** When to try again, and when to give up. Times are Unix milliseconds. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export interface RetryPolicy {
  /** The wait after the first attempt. */
  readonly firstDelayMs: number
  /** Each wait is this many times as long as the one before. */
  readonly growth: number
  readonly maxDelayMs: number
  /**
   * Each wait is moved by chance, by up to this part of it, so that retries do not march in step; never
   * below the first wait or beyond the longest one.
   */
  readonly jitter: number
  /** How long a message is kept trying for. */
  readonly expireAfterMs: number
  /** After this time the sender is told of the delay; absent: never. */
  readonly warnAfterMs?: number
}

/**
 * 5, 10, 20, 40, 80, 160 minutes, then every 4 hours, for 5 days; a word to the sender after 4 hours.
 *
 * RFC 5321 §4.5.4.1: at least 30 minutes between attempts in general, sooner at first because most
 * trouble is short; "the give-up time generally needs to be at least 4-5 days".
 */
export const defaultRetryPolicy: RetryPolicy = {
  firstDelayMs: 5 * minuteMs,
  growth: 2,
  maxDelayMs: 4 * hourMs,
  jitter: 0.1,
  expireAfterMs: 5 * dayMs,
  warnAfterMs: 4 * hourMs,
}

/** What happens after an attempt that did not succeed for now. */
export type NextStep =
  | { readonly type: 'retry'; readonly at: number }
  /** The time is over: the deferral becomes a failure (status 5.4.7). */
  | { readonly type: 'expire' }

/**
 * Decides when to try again after `attempts` attempts, the one that just failed included.
 *
 * No wait reaches beyond the expiry: the last attempt is made then, and only after that the message
 * is given up. A rest shorter than half of the first wait is not worth an attempt.
 *
 * @param input.attempts 1 or more
 * @param input.manner   by what the last answer meant; `usual` when absent
 * @param input.namedMs  the wait that the server asked for, up to a day: none is shorter, chance only
 *   adds; it may be longer than `maxDelayMs`
 * @param input.random   numbers in [0, 1)
 */
export function nextStep(input: {
  readonly policy: RetryPolicy
  readonly attempts: number
  readonly now: number
  readonly expiresAt: number
  readonly manner?: RetryManner
  readonly namedMs?: number | undefined
  readonly random: () => number
}): NextStep {
  const { policy, now, expiresAt, attempts, manner = 'usual', namedMs } = input
  const { firstDelayMs, maxDelayMs, jitter } = policy
  if (expiresAt - now < firstDelayMs / 2) return { type: 'expire' }
  const usual = (count: number): number => delayAfter(policy, count)
  const bounds = { usual, firstDelayMs, maxDelayMs }
  const wait =
    namedMs === undefined
      ? delayInManner(manner, attempts, bounds)
      : namedDelay(namedMs, attempts, bounds)
  // Chance has its whole room where a wait stands at one of the bounds: none piles up there.
  const least = Math.max(firstDelayMs, namedMs === undefined ? wait * (1 - jitter) : wait)
  const longest = Math.max(maxDelayMs, (namedMs ?? 0) * (1 + jitter))
  const most = Math.max(least, Math.min(longest, wait * (1 + jitter)))
  const moved = least + (most - least) * input.random()
  return { type: 'retry', at: Math.min(expiresAt, now + Math.round(moved)) }
}

/** So many tries that are to come are told. */
const mostExpected = 100

/** When what waits will be tried, as far as one can know: without chance, and if every try fails. */
export function expectedAttempts(
  policy: RetryPolicy,
  waiting: {
    readonly attempts: number
    readonly nextAttemptAt: number
    readonly expiresAt: number
  },
): readonly number[] {
  const { attempts, nextAttemptAt, expiresAt } = waiting
  const times = [nextAttemptAt]
  const certain = { ...policy, jitter: 0 }
  while (times.length < mostExpected) {
    const now = times.at(-1) ?? nextAttemptAt
    const made = attempts + times.length
    const step = nextStep({ policy: certain, attempts: made, now, expiresAt, random: () => 0 })
    if (step.type === 'expire') break
    times.push(step.at)
  }
  return times
}

/** The wait after `attempts` attempts, without chance. */
export function delayAfter(policy: RetryPolicy, attempts: number): number {
  // The exponent is bounded so that no number of attempts gives Infinity or NaN.
  const steps = Math.min(Math.max(0, attempts - 1), 64)
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * policy.growth ** steps)
}

/**
 * Whether the sender is to be told of the delay now, at a deferral.
 *
 * The answer is yes at exactly one deferral, without anything to remember: the one whose own attempt
 * was due before the moment of the warning and whose next attempt is due after it. So the word comes
 * at the last attempt before that moment, never later. Where somebody has had it tried out of turn
 * it may be yes again: who tells the sender looks whether that was done.
 *
 * @param input.scheduledAt   when the attempt that was deferred had been due
 * @param input.nextAttemptAt when the next one is due
 */
export function isDelayWarningDue(input: {
  readonly policy: RetryPolicy
  readonly createdAt: number
  readonly scheduledAt: number
  readonly nextAttemptAt: number
}): boolean {
  const { warnAfterMs } = input.policy
  if (warnAfterMs === undefined) return false
  const warnAt = input.createdAt + warnAfterMs
  return input.scheduledAt <= warnAt && warnAt < input.nextAttemptAt
}

/**
 * The schedule of the items of one queue. Chance moves all recipients of a letter alike, so that those
 * who were tried in one transaction are tried in one again.
 */
export class RetrySchedule {
  readonly #policy: RetryPolicy
  readonly #seed: number

  /** @param seed of chance, so that two servers do not march in step */
  constructor(policy: RetryPolicy, seed: number) {
    this.#policy = policy
    this.#seed = seed
  }

  /**
   * When to try again after this attempt; `undefined` when it was the last.
   *
   * @param heard what the answer meant; `undefined`: nothing is known of it
   */
  retryAt(
    item: { readonly attempts: number; readonly expiresAt: number; readonly journeyId: string },
    now: number,
    heard?: Pick<AnswerReading, 'kind' | 'waitSeconds'>,
  ): number | undefined {
    const [policy, manner] = [this.#policy, retryManner(heard?.kind)]
    const namedMs = heard?.waitSeconds === undefined ? undefined : heard.waitSeconds * 1000
    const attempts = item.attempts + 1
    const random = seededRandom(this.#seed ^ seedOf(`${item.journeyId} ${attempts}`))
    const next = nextStep({
      policy,
      attempts,
      now,
      expiresAt: item.expiresAt,
      manner,
      namedMs,
      random,
    })
    return next.type === 'retry' ? next.at : undefined
  }

  /** Whether the sender is to be told now that it takes longer, at a deferral until then. */
  warnOfDelay(
    item: { readonly createdAt: number; readonly nextAttemptAt: number },
    nextAttemptAt: number,
  ): boolean {
    const { createdAt, nextAttemptAt: scheduledAt } = item
    return isDelayWarningDue({ policy: this.#policy, createdAt, scheduledAt, nextAttemptAt })
  }
}
