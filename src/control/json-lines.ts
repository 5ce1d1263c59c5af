import { Buffer } from 'node:buffer'

/** What came in: the values of whole lines, or why no more can be read. */
export type ReadLines =
  | { readonly type: 'values'; readonly values: readonly unknown[] }
  | { readonly type: 'too-long' }
  | { readonly type: 'no-json' }

/** Reads lines of JSON as their octets come, cut anywhere. Keeps no more than one line. */
export class JsonLineReader {
  readonly #maxOctets: number
  #chunks: Uint8Array[] = []
  #size = 0

  /** @param maxOctets of a line, its end not counted */
  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets
  }

  /** After anything but `values` nothing more must be pushed. */
  push(chunk: Uint8Array): ReadLines {
    const values: unknown[] = []
    let rest = chunk
    for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed)) {
      const line = this.#take(rest.subarray(0, end))
      if (line === undefined) return { type: 'too-long' }
      try {
        values.push(JSON.parse(line.toString('utf8')))
      } catch {
        return { type: 'no-json' }
      }
      this.#chunks = []
      this.#size = 0
      rest = rest.subarray(end + 1)
    }
    this.#size += rest.length
    if (this.#size > this.#maxOctets) return { type: 'too-long' }
    if (rest.length > 0) this.#chunks.push(rest)
    return { type: 'values', values }
  }

  #take(last: Uint8Array): Buffer | undefined {
    if (this.#size + last.length > this.#maxOctets) return undefined
    return Buffer.concat([...this.#chunks, last])
  }
}

/** One value as a line. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

const lineFeed = 10
