/**
 * Undoes the transparency of DATA: finds the one true end of a message, takes away the dots that
 * were put before lines, and reports bare newlines. RFC 5321 §4.5.2.
 *
 * Only CRLF `.` CRLF ends the content, or `.` CRLF at once. A CR or LF outside of CRLF is a finding
 * and never steers (RFC 5321 §2.3.8): what looks like an end to a laxer reader is text here, so no
 * octet of a message is ever read as a command.
 */

const NUL = 0
const LF = 10
const CR = 13
const DOT = 46

/** Where the decoder stands in the current line. */
type State = 'lineStart' | 'text' | 'cr' | 'dot' | 'dotCr' | 'done'

const nothing = new Uint8Array(0)

export class DataDecoder {
  #state: State = 'lineStart'
  #consumed = 0
  #bareNewline = false
  #nul = false
  #bits = 0

  /** Whether the end was seen. `push` must not be called after it. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** How many octets of the last `push` belonged to the content and its end. */
  get consumed(): number {
    return this.#consumed
  }

  /** Whether a CR or LF outside of CRLF was seen. */
  get bareNewline(): boolean {
    return this.#bareNewline
  }

  get nul(): boolean {
    return this.#nul
  }

  /** Whether an octet over 127 was seen. */
  get eightBit(): boolean {
    return this.#bits > 127
  }

  /**
   * Takes the next octets and gives the content they release: a part of `octets` itself where no
   * dot had to go, a copy where one had to. Ends at the end of the message, see `consumed`.
   *
   * One loop and no method calls inside, because every octet of every message passes here.
   */
  push(octets: Uint8Array): Uint8Array {
    if (this.#state === 'done') throw new Error('DataDecoder: push after end')
    const release = new Release(octets)
    // Widened, because a check above has ruled out 'done' and the loop sets it.
    let state = this.#state as State
    let bits = this.#bits
    let i = 0
    // A CR held back in an earlier push. When it turns out to be content, it goes out first.
    let heldCr = state === 'dotCr'
    const length = octets.length
    while (i < length) {
      let byte = octets[i] ?? 0
      // Octets that are neither newline nor NUL are plain inside a line: nearly all of all mail.
      if (state === 'text') {
        while (byte > CR) {
          bits |= byte
          if (++i === length) break
          byte = octets[i] ?? 0
        }
        if (i === length) break
      }
      bits |= byte
      if (byte === NUL) this.#nul = true
      switch (state) {
        case 'lineStart':
          if (byte === DOT) {
            // Held back: stuffing or the end. Either way it is not content.
            release.skip(i, i + 1)
            state = 'dot'
          } else {
            state = this.#text(byte)
          }
          break
        case 'text':
          state = this.#text(byte)
          break
        case 'cr':
          if (byte === LF) {
            state = 'lineStart'
          } else {
            this.#bareNewline = true
            state = this.#text(byte)
          }
          break
        case 'dot':
          state = byte === CR ? 'dotCr' : this.#text(byte)
          break
        case 'dotCr':
          if (byte === LF) {
            // The CR of the end is in this push, or it was never released.
            release.skip(heldCr ? i : i - 1, i + 1)
            state = 'done'
          } else {
            this.#bareNewline = true
            if (heldCr) release.prepend(CR)
            state = this.#text(byte)
          }
          heldCr = false
          break
        case 'done':
          break
      }
      i++
      if (state === 'done') break
    }
    // A CR after a dot at the end of this push waits for the octet that decides.
    if (state === 'dotCr' && !heldCr) release.skip(i - 1, i)
    this.#state = state
    this.#bits = bits
    this.#consumed = i
    return release.finish(i)
  }

  #text(byte: number): State {
    if (byte === CR) return 'cr'
    if (byte === LF) this.#bareNewline = true
    return 'text'
  }
}

/** Gathers the parts of `octets` that are content, and copies only when there is more than one. */
class Release {
  readonly #octets: Uint8Array
  /** Where the part begins that is not decided yet. */
  #from = 0
  /** The only part so far, as long as there is no copy. */
  #only: { readonly start: number; readonly end: number } | undefined
  #copy: Uint8Array | undefined
  #length = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  /** Leaves out `octets[start, end)`. */
  skip(start: number, end: number): void {
    this.#keep(this.#from, start)
    this.#from = end
  }

  /** Puts an octet of an earlier push before all others. */
  prepend(byte: number): void {
    this.#append(Uint8Array.of(byte), 0, 1)
  }

  finish(end: number): Uint8Array {
    this.#keep(this.#from, end)
    if (this.#copy !== undefined) return this.#copy.subarray(0, this.#length)
    if (this.#only === undefined) return nothing
    return this.#octets.subarray(this.#only.start, this.#only.end)
  }

  #keep(start: number, end: number): void {
    if (start >= end) return
    if (this.#copy === undefined && this.#only === undefined) {
      this.#only = { start, end }
      return
    }
    if (this.#only !== undefined) this.#append(this.#octets, this.#only.start, this.#only.end)
    this.#only = undefined
    this.#append(this.#octets, start, end)
  }

  #append(source: Uint8Array, start: number, end: number): void {
    // One octet more than came in: the CR held back before.
    this.#copy ??= new Uint8Array(this.#octets.length + 1)
    // For a few octets a view of them costs more than the loop.
    if (end - start > 64) this.#copy.set(source.subarray(start, end), this.#length)
    else for (let i = start; i < end; i++) this.#copy[this.#length + i - start] = source[i] ?? 0
    this.#length += end - start
  }
}
