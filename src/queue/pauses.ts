import type { Clock } from '../base/clock.ts'
import type { Pause } from '../post/batch.ts'
import { later, type Refused, Refusals } from '../source/refusals.ts'

/**
 * Pauses that answers have asked for: of a site, or of the address that we send from. The latter is a
 * pause of the site that said so, and of all when enough that are independent say the same. In memory, bounded.
 */
export class Pauses {
  readonly #clock: Clock
  readonly #sites: Refusals
  /** Sites that refuse our address, where it is none of the settings. */
  readonly #source: Refusals

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sites = new Refusals(clock)
    this.#source = new Refusals(clock)
  }

  learn(site: string, { of, forMs, ...said }: Pause): void {
    const until = this.#clock.monotonicMs() + forMs
    const pauses = of === 'source' ? this.#source : this.#sites
    pauses.learn(site, { until, ...said })
  }

  /** Why nothing is sent to a site now. */
  of(site: string): Refused | undefined {
    return later(this.#sites.at(site), this.#source.of(site))
  }

  /** Somebody wants it tried: the pauses of a site, or all, are forgotten. */
  forget(site?: string): void {
    this.#sites.forget(site)
    this.#source.forget(site)
  }
}
