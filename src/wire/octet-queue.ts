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
