import type { ServerEvent } from '../types.ts'

/** Events are handed on in heaps: two hundred a second are a few redraws, not two hundred. */
const heapMs = 250
/** A burst comes in several heaps, so that no redraw takes long enough to be felt. */
const mostAtOnce = 30
const betweenHeapsMs = 40
/** So many wait at most; of what is left out, a gap is told. */
const mostHeld = 2_000

/** Gathers what the stream tells, and hands it on so that the page stays quick. */
export class Heaps {
  readonly #later: (ms: number, run: () => void) => void
  readonly #handOn: (events: readonly ServerEvent[]) => void
  #held: ServerEvent[] = []
  #waiting = false

  constructor(parts: {
    readonly later: (ms: number, run: () => void) => void
    readonly handOn: (events: readonly ServerEvent[]) => void
  }) {
    this.#later = parts.later
    this.#handOn = parts.handOn
  }

  add(events: readonly ServerEvent[]): void {
    this.#held.push(...events)
    if (this.#held.length > mostHeld) {
      this.#held = [{ type: 'gap' }, ...this.#held.slice(1 - mostHeld)]
    }
    if (this.#held.length > 0 && !this.#waiting) this.#wait(heapMs)
  }

  #wait(ms: number): void {
    this.#waiting = true
    this.#later(ms, () => {
      this.#waiting = false
      const heap = this.#held.splice(0, mostAtOnce)
      if (this.#held.length > 0) this.#wait(betweenHeapsMs)
      this.#handOn(heap)
    })
  }
}
