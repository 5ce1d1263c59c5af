/**
 * Ids of journeys, messages and queue items: short enough to be read aloud, in time order.
 *
 * 9 characters of time (milliseconds, good until the year 3084) and 7 of chance, in Crockford's
 * base 32 in lower case, which has no letters that look like digits.
 */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'

/** Makes an id. `random` gives numbers in [0, 1). */
export function makeId(nowMs: number, random: () => number): string {
  let time = ''
  for (let rest = Math.floor(nowMs), i = 0; i < 9; i++) {
    time = digits.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  let chance = ''
  for (let i = 0; i < 7; i++) chance += digits.charAt(Math.floor(random() * 32))
  return time + chance
}

/** Whether `text` is an id as `makeId` makes them. */
export function isId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(text)
}

/** When an id was made; `undefined` for what is none. */
export function timeOfId(id: string): number | undefined {
  if (!isId(id)) return undefined
  let time = 0
  for (const digit of id.slice(0, 9)) time = time * 32 + digits.indexOf(digit)
  return time
}
