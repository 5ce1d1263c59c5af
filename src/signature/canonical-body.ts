/**
 * Body canonicalisation (RFC 6376 §3.4.3, §3.4.4) of a body that arrives in chunks, cut anywhere.
 *
 * Most octets of most letters are canonical already. So the canonicalisers look for the places that
 * are not, hand long untouched runs on as parts of the chunk itself, and gather short ones in a
 * buffer. Nothing of the body is kept between two chunks but a count of empty lines.
 */

import { CanonicalOutput, type CanonicalSink } from './canonical-output.ts'
import type { Canonicalization } from './signature.ts'
import { Irregularities } from './irregularities.ts'
import { maxSearched } from './vector-search.ts'

const TAB = 9
const LF = 10
const CR = 13
const SP = 32

export interface BodyCanonicalizer {
  push(chunk: Uint8Array): void
  /** The body has ended: gives the sink what was held back. */
  finish(): void
}

export function openBodyCanonicalizer(
  how: Canonicalization,
  sink: CanonicalSink,
): BodyCanonicalizer {
  return how === 'simple' ? new SimpleBody(sink) : new RelaxedBody(sink)
}

/**
 * Whether a body is its own canonical form, so far as a quick look tells: white space before a bare
 * CR makes it say no.
 */
export function isCanonicalBody(body: Uint8Array, how: Canonicalization): boolean {
  if (body.length === 0) return how === 'relaxed'
  const end = body.length - 2
  if (!isLineEnd(body, end)) return false
  // One empty line is all of a body in the simple form only; behind content both forms drop it.
  if (end === 0) return how === 'simple'
  if (isLineEnd(body, end - 2)) return false
  return how === 'simple' || isRegular(body)
}

function isRegular(body: Uint8Array): boolean {
  for (let at = 0; at < body.length; at += slice) {
    // With one octet more: what a SP at the end of a slice is, the octet behind it says.
    const part = body.subarray(at, at + slice + 1)
    if (new Irregularities(part).next(0) < Math.min(slice, part.length)) return false
  }
  return true
}

function isLineEnd(octets: Uint8Array, at: number): boolean {
  return at >= 0 && octets[at] === CR && octets[at + 1] === LF
}

/**
 * A long chunk is worked through in slices, so that each is still in the processor's cache when it is
 * hashed.
 */
const slice = maxSearched - 1

/** How far the relaxed form goes octet by octet, once it met white space that must change. */
const closeLook = 512

/** RFC 6376 §3.4.3: only the empty lines at the end go; the body ends with one CRLF, always. */
class SimpleBody implements BodyCanonicalizer {
  readonly #out: CanonicalOutput
  /** The last chunk ended with CR, which may be half of a line end. */
  #heldCr = false

  constructor(sink: CanonicalSink) {
    this.#out = new CanonicalOutput(sink)
  }

  push(chunk: Uint8Array): void {
    let start = 0
    let end = chunk.length
    if (end === 0) return
    if (this.#heldCr) {
      if (chunk[0] === LF) {
        this.#out.holdLines(1)
        start = 1
      } else this.#out.octet(CR)
    }
    this.#heldCr = end > start && chunk[end - 1] === CR
    if (this.#heldCr) end--
    this.#out.run(chunk, start, end)
    this.#out.flush()
  }

  finish(): void {
    if (this.#heldCr) this.#out.octet(CR)
    // An empty body, too, is one CRLF.
    this.#out.endLine()
    this.#out.flush()
  }
}

/**
 * RFC 6376 §3.4.4: white space at the end of a line goes, any other run of it becomes one SP, empty
 * lines at the end go. A body that is not empty then ends with CRLF, an empty one stays empty.
 */
class RelaxedBody implements BodyCanonicalizer {
  readonly #out: CanonicalOutput
  /** White space seen whose fate the next octet decides; then perhaps a CR behind it. */
  #heldSpace = false
  #heldCr = false

  constructor(sink: CanonicalSink) {
    this.#out = new CanonicalOutput(sink)
  }

  push(chunk: Uint8Array): void {
    if (chunk.length <= slice) this.#push(chunk)
    else for (let at = 0; at < chunk.length; at += slice) this.#push(chunk.subarray(at, at + slice))
  }

  #push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    let at = this.#heldCr ? this.#afterCr(chunk) : 0
    const irregularities = new Irregularities(chunk)
    while (at < chunk.length) {
      if (!this.#heldSpace) at = this.#regular(chunk, at, irregularities.next(at))
      if (at < chunk.length) at = this.#closely(chunk, at, Math.min(at + closeLook, chunk.length))
    }
    this.#out.flush()
  }

  finish(): void {
    if (this.#heldCr) this.#bareCr()
    if (this.#out.started) this.#out.endLine()
    this.#out.flush()
  }

  /** The octet behind a CR that ended the last chunk: where to go on in this one. */
  #afterCr(chunk: Uint8Array): number {
    if (chunk[0] !== LF) {
      this.#bareCr()
      return 0
    }
    this.#heldCr = false
    this.#heldSpace = false
    this.#out.holdLines(1)
    return 1
  }

  /** A CR without LF ends no line: it is content like any other octet. */
  #bareCr(): void {
    this.#heldCr = false
    if (this.#heldSpace) this.#out.octet(SP)
    this.#heldSpace = false
    this.#out.octet(CR)
  }

  /** Octets `[from, to)` that are canonical as they are. */
  #regular(chunk: Uint8Array, from: number, to: number): number {
    let end = to
    if (to > from && to === chunk.length && chunk[to - 1] === CR) {
      this.#heldCr = true
      end--
    }
    this.#out.run(chunk, from, end)
    return to
  }

  /** Octet by octet from `from` to about `to`, at most `closeLook`; gives where it stopped. */
  #closely(chunk: Uint8Array, from: number, to: number): number {
    const out = this.#out
    let gathered: Uint8Array | undefined
    let length = 0
    let space = this.#heldSpace
    let lines = 0
    let at = from
    while (at < to) {
      let octet = chunk[at] ?? 0
      if (octet === SP || octet === TAB) {
        space = true
        at++
        continue
      }
      if (octet === CR) {
        if (at + 1 === chunk.length) {
          this.#heldCr = true
          at++
          break
        }
        if (chunk[at + 1] === LF) {
          space = false
          lines++
          at += 2
          continue
        }
      }
      if (gathered === undefined) {
        out.holdLines(lines)
        out.releaseLines()
        lines = 0
        // From here on no more octets are written than read, but for one SP from before.
        gathered = out.room(closeLook + 2)
        length = out.length
      }
      for (; lines > 0; lines--) {
        gathered[length++] = CR
        gathered[length++] = LF
      }
      if (space) {
        gathered[length++] = SP
        space = false
      }
      // The first octet may be any content; from the second on, those that can be nothing special.
      do gathered[length++] = octet
      while (++at < to && (octet = chunk[at] ?? 0) > SP)
    }
    if (gathered !== undefined) out.length = length
    out.holdLines(lines)
    this.#heldSpace = space
    return at
  }
}
