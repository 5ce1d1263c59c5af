import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Pause } from '../post/batch.ts'
import {
  type Candidate,
  chooseSource,
  homeOf,
  type SourceChoice,
  type SourceFacts,
} from '../source/choose-source.ts'
import { type PoolFound, poolOf, type Senders, type SentBy } from '../source/pool-of.ts'
import { type Refused, Refusals } from '../source/refusals.ts'
import type { Family, Source } from '../source/source.ts'
import { moreAt, warmUpDay, warmUpLimit } from '../source/warm-up.ts'
import { senderOf } from '../store/sender.ts'
import type { SourceCounts } from './source-counts.ts'

/** From which of our addresses mail goes, as the settings say. */
export interface SourcePlan {
  readonly sources: readonly Source[]
  /** In lower case. */
  readonly senders: readonly (Senders & { readonly pool: string })[]
  /** The pool that is said of a destination, or of the site that it leads to. */
  readonly poolTo: (destination: string, site: string) => string | undefined
}

/** What people have paused of sources. */
export interface PausedSources {
  /** `until` in Unix milliseconds; `undefined`: until somebody ends it. */
  ofSource(
    name: string,
  ):
    | { readonly since: number; readonly until: number | undefined; readonly because: string }
    | undefined
}

/** Letters that are alike for the choice of a source. */
export interface Lane extends PoolFound {
  readonly home: string
}

/** A source, what it was chosen by, and how much may go from it. */
export interface SourceTaken {
  readonly facts: SourceFacts
  readonly choice: SourceChoice
}

/** How a source stands, for people. */
export interface SourceStanding {
  readonly name: string
  readonly pool: string
  readonly addresses: readonly string[]
  readonly hostname: string
  /** Letters that went today (UTC), one for each recipient. */
  readonly today: number
  /** Which day of its warm-up it is, and most letters today; absent: as many as there are. */
  readonly warmUp?: { readonly day: number; readonly letters: number }
  /** Nothing goes from it, or not to one site; times in Unix milliseconds. */
  readonly pauses: readonly {
    readonly site?: string
    /** So many that are independent refuse it that nothing goes from it at all. */
    readonly refusedByAll?: true
    /** Absent: nobody knows. */
    readonly since?: number
    readonly until?: number
    readonly because: string
  }[]
}

export interface SourceBookOptions {
  readonly clock: Clock
  readonly counts: SourceCounts
  /** Whether this machine has an address now. */
  readonly isHere: (address: string) => boolean
  readonly persons?: PausedSources
  /** Told when nothing goes from a source any more. */
  readonly log?: Log
}

/** What is known of the sources: what each has sent today, and who refuses it. */
export class SourceBook {
  readonly #options: SourceBookOptions
  readonly #refusals = new Map<string, Refusals>()
  #plan: SourcePlan = { sources: [], senders: [], poolTo: () => undefined }

  constructor(options: SourceBookOptions) {
    this.#options = options
  }

