/** So many letters in so much time, at most. */
export interface Rate {
  readonly count: number
  readonly perMs: number
}

/**
 * A rate that is used is one number: the time at which its bucket is full again (the generic cell rate
 * algorithm, which is a token bucket without a clock of its own). Times are milliseconds of any clock
 * that never goes back. Pure.
 *
 * However they come, never more than `count` letters go in any `perMs`: a tenth of them may go at
 * once, and the others come one by one.
 */
export type RateUse = number

/** Nothing was sent for long. */
export const unused: RateUse = -Infinity

/** How many letters may go now. */
export function allowance(rate: Rate, use: RateUse, now: number): number {
  const owed = Math.max(0, use - now)
  return Math.max(0, Math.floor((burst(rate) * stepMs(rate) - owed) / stepMs(rate) + 1e-9))
}

/** So many letters go now. */
export function spend(
  rate: Rate,
  use: RateUse,
  { now, count }: { readonly now: number; readonly count: number },
): RateUse {
  return Math.max(use, now) + count * stepMs(rate)
}

/** When the next letter may go: `now` when it may at once. */
export function nextAt(rate: Rate, use: RateUse, now: number): number {
  return Math.max(now, use - (burst(rate) - 1) * stepMs(rate))
}

/** Letters that may go at once. */
function burst({ count }: Rate): number {
  return Math.max(1, Math.floor(count / 10))
}

/** Between two letters that go one by one; so that those and the burst are `count` together. */
function stepMs(rate: Rate): number {
  return rate.perMs / (rate.count - burst(rate) + 1)
}
