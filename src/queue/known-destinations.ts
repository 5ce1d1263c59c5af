import type { Clock } from '../base/clock.ts'
import type { BatchOutcome } from '../post/batch.ts'
import {
  type BackOffPolicy,
  type DestinationHealth,
  healthy,
  type Permission,
  permission,
  probing,
  unreachable,
} from './destination-health.ts'

/** Destinations remembered as down. */
const maxRemembered = 10_000

/**
 * Remembers which destinations did not answer, a bounded number of them, in memory only. Times are
 * durations of the clock that never goes back: setting the machine's clock ends no wait and makes
 * none longer.
 */
export class KnownDestinations {
  readonly #policy: BackOffPolicy
  readonly #clock: Clock
  readonly #random: () => number
  /** Those that are not up; the one that failed last is the last. */
  readonly #health = new Map<string, DestinationHealth>()

  constructor(policy: BackOffPolicy, clock: Clock, random: () => number) {
    this.#policy = policy
    this.#clock = clock
    this.#random = random
  }

  /** The destinations that are held back now. */
  get down(): ReadonlyMap<string, DestinationHealth> {
    return this.#health
  }

  /** What may be sent there now; `until` is Unix milliseconds. */
  permission(destination: string): Permission {
    const may = permission(this.#of(destination), this.#clock.monotonicMs())
    if (may.type !== 'none' || may.until === undefined) return may
    return { ...may, until: this.#clock.now() + may.until - this.#clock.monotonicMs() }
  }

  /** The one batch starts that finds out whether a destination is up again. */
  probe(destination: string): void {
    this.#health.set(destination, probing(this.#of(destination)))
  }

  /** A batch for it has ended. */
  learn(
    destination: string,
    { reachable, problem }: Pick<BatchOutcome, 'reachable' | 'problem'>,
  ): void {
    const health = this.#of(destination)
    switch (reachable) {
      case 'yes':
        this.#health.delete(destination)
        return
      case 'unknown':
        // A probe that found out nothing leaves the way free: the next batch finds out.
        if (health.state === 'probing') this.#health.delete(destination)
        return
      case 'no': {
        const because = problem ?? 'no server could be reached'
        const now = this.#clock.monotonicMs()
        const context = { policy: this.#policy, now, because, random: this.#random }
        this.#remember(destination, unreachable(health, context))
      }
    }
  }

  /** Forgets that a destination (or any) was down. */
  forget(destination?: string): void {
    for (const [name, health] of this.#health) {
      const meant = destination === undefined || destination === name
      if (meant && health.state === 'down') this.#health.delete(name)
    }
  }

  #of(destination: string): DestinationHealth {
    return this.#health.get(destination) ?? healthy
  }

  #remember(destination: string, health: DestinationHealth): void {
    // Set anew, so that the oldest entry is the first one and goes when there are too many.
    this.#health.delete(destination)
    this.#health.set(destination, health)
    if (this.#health.size <= maxRemembered) return
    for (const [oldest, { state }] of this.#health) {
      if (state !== 'down') continue
      this.#health.delete(oldest)
      return
    }
  }
}
