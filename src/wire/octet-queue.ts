/**
 * Octets that came and are not used yet, as one array. A chunk that comes when nothing waits is kept
 * as it is; only what is left over is ever copied, and in doubling steps, so that even a peer that
 * sends single octets costs linear time.
 */
export class OctetQueue {
  #octets: Uint8Array = nothing
  #start = 0
  #end = 0
  /** Whether `#octets` is ours to write into. */
  #own = false

  get length(): number {
    return this.#end - this.#start
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return
    if (this.length === 0) {
      this.#octets = octets
      this.#start = 0
      this.#end = octets.length
      this.#own = false
      return
    }
    if (!this.#own || this.#end + octets.length > this.#octets.length) this.#grow(octets.length)
    this.#octets.set(octets, this.#end)
    this.#end += octets.length
  }

  /** All octets that wait. Only good until the next `push`. */
  view(): Uint8Array {
    return this.#octets.subarray(this.#start, this.#end)
  }

  /** Forgets the first `count` octets. */
  skip(count: number): void {
    this.#start += count
    if (this.length === 0) this.clear()
  }

  clear(): void {
    this.#octets = nothing
    this.#start = 0
    this.#end = 0
    this.#own = false
  }

  #grow(by: number): void {
    const wanted = this.length + by
    const grown = new Uint8Array(Math.max(wanted * 2, 1024))
    grown.set(this.view())
    this.#octets = grown
    this.#end -= this.#start
    this.#start = 0
    this.#own = true
  }
}

const nothing = new Uint8Array(0)

/**
 * A line, or why it is none. `octets` has neither CRLF nor LF.
 *
 * `bareNewline`: a CR or LF stood alone. Only CRLF ends a line (RFC 5321 §2.3.8), so what was cut
 * off by an LF and all that follows up to the CRLF belongs to one broken line. Each piece is
 * reported, so that a person who types with LF gets an answer, and none is ever a command.
 */
export type ReadLine =
  | { readonly type: 'line'; readonly octets: Uint8Array }
  | { readonly type: 'bareNewline'; readonly octets: Uint8Array }
  | { readonly type: 'tooLong' }
  /** Far beyond the limit, and still no end: not worth waiting for. */
  | { readonly type: 'endless' }

/** What the line that is being read has turned out to be. */
type State = 'good' | 'bareNewline' | 'tooLong'

const LF = 10
const CR = 13

/** Octets after which an overlong line counts as endless. */
const endlessOctets = 1024 * 1024

/** Takes lines from a queue of octets. The answer does not hang on how the octets were cut. */
export class LineReader {
  readonly #queue: OctetQueue
  #state: State = 'good'
  /** Octets at the front of the queue that are known to hold no LF. */
  #searched = 0
  #discarded = 0

  constructor(queue: OctetQueue) {
    this.#queue = queue
  }

  /** The next line; `undefined` until more octets come. `maxOctets` counts the CRLF. */
  next(maxOctets: number): ReadLine | undefined {
    const view = this.#queue.view()
    const lf = view.indexOf(LF, this.#searched)
    if (lf < 0) return this.#wait(view, maxOctets)
    const ended = view[lf - 1] === CR
    const octets = view.subarray(0, ended ? lf - 1 : lf)
    const state = lf + 1 > maxOctets ? 'tooLong' : this.#state
    const all = this.#discarded + lf + 1
    this.#queue.skip(lf + 1)
    this.#searched = 0
    this.#discarded = 0
    this.#state = ended ? 'good' : 'bareNewline'
    if (all > endlessOctets) return { type: 'endless' }
    if (state === 'tooLong') return { type: 'tooLong' }
    const broken = state === 'bareNewline' || !ended || octets.includes(CR)
    return { type: broken ? 'bareNewline' : 'line', octets }
  }

  /** Forgets the line that is being read. */
  reset(): void {
    this.#state = 'good'
    this.#searched = 0
    this.#discarded = 0
  }

  #wait(view: Uint8Array, maxOctets: number): ReadLine | undefined {
    if (view.length >= maxOctets) this.#state = 'tooLong'
    if (this.#state !== 'tooLong') {
      this.#searched = view.length
      return undefined
    }
    // Nobody will read this line: keep only a CR that the LF may follow.
    const kept = view[view.length - 1] === CR ? 1 : 0
    this.#discarded += view.length - kept
    this.#queue.skip(view.length - kept)
    this.#searched = 0
    return this.#discarded + kept > endlessOctets ? { type: 'endless' } : undefined
  }
}
