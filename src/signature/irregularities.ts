/** Finds, fast, the places where relaxed body canonicalisation has something to do. */

const TAB = 9
const CR = 13
const SP = 32

/** Reading octets as 32-bit words below assumes that the first octet is the lowest. */
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

const noWords = new Int32Array(0)

/** Chunks below this are not worth a second view. */
const smallChunk = 128

/** The top bit of each of the four octets of a word. */
const tops = 0x80808080 | 0

/**
 * The irregular white space of one chunk: a TAB, or a SP that a SP, a TAB or a CR follows, or that
 * ends the chunk. All other octets stay as they are under RFC 6376 §3.4.4 a.
 */
export class Irregularities {
  readonly #chunk: Uint8Array
  readonly #words: Int32Array
  /** Where the first word begins in the chunk. */
  readonly #wordsAt: number

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk
    const skew = (4 - (chunk.byteOffset & 3)) & 3
    const count = (chunk.length - skew) >> 2
    const useful = littleEndian && chunk.length >= smallChunk
    this.#wordsAt = skew
    this.#words = useful ? new Int32Array(chunk.buffer, chunk.byteOffset + skew, count) : noWords
  }

  /** The first irregular octet from `from` on; the length of the chunk when there is none. */
  next(from: number): number {
    const wordsAt = this.#wordsAt
    const wordCount = this.#words.length
    /** All octets before `at` are known to be regular. */
    let at = from
    let block = Math.max(0, (from - wordsAt + 3) >> 2)
    while (block + 4 <= wordCount) {
      const begin = wordsAt + block * 4
      const early = this.#look(at, begin)
      if (early < begin) return early
      block = this.#suspicious(block)
      // The octet before the block is looked at again: it may be a SP, and the block begin with one.
      at = Math.max(begin, wordsAt + block * 4 - 1)
      const end = wordsAt + Math.min(block + 4, wordCount) * 4
      const found = this.#look(at, end)
      if (found < end) return found
      at = end
      block += 4
    }
    return this.#look(at, this.#chunk.length)
  }

  /** Octet by octet; `end` when there is nothing irregular before it. */
  #look(from: number, end: number): number {
    const chunk = this.#chunk
    for (let at = from; at < end; at++) {
      const octet = chunk[at]
      if (octet === TAB) return at
      if (octet === SP) {
        const next = chunk[at + 1]
        if (next === SP || next === TAB || next === CR || next === undefined) return at
      }
    }
    return end
  }

  /**
   * The first word from `first` on, in steps of four, with which a block of four begins that may
   * hold something irregular, or make something irregular of a SP right before it. It may be wrong
   * in that, never the other way round. At the end: the first word that fills no block.
   *
   * An octet c is below n when the top bit of (c - n) & ~c is set. A borrow from the octet below can
   * set it too, where c is n: this is the one way to be wrong.
   */
  #suspicious(first: number): number {
    const words = this.#words
    const last = words.length - 4
    /** The low marks of the octet before the block, where a shift by one octet takes them. */
    let before = 0
    let at = first
    for (; at <= last; at += 4) {
      const a = words[at] ?? 0
      const b = words[at + 1] ?? 0
      const c = words[at + 2] ?? 0
      const d = words[at + 3] ?? 0
      // White space and control characters.
      const lowA = (a - 0x21212121) & ~a
      const lowB = (b - 0x21212121) & ~b
      const lowC = (c - 0x21212121) & ~c
      const lowD = (d - 0x21212121) & ~d
      // Each with another of them behind it, in the same word or at the start of the next.
      const pairs =
        (((lowA << 8) | before) & lowA) |
        (((lowB << 8) | (lowA >>> 24)) & lowB) |
        (((lowC << 8) | (lowB >>> 24)) & lowC) |
        (((lowD << 8) | (lowC >>> 24)) & lowD)
      const controls =
        ((a - 0x20202020) & ~a) |
        ((b - 0x20202020) & ~b) |
        ((c - 0x20202020) & ~c) |
        ((d - 0x20202020) & ~d)
      // Words with single spaces between them, as in most of most letters.
      if (((pairs | controls) & tops) !== 0) {
        const spaceA = zeros(a ^ 0x20202020)
        const spaceB = zeros(b ^ 0x20202020)
        const spaceC = zeros(c ^ 0x20202020)
        const spaceD = zeros(d ^ 0x20202020)
        const spaces =
          (((spaceA << 8) | before) & lowA) |
          (((spaceB << 8) | (spaceA >>> 24)) & lowB) |
          (((spaceC << 8) | (spaceB >>> 24)) & lowC) |
          (((spaceD << 8) | (spaceC >>> 24)) & lowD)
        const tabs =
          zeros(a ^ 0x09090909) |
          zeros(b ^ 0x09090909) |
          zeros(c ^ 0x09090909) |
          zeros(d ^ 0x09090909)
        if (((spaces | tabs) & tops) !== 0) return at
      }
      before = lowD >>> 24
    }
    return at
  }
}

/** The top bit of each octet that is zero. */
function zeros(word: number): number {
  return (word - 0x01010101) & ~word & tops
}
