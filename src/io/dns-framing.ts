import { concat } from '../base/octets.ts'

/** Puts the two octets of length before a message, as TCP wants it (RFC 1035 §4.2.2). */
export function frameDnsMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 2)
  framed[0] = message.length >> 8
  framed[1] = message.length & 255
  framed.set(message, 2)
  return framed
}

/**
 * Takes a TCP stream of DNS messages apart. Holds at most one unfinished message of 65,535 octets,
 * and the chunk in hand.
 */
export class DnsFrames {
  #held: Uint8Array[] = []
  #heldLength = 0

  /** The messages that `chunk` completes, in order. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#held.push(chunk)
    this.#heldLength += chunk.length
    if (this.#heldLength < this.#wanted()) return []
    const messages: Uint8Array[] = []
    const octets = concat(this.#held)
    let at = 0
    while (octets.length - at >= 2) {
      const end = at + 2 + (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
      if (end > octets.length) break
      messages.push(octets.subarray(at + 2, end))
      at = end
    }
    this.#held = at < octets.length ? [octets.subarray(at)] : []
    this.#heldLength = octets.length - at
    return messages
  }

  /** Octets from the start of what is held to the end of its first message, as far as is known. */
  #wanted(): number {
    const [first] = this.#held
    if (first === undefined || first.length < 2) return 2
    return 2 + (((first[0] ?? 0) << 8) | (first[1] ?? 0))
  }
}
