/** Time as a parameter: who needs the hour or a timer is handed one of these. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). May jump when the machine's clock is set. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back: for durations. */
  monotonicMs(): number
  /** Calls `fn` once, after `ms` at the earliest. The returned function cancels it. */
  setTimer(ms: number, fn: () => void): () => void
}

/**
 * A clock that stands still until it is moved: tests and the lab use it instead of sleeping.
 *
 * `advance` runs what falls due on the way in the order of its time, each at its own hour; timers
 * set while running are run too when they fall within the same span.
 */
export class ManualClock implements Clock {
  #nowMs: number
  #sinceStartMs = 0
  #timers: { readonly atMs: number; readonly fn: () => void }[] = []

  /** @param nowMs where the clock stands, in milliseconds since 1970 */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#sinceStartMs
  }

  setTimer(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.#sinceStartMs + Math.max(0, ms), fn }
    // Behind all that are due at the same time: equal times run in the order they were set.
    const place = this.#timers.findIndex((other) => other.atMs > timer.atMs)
    this.#timers.splice(place < 0 ? this.#timers.length : place, 0, timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** When the next timer is due, in milliseconds from now; `undefined` when none is set. */
  get nextDueMs(): number | undefined {
    const next = this.#timers[0]
    return next === undefined ? undefined : next.atMs - this.#sinceStartMs
  }

  /** Moves the clock on by `ms` and runs what falls due. */
  advance(ms: number): void {
    const untilMs = this.#sinceStartMs + ms
    for (;;) {
      const next = this.#timers[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.shift()
      this.#moveTo(next.atMs)
      next.fn()
    }
    this.#moveTo(untilMs)
  }

  #moveTo(sinceStartMs: number): void {
    this.#nowMs += sinceStartMs - this.#sinceStartMs
    this.#sinceStartMs = sinceStartMs
  }
}
