import type { Clock } from '../base/clock.ts'

export interface PatientWritingParts {
  readonly clock: Clock
  readonly report: (problem: unknown, where: string) => void
}

/** How long a write that could not be done waits for its next try. */
const restMs = 5000

/**
 * Writes that wait until they can be done: while the disk is full, what is on its way to webhooks
 * stands still, and goes on where it was. Given up, an event would be lost; tried without a rest, a
 * receiver would be sent the same one again and again.
 */
export class PatientWriting {
  readonly #parts: PatientWritingParts
  /** Ends the rest of each that waits. */
  readonly #resting = new Set<() => void>()
  #inTrouble = false
  #stopped = false

  constructor(parts: PatientWritingParts) {
    this.#parts = parts
  }

  /** @returns whether it was done; not when all is stopped before */
  async do(write: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await write()
        this.#inTrouble = false
        return true
      } catch (problem) {
        if (this.#stopped) return false
        // Once for each time of trouble, however long it is.
        if (!this.#inTrouble) this.#parts.report(problem, 'webhooks')
        this.#inTrouble = true
      }
      await this.#rest()
      if (this.#stopped) return false
    }
  }

  /** What waits is not tried again. */
  stop(): void {
    this.#stopped = true
    for (const wake of this.#resting) wake()
  }

  async #rest(): Promise<void> {
    const rested = Promise.withResolvers<void>()
    const cancel = this.#parts.clock.setTimer(restMs, rested.resolve)
    this.#resting.add(rested.resolve)
    await rested.promise
    cancel()
    this.#resting.delete(rested.resolve)
  }
}
