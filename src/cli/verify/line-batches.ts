/** What comes next of a stream of lines: some whole lines, or the place of one that was too long. */
export type LineBatch =
  | {
      readonly type: 'lines'
      /** Lines with their LF; the very last may be without. A buffer of its own. */
      readonly octets: Uint8Array<ArrayBuffer>
    }
  | { readonly type: 'too-long' }

const LF = 10

/**
 * Cuts a stream of octets into batches of whole lines without looking at more than the line ends.
 * A line over `maxLineOctets` is not kept: its place is marked. Holds what was pushed and not taken.
 */
export class LineBatches {
  readonly #maxLineOctets: number
  #batches: LineBatch[] = []
  /** Whole lines that are in no batch yet. */
  #whole: Uint8Array[] = []
  #wholeOctets = 0
  /** The beginning of a line. */
  #partial: Uint8Array[] = []
  #partialOctets = 0
  /** The rest of a line that was too long has to go by. */
  #skipping = false

  constructor(maxLineOctets: number) {
    this.#maxLineOctets = maxLineOctets
  }

  /** Octets of whole lines that wait to be taken. */
  get readyOctets(): number {
    let octets = this.#wholeOctets
    for (const batch of this.#batches) if (batch.type === 'lines') octets += batch.octets.length
    return octets
  }

  /** @param chunk must not change afterwards */
  push(chunk: Uint8Array): void {
    // In pieces no longer than a line may be, so that lines within one are never too long.
    for (let at = 0; at < chunk.length; at += this.#maxLineOctets) {
      this.#push(chunk.subarray(at, at + this.#maxLineOctets))
    }
  }

  /** The stream has ended: what has no line end is a line too. */
  end(): void {
    this.#addWhole(this.#partial, this.#partialOctets)
    this.#forgetPartial()
  }

  /** The next batch, with all whole lines that are there. */
  take(): LineBatch | undefined {
    if (this.#batches.length === 0) this.#seal()
    return this.#batches.shift()
  }

  #push(piece: Uint8Array): void {
    let rest = piece
    if (this.#skipping) {
      const end = rest.indexOf(LF)
      if (end < 0) return
      this.#skipping = false
      rest = rest.subarray(end + 1)
    }
    // Only the first line can have a beginning from before, and only the last can have a rest.
    const first = rest.indexOf(LF)
    if (first >= 0) {
      if (this.#partialOctets + first > this.#maxLineOctets) this.#dropPartial()
      else {
        this.#addWhole(this.#partial, this.#partialOctets)
        this.#addWhole([rest.subarray(0, first + 1)], first + 1)
        this.#forgetPartial()
      }
      const last = rest.lastIndexOf(LF)
      if (last > first) this.#addWhole([rest.subarray(first + 1, last + 1)], last - first)
      rest = rest.subarray(last + 1)
    }
    if (rest.length === 0) return
    this.#partial.push(rest)
    this.#partialOctets += rest.length
    if (this.#partialOctets <= this.#maxLineOctets) return
    this.#dropPartial()
    this.#skipping = true
  }

  #addWhole(chunks: readonly Uint8Array[], octets: number): void {
    this.#whole.push(...chunks)
    this.#wholeOctets += octets
  }

  #forgetPartial(): void {
    this.#partial = []
    this.#partialOctets = 0
  }

  #dropPartial(): void {
    this.#forgetPartial()
    this.#seal()
    this.#batches.push({ type: 'too-long' })
  }

  #seal(): void {
    if (this.#wholeOctets === 0) return
    // Copied, because a chunk may share its buffer with others, and a batch is given away whole.
    const octets = new Uint8Array(this.#wholeOctets)
    let at = 0
    for (const chunk of this.#whole) {
      octets.set(chunk, at)
      at += chunk.length
    }
    this.#whole = []
    this.#wholeOctets = 0
    this.#batches.push({ type: 'lines', octets })
  }
}
