/** Finds, fast, the places where relaxed body canonicalisation has something to do. */

import { maxSearched, type VectorSearch, vectorSearch } from './vector-search.ts'

const TAB = 9
const CR = 13
const SP = 32

/** Chunks below this are not worth a copy. */
const smallChunk = 128

/**
 * The irregular white space of one chunk: a TAB, or a SP that a SP, a TAB or a CR follows, or that
 * ends the chunk. All other octets stay as they are under RFC 6376 §3.4.4 a.
 *
 * The chunk must not change while this is asked.
 */
export class Irregularities {
  readonly #chunk: Uint8Array
  readonly #search: VectorSearch | undefined
  #ticket = -1

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk
    const { length } = chunk
    this.#search = length >= smallChunk && length <= maxSearched ? vectorSearch() : undefined
  }

  /** The first irregular octet from `from` on; the length of the chunk when there is none. */
  next(from: number): number {
    const search = this.#search
    if (search === undefined) return this.#look(from)
    if (!search.holds(this.#ticket)) this.#ticket = search.load(this.#chunk)
    return search.next(from, this.#chunk.length)
  }

  /** Octet by octet. */
  #look(from: number): number {
    const chunk = this.#chunk
    const { length } = chunk
    for (let at = from; at < length; at++) {
      const octet = chunk[at]
      if (octet === TAB) return at
      if (octet === SP) {
        const next = chunk[at + 1]
        if (next === SP || next === TAB || next === CR || next === undefined) return at
      }
    }
    return length
  }
}
