/**
 * Looks through the content that BDAT brings. It needs no decoding, but a CR or LF alone would be a
 * line end to a laxer host behind us when the message goes on by DATA, so it is reported as it is
 * there. RFC 3030 §2, RFC 5321 §2.3.8.
 */

const NUL = 0
const LF = 10
const CR = 13

export class ChunkReader {
  #state: 'text' | 'cr' = 'text'
  #consumed = 0
  #bareNewline = false
  #nul = false
  #bits = 0

  /** Chunks tell their length; nothing in them ends the content. */
  readonly done = false

  get consumed(): number {
    return this.#consumed
  }

  get bareNewline(): boolean {
    return this.#bareNewline
  }

  get nul(): boolean {
    return this.#nul
  }

  get eightBit(): boolean {
    return this.#bits > 127
  }

  /** Takes octets of a chunk and gives them back. */
  push(octets: Uint8Array): Uint8Array {
    let bits = this.#bits
    for (let i = 0; i < octets.length; i++) {
      const byte = octets[i] ?? 0
      bits |= byte
      if (byte > CR && this.#state === 'text') continue
      if (byte === NUL) this.#nul = true
      if ((byte === LF) !== (this.#state === 'cr')) this.#bareNewline = true
      this.#state = byte === CR ? 'cr' : 'text'
    }
    this.#bits = bits
    this.#consumed = octets.length
    return octets
  }

  /** The content is over: a CR at the very end stands alone. */
  end(): void {
    if (this.#state === 'cr') this.#bareNewline = true
    this.#state = 'text'
  }
}
