import { createHmac, timingSafeEqual } from 'node:crypto'

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A hash that wants a secret, in letters and digits of one case: `characters` of five bits each.
 *
 * @param purpose for what it is good: the hash of one purpose is none of another
 * @param parts each by itself, in lower case, because servers between may change the case
 */
export function keyedHash(
  secret: string,
  {
    purpose,
    parts,
    characters,
  }: {
    readonly purpose: string
    readonly parts: readonly string[]
    readonly characters: number
  },
): string {
  const hmac = createHmac('sha256', secret)
  for (const part of [purpose, ...parts]) hmac.update(`${part.toLowerCase()}\0`)
  let text = ''
  for (const octet of hmac.digest().subarray(0, characters)) text += base32.charAt(octet & 31)
  return text
}

/** Takes the same time whatever differs; the case may have been changed on the way. */
export function sameHash(given: string, right: string): boolean {
  const one = Buffer.from(given.toLowerCase())
  const other = Buffer.from(right.toLowerCase())
  return one.length === other.length && timingSafeEqual(one, other)
}
