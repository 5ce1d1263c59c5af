/**
 * Makes content fit for DATA: a dot is put before each line that starts with one, and the end is
 * written. What comes out never holds a CR or LF outside of CRLF, whatever goes in, so that no
 * receiver, however lax, finds an end before the true one. RFC 5321 §4.5.2, §2.3.8.
 *
 * For BDAT nothing but the line ends is put right: chunks tell their length, so no dot means anything
 * (RFC 3030 §2). A letter is the same whichever of both it goes by.
 */

const LF = 10
const CR = 13
const DOT = 46

/** Where the encoder stands in the current line. */
type State = 'lineStart' | 'text' | 'cr'

export class DataEncoder {
  readonly #dots: boolean
  #state: State = 'lineStart'

  constructor(command: 'DATA' | 'BDAT' = 'DATA') {
    this.#dots = command === 'DATA'
  }

  /** Encodes the next octets: `octets` itself when nothing had to be put in. */
  push(octets: Uint8Array): Uint8Array {
    const out = new Insertions(octets)
    const length = octets.length
    let state: State = this.#state
    let i = 0
    while (i < length) {
      let byte = octets[i] ?? 0
      if (state === 'text') {
        while (byte > CR) {
          if (++i === length) break
          byte = octets[i] ?? 0
        }
        if (i === length) break
      }
      if (state === 'cr' && byte !== LF) {
        // A bare CR: give it its LF, and look at this octet as the start of a line.
        out.insert(i, LF)
        state = 'lineStart'
      }
      if (byte === LF) {
        if (state !== 'cr') {
          out.insert(i, CR)
        }
        state = 'lineStart'
      } else if (byte === CR) {
        state = 'cr'
      } else {
        if (byte === DOT && state === 'lineStart' && this.#dots) out.insert(i, DOT)
        state = 'text'
      }
      i++
    }
    this.#state = state
    return out.finish()
  }

  /** What ends the content: a CRLF when the last line has none, and for DATA the dot and its CRLF. */
  end(): Uint8Array {
    const state = this.#state
    this.#state = 'lineStart'
    const dot = this.#dots ? [DOT, CR, LF] : []
    switch (state) {
      case 'lineStart':
        return Uint8Array.from(dot)
      case 'text':
        return Uint8Array.of(CR, LF, ...dot)
      case 'cr':
        return Uint8Array.of(LF, ...dot)
    }
  }
}

/** Copies `octets` with single octets put in; no copy when there are none. */
class Insertions {
  readonly #octets: Uint8Array
  #from = 0
  #copy: Uint8Array | undefined
  #length = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  /** Puts `byte` before `octets[at]`. */
  insert(at: number, byte: number): void {
    // At most one octet for each octet that came in, and the LF of a CR of an earlier push.
    this.#copy ??= new Uint8Array(this.#octets.length * 2 + 1)
    this.#take(this.#copy, at)
    this.#copy[this.#length++] = byte
  }

  finish(): Uint8Array {
    if (this.#copy === undefined) return this.#octets
    this.#take(this.#copy, this.#octets.length)
    return this.#copy.subarray(0, this.#length)
  }

  #take(copy: Uint8Array, end: number): void {
    const start = this.#from
    if (end - start > 64) copy.set(this.#octets.subarray(start, end), this.#length)
    else for (let i = start; i < end; i++) copy[this.#length + i - start] = this.#octets[i] ?? 0
    this.#length += end - start
    this.#from = end
  }
}
