import {
  afterAnswer,
  afterFailure,
  type Concurrency,
  type ConcurrencyPolicy,
  freshConcurrency,
} from './concurrency.ts'

/** Destinations whose site is remembered, and sites whose number of connections is. */
const maxRemembered = 20_000

/**
 * Which site each destination leads to, and how many connections each site gets. In memory only and
 * bounded: until a route was found, and after it was forgotten, a destination is a site of its own.
 */
export class Sites {
  readonly #policy: ConcurrencyPolicy
  readonly #fresh: Concurrency
  /** By destination; the one that was learnt last is the last. */
  readonly #sites = new Map<string, string>()
  /** By site, where it is not as at first. */
  readonly #concurrency = new Map<string, Concurrency>()

  /** Sites that have said something. */
  readonly #heard = new Map<string, true>()

  constructor(policy: ConcurrencyPolicy) {
    this.#policy = policy
    this.#fresh = freshConcurrency(policy)
  }

  of(destination: string): string {
    return this.#sites.get(destination) ?? destination
  }

  /** A route was found. */
  learn(destination: string, site: string): void {
    remember(this.#sites, destination, site)
  }

  /** Destinations that are known to lead to a site, other than itself. */
  destinationsOf(site: string): readonly string[] {
    const all = Array.from(this.#sites)
    return all.flatMap(([destination, its]) => (its === site ? [destination] : []))
  }

  /** How many connections a site may have now. */
  connections(site: string): number {
    const { connections } = this.#of(site)
    return this.#heard.has(site) ? connections : Math.min(this.#policy.unheard, connections)
  }

  /**
   * A server of the site said what becomes of a letter, while so many connections were open.
   *
   * @returns whether that was its first word
   */
  answered(site: string, busy: number): boolean {
    const first = !this.#heard.has(site)
    if (first) remember(this.#heard, site, true)
    const known = this.#of(site)
    const next = afterAnswer(known, this.#policy, busy)
    if (next.connections !== known.connections || next.up !== known.up || known.failed > 0) {
      remember(this.#concurrency, site, next)
    }
    return first
  }

  /** A connection to the site failed, of so many. `dead`: it is not worth another one now. */
  failed(site: string, busy: number): 'alive' | 'dead' {
    const next = afterFailure(this.#of(site), this.#policy, busy)
    if (next === undefined) this.#concurrency.delete(site)
    else remember(this.#concurrency, site, next)
    return next === undefined ? 'dead' : 'alive'
  }

  #of(site: string): Concurrency {
    return this.#concurrency.get(site) ?? this.#fresh
  }
}

/** Set anew, so that the oldest entry is the first one and goes when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= maxRemembered) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
