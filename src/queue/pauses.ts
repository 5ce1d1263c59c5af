import type { Clock } from '../base/clock.ts'
import type { Pause } from '../post/batch.ts'

/** Nothing is sent before `until`, by the clock that never goes back. */
export interface Paused {
  readonly until: number
  readonly because: string
}

/**
 * So many sites must refuse the address that we send from before nothing is sent anywhere: one site
 * alone, whoever runs it, must not be able to stop this server.
 */
const sitesAgainstSource = 3
/** Sites whose pauses are remembered. */
const maxRemembered = 10_000

/**
 * Pauses that answers have asked for: of a site, or of the address that we send from. The latter is a
 * pause of the site that said so, and of all when some sites say the same. In memory, bounded.
 */
export class Pauses {
  readonly #clock: Clock
  readonly #sites = new Map<string, Paused>()
  /** Sites that refuse our address. */
  readonly #source = new Map<string, Paused>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  learn(site: string, { of, forMs, because }: Pause): void {
    const until = this.#clock.monotonicMs() + forMs
    this.#remember(of === 'source' ? this.#source : this.#sites, site, { until, because })
  }

  /** Why nothing is sent to a site now. */
  of(site: string): Paused | undefined {
    const all = [this.#sites.get(site), this.#source.get(site), this.#ofAll()]
    const now = this.#clock.monotonicMs()
    return all
      .filter((one) => one !== undefined && one.until > now)
      .toSorted((a, b) => (b?.until ?? 0) - (a?.until ?? 0))[0]
  }

  /** Somebody wants it tried: the pauses of a site, or all, are forgotten. */
  forget(site?: string): void {
    for (const pauses of [this.#sites, this.#source]) {
      if (site === undefined) pauses.clear()
      else pauses.delete(site)
    }
  }

  /** As long as so many sites refuse our address. */
  #ofAll(): Paused | undefined {
    const now = this.#clock.monotonicMs()
    const living = Array.from(this.#source.values())
      .filter(({ until }) => until > now)
      .toSorted((a, b) => b.until - a.until)
    const last = living[sitesAgainstSource - 1]
    if (last === undefined) return undefined
    const { because } = living[0] ?? last
    return {
      until: last.until,
      because: `${living.length} sites refuse the address that we send from. One of them: ${because}`,
    }
  }

  #remember(pauses: Map<string, Paused>, site: string, paused: Paused): void {
    const before = pauses.get(site)
    pauses.delete(site)
    pauses.set(site, before !== undefined && before.until > paused.until ? before : paused)
    if (pauses.size <= maxRemembered) return
    for (const oldest of pauses.keys()) {
      pauses.delete(oldest)
      return
    }
  }
}
