/** The octets that seals are over (RFC 8617 §5.1.1). */

import { concat } from '../base/octets.ts'
import type { HeaderField } from '../message/field.ts'
import { type Omission, canonicalField, signedHeader } from '../signature/canonical-header.ts'
import type { ArcSet } from './chain.ts'

const crlf = Uint8Array.of(13, 10)

/**
 * A chain in canonical form: sets in increasing order, in each ARC-Authentication-Results,
 * ARC-Message-Signature, ARC-Seal, always relaxed. Each field is canonicalised once, however many
 * seals cover it.
 */
export class SealedOctets {
  readonly #parts: Uint8Array[] = []
  /** How many parts each set's own seal covers. */
  readonly #covered: number[] = []

  /** Adds the next set: the two fields that its own seal covers. */
  addSet(results: HeaderField, message: HeaderField): void {
    this.#add(results)
    this.#add(message)
    this.#covered.push(this.#parts.length)
  }

  /** Adds the seal of the last set, which the seals of later sets cover. */
  addSeal(seal: HeaderField): void {
    this.#add(seal)
  }

  /** What the seal of a set is over; the last part is the seal without the value of its `b=`. */
  under(instance: number, seal: HeaderField, omit: Omission): Uint8Array {
    const own = signedHeader({ fields: [], signature: seal, omit, canonicalization: 'relaxed' })
    return concat([...this.#parts.slice(0, this.#covered[instance - 1]), own])
  }

  #add(field: HeaderField): void {
    this.#parts.push(canonicalField(field, 'relaxed'), crlf)
  }
}

/** The whole chain, ready to have the octets under each seal taken from it. */
export function sealedOctets(sets: readonly ArcSet[]): SealedOctets {
  const octets = new SealedOctets()
  for (const { resultsField, messageField, seal } of sets) {
    octets.addSet(resultsField, messageField)
    octets.addSeal(seal.field)
  }
  return octets
}
