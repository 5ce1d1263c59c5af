/** Remembers what key records mean, because reading a public key costs as much as verifying with it. */

import type { Result } from '../base/result.ts'
import { type KeyRecord, type KeyRecordProblem, parseKeyRecord } from './key-record.ts'

/** Records longer than this are read anew each time: they are rare, and the cache stays small. */
const maxCachedLength = 4096

/**
 * The least recently used records are forgotten first. A record means the same whoever published it
 * and whenever, so nothing here expires, and one cache may serve everybody.
 */
export class KeyCache {
  readonly #maxRecords: number
  /** What was asked for last, and so stands at the end if it is kept. */
  #latest: string | undefined
  readonly #records = new Map<string, Result<KeyRecord, KeyRecordProblem>>()

  constructor(maxRecords = 1000) {
    this.#maxRecords = maxRecords
  }

  /** The same as `parseKeyRecord(text)`. */
  read(text: string): Result<KeyRecord, KeyRecordProblem> {
    const known = this.#records.get(text)
    if (known !== undefined && text === this.#latest) return known
    this.#latest = text
    if (known !== undefined) {
      // A Map keeps the order of insertion: what was used last moves to the end.
      this.#records.delete(text)
      this.#records.set(text, known)
      return known
    }
    const record = parseKeyRecord(text)
    if (text.length <= maxCachedLength) {
      this.#records.set(text, record)
      if (this.#records.size > this.#maxRecords) {
        for (const oldest of this.#records.keys()) {
          this.#records.delete(oldest)
          break
        }
      }
    }
    return record
  }

  get size(): number {
    return this.#records.size
  }
}

/** The cache that is used when none is given. */
export const sharedKeyCache: KeyCache = new KeyCache()
