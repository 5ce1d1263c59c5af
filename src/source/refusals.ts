import type { Clock } from '../base/clock.ts'
import { independentWith, type Refuser } from './independent.ts'

/** Nothing is sent before `until`, by the clock that never goes back. */
export interface Refused {
  /** By the same clock; absent: it is not known. */
  readonly since?: number
  readonly until: number
  readonly because: string
  /** Who said of our address that it is not wanted. Absent: that was not said, and it counts at its site alone. */
  readonly refuser?: Refuser
}

/**
 * So many must refuse an address of ours before nothing is sent from it anywhere, each of another
 * organization and in another network: nobody alone must be able to stop this server, with however many
 * names and addresses of one place.
 */
const independentAgainst = 3
/** Sites that are remembered. */
const maxRemembered = 10_000

/** Sites that refuse an address of ours for a while. In memory, bounded. */
export class Refusals {
  readonly #clock: Clock
  readonly #sites = new Map<string, Refused>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  learn(site: string, refused: Refused): void {
    const before = this.#sites.get(site)
    this.#sites.delete(site)
    this.#sites.set(site, before !== undefined && before.until > refused.until ? before : refused)
    if (this.#sites.size <= maxRemembered) return
    for (const oldest of this.#sites.keys()) {
      this.#sites.delete(oldest)
      return
    }
  }

  /** Why nothing is sent from it to a site now: that one refuses it, or enough to count for all. */
  of(site: string): Refused | undefined {
    return later(this.at(site), this.ofAll)
  }

  /** That this site refuses it now. */
  at(site: string): Refused | undefined {
    const refused = this.#sites.get(site)
    return refused !== undefined && refused.until > this.#clock.monotonicMs() ? refused : undefined
  }

  /** Why nothing is sent from it anywhere: as long as so many that are independent refuse it. */
  get ofAll(): Refused | undefined {
    const named = this.#living.flatMap(([, { refuser, ...refused }]) => {
      return refuser === undefined ? [] : [{ ...refused, ...refuser }]
    })
    if (named.length < independentAgainst) return undefined
    const lastFirst = named.toSorted((a, b) => b.until - a.until)
    const last = independentWith(lastFirst, independentAgainst)
    if (last === undefined) return undefined
    const asTheyCame = named.toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0))
    const since = independentWith(asTheyCame, independentAgainst)?.since
    const { because } = lastFirst[0] ?? last
    return {
      ...(since === undefined ? {} : { since }),
      until: last.until,
      because: `Servers of ${independentAgainst} organizations in ${independentAgainst} networks, or of more, refuse the address that we send from. One of them: ${because}`,
    }
  }

  /** The sites that refuse it now. */
  get sites(): ReadonlyMap<string, Refused> {
    return new Map(this.#living)
  }

  /** Somebody wants it tried: a site, or all, are forgotten. */
  forget(site?: string): void {
    if (site === undefined) this.#sites.clear()
    else this.#sites.delete(site)
  }

  get #living(): readonly (readonly [string, Refused])[] {
    const now = this.#clock.monotonicMs()
    return Array.from(this.#sites).filter(([, { until }]) => until > now)
  }
}

/** Which of both lasts longer. */
export function later(one: Refused | undefined, other: Refused | undefined): Refused | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.until > one.until ? other : one
}
