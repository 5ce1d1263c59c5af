import { octetsOf } from '../base/octets.ts'

const alphabet: Uint8Array = octetsOf(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
)
const PAD = 61
/** RFC 2045 §6.8: no line is longer than 76 characters. */
const maxLine = 76

/**
 * Encodes octets that come cut anywhere in lines of base64 with CRLF between them, and none behind
 * the last one. Holds two octets.
 */
export class Base64Encoder {
  #held: readonly number[] = []
  #line = 0
  #out = new Uint8Array(0)
  #length = 0

  push(octets: Uint8Array): Uint8Array {
    this.#makeRoom(octets.length + 2)
    const all = [...this.#held]
    let at = 0
    while (all.length > 0 && all.length < 3 && at < octets.length) all.push(octets[at++] ?? 0)
    if (all.length > 0 && all.length < 3) {
      this.#held = all
      return new Uint8Array(0)
    }
    const [a, b, c] = all
    if (a !== undefined && b !== undefined && c !== undefined) this.#group(a, b, c)
    for (; at + 2 < octets.length; at += 3) {
      this.#group(octets[at] ?? 0, octets[at + 1] ?? 0, octets[at + 2] ?? 0)
    }
    this.#held = Array.from(octets.subarray(at))
    return this.#out.subarray(0, this.#length)
  }

  /** The last group, padded. */
  end(): Uint8Array {
    const [a, b] = this.#held
    this.#held = []
    this.#makeRoom(2)
    if (a !== undefined) {
      this.#group(a, b ?? 0, 0)
      this.#out[this.#length - 1] = PAD
      if (b === undefined) this.#out[this.#length - 2] = PAD
    }
    return this.#out.subarray(0, this.#length)
  }

  #makeRoom(octets: number): void {
    const digits = Math.ceil(octets / 3) * 4
    this.#out = new Uint8Array(digits + (Math.ceil(digits / maxLine) + 1) * 2)
    this.#length = 0
  }

  #group(a: number, b: number, c: number): void {
    if (this.#line === maxLine) {
      this.#out[this.#length++] = 13
      this.#out[this.#length++] = 10
      this.#line = 0
    }
    const bits = (a << 16) | (b << 8) | c
    for (let shift = 18; shift >= 0; shift -= 6) {
      this.#out[this.#length++] = alphabet[(bits >> shift) & 63] ?? 0
    }
    this.#line += 4
  }
}
