import type { Clock } from '../base/clock.ts'

/** The longest sleep: another process may have put something into the queue. */
export const longestSleepMs = 60_000

/** What a dispatcher does when nothing is due. */
export class Sleep {
  readonly #clock: Clock
  #under: { readonly until: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(ms: number, onOver: () => void): void {
    const cancel = this.#clock.setTimer(ms, () => {
      this.#under = undefined
      onOver()
    })
    this.#under = { until: this.#clock.now() + ms, cancel }
  }

  end(): void {
    this.#under?.cancel()
    this.#under = undefined
  }

  /** Whether it, or one that begins now, is over by a time that is to come. */
  isOverBy(time: number): boolean {
    const now = this.#clock.now()
    return time > now && time >= (this.#under?.until ?? now + longestSleepMs)
  }
}