  /** From now on these are the sources. What is known of those that stay is kept. */
  use(plan: SourcePlan): void {
    this.#plan = plan
    const names = new Set(plan.sources.map(({ name }) => name))
    for (const name of this.#refusals.keys()) if (!names.has(name)) this.#refusals.delete(name)
  }

  /**
   * The lane of a letter; `undefined` where its pool has no source, and it goes from the address that
   * the system chooses.
   */
  laneOf(sentBy: SentBy, destination: string, site: string): Lane | undefined {
    const { sources, senders, poolTo } = this.#plan
    if (sources.length === 0) return undefined
    const found = poolOf(senders, sentBy, poolTo(destination, site))
    const home = homeOf(this.#pool(found.pool), senderOf(sentBy), site)
    return home === undefined ? undefined : { ...found, home }
  }

  /** What would be chosen now; nothing is counted for it. */
  foresee(
    lane: Lane,
    to: { readonly site: string; readonly families: readonly Family[]; readonly letters: number },
  ): SourceTaken {
    const at = this.#options.clock.now()
    const candidates = this.#pool(lane.pool).map((source) => this.#candidate(source, to.site, at))
    const facts: SourceFacts = { ...lane, ...to, at, candidates }
    return { facts, choice: chooseSource(facts) }
  }

  /** Chooses a source. As many letters as may go count as sent; they are given back when they do not. */
  async take(lane: Lane, to: Parameters<SourceBook['foresee']>[1]): Promise<SourceTaken> {
    const taken = this.foresee(lane, to)
    const { choice } = taken
    // Between the look and this nothing is awaited: no two batches take the same letters of a plan.
    if (choice.type === 'source') await this.#count(choice.source, choice.letters)
    return taken
  }

  /** Further letters for a source that was chosen before; gives how many of them may go. */
  async join(source: string, site: string, letters: number): Promise<number> {
    const { sources } = this.#plan
    const known = sources.find(({ name }) => name === source)
    if (known === undefined || letters === 0) return 0
    const { paused, limit, sent } = this.#candidate(known, site, this.#options.clock.now())
    if (paused !== undefined) return 0
    const most = limit === undefined ? letters : Math.min(letters, limit.letters - sent)
    if (most <= 0) return 0
    await this.#count(source, most)
    return most
  }

  /** So many that were counted did not go: nobody has seen them. */
  giveBack(source: string, letters: number): void {
    this.#options.counts.giveBack(source, letters)
  }

  /** A site refuses the address of a source. */
  refused(source: string, site: string, { forMs, because, refuser }: Pause): void {
    const { clock, log } = this.#options
    const refusals = this.#refusals.get(source) ?? new Refusals(clock)
    this.#refusals.set(source, refusals)
    const before = refusals.ofAll
    const since = clock.monotonicMs()
    const by = refuser === undefined ? {} : { refuser }
    refusals.learn(site, { since, until: since + forMs, because, ...by })
    const all = before === undefined ? refusals.ofAll : undefined
    if (all === undefined) return
    const dated = this.#dated(all)
    const until = new Date(dated.until).toISOString()
    log?.({
      level: 'error',
      event: 'paused',
      fields: { of: 'all', source, why: all.because, until },
    })
  }

  /** Somebody wants it tried: that a site, or any, refuses our addresses is forgotten. */
  forget(site?: string): void {
    for (const refusals of this.#refusals.values()) refusals.forget(site)
  }

  get standings(): readonly SourceStanding[] {
    const { clock, counts } = this.#options
    const at = clock.now()
    return this.#plan.sources.map((source) => {
      const { name, pool, hostname, ipv4, ipv6, warmUp } = source
      const letters = warmUp === undefined ? undefined : warmUpLimit(warmUp, at)
      return {
        name,
        pool,
        addresses: [ipv4, ipv6].filter((one) => one !== undefined),
        hostname,
        today: counts.of(name),
        ...(warmUp === undefined || letters === undefined
          ? {}
          : { warmUp: { day: warmUpDay(warmUp, at), letters } }),
        pauses: this.#pausesOf(name),
      }
    })
  }

  async #count(source: string, letters: number): Promise<void> {
    const known = this.#plan.sources.find(({ name }) => name === source)
    const { warmUp } = known ?? {}
    const most = warmUp === undefined ? undefined : warmUpLimit(warmUp, this.#options.clock.now())
    await this.#options.counts.spend(source, letters, most ?? Infinity)
  }

  #pool(pool: string): readonly Source[] {
    return this.#plan.sources.filter((source) => source.pool === pool)
  }

  #candidate(source: Source, site: string, at: number): Candidate {
    const { counts, isHere } = this.#options
    const { name, weight, hostname, ipv4, ipv6, warmUp } = source
    const letters = warmUp === undefined ? undefined : warmUpLimit(warmUp, at)
    const paused = this.#paused(name, site)
    return {
      name,
      weight,
      hostname,
      ...(ipv4 !== undefined && isHere(ipv4) ? { ipv4 } : {}),
      ...(ipv6 !== undefined && isHere(ipv6) ? { ipv6 } : {}),
      sent: counts.of(name),
      ...(warmUp === undefined || letters === undefined
        ? {}
        : { limit: { letters, until: moreAt(warmUp, at) } }),
      ...(paused === undefined ? {} : { paused }),
    }
  }

  #paused(name: string, site: string): Candidate['paused'] {
    const { clock, persons } = this.#options
    const byPerson = persons?.ofSource(name)
    if (byPerson !== undefined && (byPerson.until ?? Infinity) > clock.now()) {
      const { because, until } = byPerson
      return { because, ...(until === undefined ? {} : { until }) }
    }
    const refused = this.#refusals.get(name)?.of(site)
    return refused === undefined ? undefined : this.#dated(refused)
  }

  #pausesOf(name: string): SourceStanding['pauses'] {
    const { clock, persons } = this.#options
    const byPerson = persons?.ofSource(name)
    const lasts = byPerson !== undefined && (byPerson.until ?? Infinity) > clock.now()
    const refusals = this.#refusals.get(name)
    const all = refusals?.ofAll
    const sites = Array.from(refusals?.sites ?? []).slice(0, mostSites)
    return [
      ...(lasts
        ? [
            {
              because: byPerson.because,
              since: byPerson.since,
              ...(byPerson.until === undefined ? {} : { until: byPerson.until }),
            },
          ]
        : []),
      ...(all === undefined ? [] : [{ refusedByAll: true as const, ...this.#begun(all) }]),
      ...sites.map(([site, refused]) => ({ site, ...this.#begun(refused) })),
    ]
  }

  /** With its beginning, too. */
  #begun({ since, ...refused }: Refused): SourceStanding['pauses'][number] {
    const { clock } = this.#options
    const dated = this.#dated(refused)
    if (since === undefined) return dated
    return { ...dated, since: Math.round(clock.now() + since - clock.monotonicMs()) }
  }

  /** In the hours of people. */
  #dated({ until, because }: { readonly until: number; readonly because: string }): {
    readonly until: number
    readonly because: string
  } {
    const { clock } = this.#options
    return { until: Math.round(clock.now() + until - clock.monotonicMs()), because }
  }
}

/** Sites that are named of one source. */
const mostSites = 20
