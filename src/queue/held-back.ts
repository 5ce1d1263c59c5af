/** Why letters that are due do not go to a destination, beside that it does not answer. */
export interface HeldBack {
  readonly by: 'pause' | 'quiet-hours' | 'rate'
  readonly because: string
  /** When they may go, in Unix milliseconds; absent: when somebody lets them. */
  readonly until?: number
}

/** Destinations that are remembered as held back. */
const maxRemembered = 10_000

/** What was met on the way: destinations with letters that are due and may not go. For people. */
export class HeldBackDestinations {
  readonly #all = new Map<string, HeldBack>()

  met(destination: string, held: HeldBack): void {
    this.#all.delete(destination)
    this.#all.set(destination, held)
    if (this.#all.size <= maxRemembered) return
    for (const oldest of this.#all.keys()) {
      this.#all.delete(oldest)
      return
    }
  }

  /** Letters go there. */
  free(destination: string): void {
    this.#all.delete(destination)
  }

  /** Those of whom it is still so. */
  at(now: number): ReadonlyMap<string, HeldBack> {
    for (const [destination, { until }] of this.#all) {
      if (until !== undefined && until <= now) this.#all.delete(destination)
    }
    return this.#all
  }
}
