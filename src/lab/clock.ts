import type { Clock } from '../base/clock.ts'

interface Timer {
  readonly dueAt: number
  readonly fn: () => void
  cancel: () => void
}

/**
 * A clock that runs with the real one and can be set ahead: the lab's way to see a retry in five
 * minutes now. Timers that fall into the time skipped run at once, in their order.
 */
export class LabClock implements Clock {
  readonly #real: Clock
  readonly #timers = new Set<Timer>()
  #aheadMs = 0

  constructor(real: Clock) {
    this.#real = real
  }

  now(): number {
    return this.#real.now() + this.#aheadMs
  }

  /** How far it was set ahead. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  monotonicMs(): number {
    return this.#real.monotonicMs() + this.#aheadMs
  }

  setTimer(ms: number, fn: () => void): () => void {
    const timer: Timer = { dueAt: this.monotonicMs() + ms, fn, cancel: () => {} }
    this.#arm(timer)
    this.#timers.add(timer)
    return () => {
      timer.cancel()
      this.#timers.delete(timer)
    }
  }

  /** Sets the clock ahead. */
  advance(ms: number): void {
    this.#aheadMs += ms
    const inOrder = Array.from(this.#timers).sort((a, b) => a.dueAt - b.dueAt)
    for (const timer of inOrder) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Timer): void {
    const wait = Math.max(0, timer.dueAt - this.monotonicMs())
    timer.cancel = this.#real.setTimer(wait, () => {
      this.#timers.delete(timer)
      timer.fn()
    })
  }
}
