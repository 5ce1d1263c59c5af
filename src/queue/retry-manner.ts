import type { AnswerKind } from '../answers/kinds.ts'

/**
 * How soon a letter is tried again, by what the last answer meant.
 *
 * - `usual`: the waits of the policy.
 * - `soon`: no wait is longer than a quarter of an hour at first. Who greylists takes the letter when
 *   it comes again after some minutes, and never minds that it does (RFC 6647 §2).
 * - `late`: it begins with an hour. A full mailbox is not emptied sooner, and each try is for nothing.
 */
export type RetryManner = 'usual' | 'soon' | 'late'

const minuteMs = 60_000

/** The longest wait of a letter that is to come back soon, and for how many attempts. */
const soonMs = 15 * minuteMs
const soonAttempts = 8
/** Where the waits of a letter begin that has time. */
const lateMs = 60 * minuteMs

/** The manner that goes with an answer. Absent: nothing is known of it. */
export function retryManner(kind: AnswerKind | undefined): RetryManner {
  switch (kind) {
    case 'greylisted':
      return 'soon'
    case 'mailbox-full':
    case 'mailbox-disabled':
      return 'late'
    case undefined:
    // What wants fewer letters or connections pauses the destination besides.
    case 'rate-limited':
    case 'connection-limit':
    case 'try-later':
    case 'system-full':
    // The back-off of the destination keeps the others away.
    case 'network':
    case 'dns':
    // About us: somebody has to do something first, and who knows when.
    case 'listed':
    case 'reputation':
    case 'no-reverse-name':
    case 'tls-wanted':
    case 'login-wanted':
    // Deferred all the same, so the server expects that they come again.
    case 'no-such-mailbox':
    case 'relay-denied':
    case 'sender-refused':
    case 'authentication-failed':
    case 'spam':
    case 'policy':
    case 'content':
    case 'too-big':
    case 'loop':
    case 'protocol':
    case 'unsupported':
    case 'unknown':
      return 'usual'
  }
}

/**
 * The wait after `attempts` attempts, without chance: what `usual` gives, moved by the manner, and
 * within the first and the longest wait in any case.
 */
export function delayInManner(
  manner: RetryManner,
  attempts: number,
  {
    usual,
    firstDelayMs,
    maxDelayMs,
  }: {
    readonly usual: (attempts: number) => number
    readonly firstDelayMs: number
    readonly maxDelayMs: number
  },
): number {
  const within = (ms: number): number => Math.min(maxDelayMs, Math.max(firstDelayMs, ms))
  switch (manner) {
    case 'usual':
      return within(usual(attempts))
    case 'soon': {
      const wait = usual(attempts)
      return within(attempts <= soonAttempts ? Math.min(soonMs, wait) : wait)
    }
    case 'late':
      return within(Math.max(1, lateMs / firstDelayMs) * usual(attempts))
  }
}

/**
 * The wait after `attempts` attempts where the server has named one: that, for the first attempts; a
 * server that always names the same short one is not asked so often for days. Never below the first
 * wait. It may be longer than the longest wait, which bounds what we choose ourselves: who says "in 12
 * hours" refuses every try before.
 *
 * @param namedMs at most a day (`namedWaitSeconds`)
 */
export function namedDelay(
  namedMs: number,
  attempts: number,
  {
    usual,
    firstDelayMs,
  }: { readonly usual: (attempts: number) => number; readonly firstDelayMs: number },
): number {
  const wait = attempts <= soonAttempts ? namedMs : Math.max(namedMs, usual(attempts))
  return Math.max(firstDelayMs, wait)
}
