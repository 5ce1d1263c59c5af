import type { Clock } from '../base/clock.ts'

/** How often a thread is asked whether it still listens. */
export const beatMs = 5000

/** So many beats without an answer are no busy moment any more. */
export const mostMissed = 6

/**
 * Asks a thread again and again whether it still listens: one that runs in circles says nothing of it.
 *
 * Beats are counted, and not the time. When this thread or the whole machine has stood still, what was
 * answered meanwhile is read before the next beat.
 */
export class Heartbeat {
  readonly #clock: Clock
  readonly #ask: () => Promise<void>
  readonly #hangs: () => void
  #missed = 0
  #cancel: () => void = () => {}

  /**
   * @param ask   resolves when the thread has answered, rejects when it is gone
   * @param hangs told once; there are no more beats then
   */
  constructor(clock: Clock, ask: () => Promise<void>, hangs: () => void) {
    this.#clock = clock
    this.#ask = ask
    this.#hangs = hangs
  }

  /** Whether it has answered lately: one that does not gets nothing new. */
  get listens(): boolean {
    return this.#missed < 2
  }

  /** Asks, and looks at each beat whether there was an answer; then asks again. */
  start(): void {
    let answered = false
    this.#ask().then(
      () => {
        answered = true
        this.#missed = 0
      },
      () => this.stop(),
    )
    const beat = (): void => {
      if (answered) return this.start()
      this.#missed++
      if (this.#missed >= mostMissed) this.#hangs()
      else this.#cancel = this.#clock.setTimer(beatMs, beat)
    }
    this.#cancel = this.#clock.setTimer(beatMs, beat)
  }

  stop(): void {
    this.#cancel()
  }
}
