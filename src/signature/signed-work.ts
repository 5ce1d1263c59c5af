/** How much the signatures of one message may cost, whoever made them. */

import type { SignatureReason } from './reason.ts'

/**
 * Checking a signature once costs as much as hashing these octets at least: with the longest keys
 * that are taken, about a third of a millisecond.
 */
const leastOctets = 32 * 1024

/**
 * Counts the header octets that the signatures of one message are over, each key tried anew. All are
 * checked at one go while others wait, and a header of a megabyte under fifty seals, or ten signatures
 * with four keys each, would take a third of a second.
 *
 * Signatures that are checked in an order of their own need a count of their own: what is refused
 * must not hang on who was first.
 */
export class SignedWork {
  readonly #max: number
  #done = 0

  /** @param max octets in all; the first check is always made */
  constructor(max: number) {
    this.#max = max
  }

  /** Counts one check over so many octets; a reason when that is too much, and not counted then. */
  begin(octets: number): SignatureReason | undefined {
    const cost = Math.max(leastOctets, octets)
    if (this.#done > 0 && this.#done + cost > this.#max) return tooMuchSigned(this.#max)
    this.#done += cost
    return undefined
  }
}

function tooMuchSigned(max: number): SignatureReason {
  const text = `The signatures of this message cover more of its header than is checked of one message (${max} octets).`
  return { code: 'too-much-signed', text }
}
