const minute = 60_000
const hour = 60 * minute

/** How long after each attempt the next one comes. */
const delays: readonly number[] = [
  5000,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** A receiver may ask for more time, but not for ever. */
const longestWish = 24 * hour

/**
 * When to try again; `undefined`: never.
 *
 * @param attempts how many there were, this one included
 * @param wishMs what Retry-After asked for (RFC 9110 §10.2.3)
 * @param random a number in [0, 1): up to a tenth more, so that not all come back at once
 */
export function nextAttempt(
  now: number,
  attempts: number,
  { wishMs = 0, random }: { readonly wishMs?: number; readonly random: number },
): number | undefined {
  const delay = delays[attempts - 1]
  if (delay === undefined) return undefined
  return now + Math.round(Math.max(delay * (1 + random / 10), Math.min(wishMs, longestWish)))
}

/** Retry-After in milliseconds: seconds, or a date (RFC 9110 §5.6.7); anything else asks for nothing. */
export function retryAfterMs(value: string, now: number): number {
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000
  const at = /^[A-Z][a-z]{2,8},? .*GMT$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}
