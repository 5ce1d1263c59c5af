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
import type { Pauses } from './pauses.ts'
import type { Sites } from './sites.ts'

/** Sites remembered as down. */
const maxRemembered = 10_000

/** What of a batch tells how a destination is. */
export type Learnt = Pick<BatchOutcome, 'reachable' | 'problem' | 'pause'> & {
  /** Connections that were open to its site, this one included. */
  readonly busy: number
}

/**
 * Remembers which destinations did not answer, by their sites: where servers are down, all domains
 * that they serve are. A bounded number, in memory only. Times are durations of the clock that never
 * goes back: setting the machine's clock ends no wait and makes none longer.
 */
export class KnownDestinations {
  readonly #policy: BackOffPolicy
  readonly #sites: Sites
  readonly #pauses: Pauses
  readonly #clock: Clock
  readonly #random: () => number
  /** By site; those that are not up; the one that failed last is the last. */
  readonly #health = new Map<string, DestinationHealth>()

  constructor(
    policy: BackOffPolicy,
    { sites, pauses }: { readonly sites: Sites; readonly pauses: Pauses },
    clock: Clock,
    random: () => number,
  ) {
    this.#policy = policy
    this.#sites = sites
    this.#pauses = pauses
    this.#clock = clock
    this.#random = random
  }

  /** The destinations that are held back now. */
  get down(): ReadonlyMap<string, DestinationHealth> {
    const down = new Map<string, DestinationHealth>()
    for (const [site, health] of this.#health) {
      const destinations = this.#sites.destinationsOf(site)
      for (const name of destinations.length > 0 ? destinations : [site]) down.set(name, health)
    }
    return down
  }

  /** What may be sent there now; `until` is Unix milliseconds. */
  permission(destination: string): Permission {
    const health = this.#of(this.#sites.of(destination))
    const may = permission(health, this.#clock.monotonicMs())
    if (may.type !== 'none' || may.until === undefined) return may
    return { ...may, until: this.#clock.now() + may.until - this.#clock.monotonicMs() }
  }

  /** The one batch starts that finds out whether a destination is up again. */
  probe(destination: string): void {
    const site = this.#sites.of(destination)
    this.#health.set(site, probing(this.#of(site)))
  }

  /** The site that a destination leads to has become known: what is known of it goes there. */
  move(destination: string, site: string): void {
    const before = this.#sites.of(destination)
    this.#sites.learn(destination, site)
    const health = this.#health.get(before)
    // Other destinations may still lead to the site that this one has left.
    if (before !== destination || site === destination || health === undefined) return
    this.#health.delete(before)
    if (!this.#health.has(site)) this.#remember(site, health)
  }

  /** A batch for it has ended. */
  learn(destination: string, { reachable, problem, pause, busy }: Learnt): void {
    const site = this.#sites.of(destination)
    const health = this.#of(site)
    if (pause !== undefined) {
      this.#pauses.learn(site, pause)
      // When it goes on, it is with fewer connections.
      this.#sites.failed(site, busy)
    }
    switch (reachable) {
      case 'yes':
        this.#health.delete(site)
        return
      case 'unknown':
        // A probe that found out nothing leaves the way free: the next batch finds out.
        if (health.state === 'probing') this.#health.delete(site)
        return
      case 'no': {
        const dead = this.#sites.failed(site, busy) === 'dead'
        if (!dead && health.state === 'up') return
        const because = problem ?? 'no server could be reached'
        const now = this.#clock.monotonicMs()
        const context = { policy: this.#policy, now, because, random: this.#random }
        this.#remember(site, unreachable(health, context))
      }
    }
  }

  /** Forgets that a destination (or any) was down, and what its servers have asked for. */
  forget(destination?: string): void {
    const meant = destination === undefined ? undefined : this.#sites.of(destination)
    this.#pauses.forget(meant)
    for (const [site, health] of this.#health) {
      if ((meant === undefined || meant === site) && health.state === 'down') {
        this.#health.delete(site)
      }
    }
  }

  #of(site: string): DestinationHealth {
    return this.#health.get(site) ?? healthy
  }

  #remember(site: string, health: DestinationHealth): void {
    // Set anew, so that the oldest entry is the first one and goes when there are too many.
    this.#health.delete(site)
    this.#health.set(site, health)
    if (this.#health.size <= maxRemembered) return
    for (const [oldest, { state }] of this.#health) {
      if (state !== 'down') continue
      this.#health.delete(oldest)
      return
    }
  }
}
