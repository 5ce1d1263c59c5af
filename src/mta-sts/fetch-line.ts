import type { Clock } from '../base/clock.ts'

/** A place in a line that allows so many at once, taken in the order of coming. */
export class FetchLine {
  readonly #clock: Clock
  readonly #most: number
  readonly #waitMs: number
  readonly #waiting = new Set<(mayGo: boolean) => void>()
  #inside = 0

  /** @param waitMs how long somebody waits for a place */
  constructor(clock: Clock, limits: { readonly most: number; readonly waitMs: number }) {
    this.#clock = clock
    this.#most = limits.most
    this.#waitMs = limits.waitMs
  }

  /** Does the work when there is a place; `undefined` when there was none in time. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#enter())) return undefined
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(): Promise<boolean> {
    if (this.#inside < this.#most) {
      this.#inside++
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const settle = (mayGo: boolean): void => {
        cancel()
        this.#waiting.delete(settle)
        resolve(mayGo)
      }
      const cancel = this.#clock.setTimer(this.#waitMs, () => settle(false))
      this.#waiting.add(settle)
    })
  }

  /** The place goes to who waits longest. */
  #leave(): void {
    for (const next of this.#waiting) return next(true)
    this.#inside--
  }
}
