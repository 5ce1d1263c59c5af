const LF = 10
const CR = 13

/** Takes canonical octets. They are valid only during the call: use or copy them at once. */
export type CanonicalSink = (octets: Uint8Array) => void

/** Runs from this length on are not copied. */
const longRun = 4096

/**
 * Gathers canonical octets, and holds line ends back until content follows them.
 *
 * The buffer is shared by all canonicalisers: it is always empty between two calls from outside,
 * because each of them ends with `flush`.
 */
export class CanonicalOutput {
  static #shared: Uint8Array<ArrayBuffer> | undefined
  readonly #sink: CanonicalSink
  readonly #gathered: Uint8Array<ArrayBuffer>
  #length = 0
  /** Line ends that count only when something follows. */
  #heldLines = 0
  #started = false

  constructor(sink: CanonicalSink) {
    CanonicalOutput.#shared ??= new Uint8Array(1 << 16)
    this.#gathered = CanonicalOutput.#shared
    this.#sink = sink
  }

  /** Whether there was anything but line ends. */
  get started(): boolean {
    return this.#started
  }

  holdLines(count: number): void {
    this.#heldLines += count
  }

  /** One octet of content, after the lines that were held back. */
  octet(octet: number): void {
    this.releaseLines()
    if (this.#length === this.#gathered.length) this.flush()
    this.#gathered[this.#length++] = octet
  }

  /** Content `chunk[start, end)` as it is; line ends at its end are held back. */
  run(chunk: Uint8Array, start: number, end: number): void {
    let stop = end
    while (stop - 2 >= start && chunk[stop - 1] === LF && chunk[stop - 2] === CR) stop -= 2
    if (stop > start) {
      this.releaseLines()
      if (stop - start >= longRun) {
        this.flush()
        this.#sink(chunk.subarray(start, stop))
      } else {
        const room = this.room(stop - start)
        room.set(chunk.subarray(start, stop), this.#length)
        this.#length += stop - start
      }
    }
    this.#heldLines += (end - stop) >> 1
  }

  /** Ends the last line, in place of all line ends that were held back. */
  endLine(): void {
    this.#heldLines = 1
    this.releaseLines()
  }

  releaseLines(): void {
    this.#started = true
    for (; this.#heldLines > 0; this.#heldLines--) {
      const gathered = this.room(2)
      gathered[this.#length++] = CR
      gathered[this.#length++] = LF
    }
  }

  /** The buffer with `octets` octets free from `length` on: for a writer that sets `length` itself. */
  room(octets: number): Uint8Array {
    if (this.#length + octets > this.#gathered.length) this.flush()
    return this.#gathered
  }

  get length(): number {
    return this.#length
  }

  set length(length: number) {
    this.#length = length
  }

  flush(): void {
    if (this.#length === 0) return
    this.#sink(this.#gathered.subarray(0, this.#length))
    this.#length = 0
  }
}
