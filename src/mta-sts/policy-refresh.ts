import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { StsTrouble } from './finding.ts'
import { endOf, type KeptPolicy, readKept } from './kept.ts'
import { refreshAt } from './next-move.ts'
import { type StsEntry, stsKind } from './policy-book.ts'

export interface PolicyRefreshOptions {
  readonly register: {
    list(query: {
      readonly kind: string
      readonly now: number
      readonly after?: string
      readonly limit: number
    }): Promise<readonly StsEntry[]>
    remove(kind: string, keys: readonly string[]): Promise<number>
  }
  readonly refresh: (
    domain: string,
    kept: KeptPolicy,
    resolver: Resolver,
  ) => Promise<StsTrouble | undefined>
  readonly resolver: Resolver
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
  readonly limits?: RefreshLimits
}

/** How much is kept, and how much is fetched at once. */
export interface RefreshLimits {
  /** Domains; those that mail asked for longest ago go first. */
  readonly policies: number
  /** Octets of all entries. */
  readonly octets: number
  readonly fetches: number
}

const defaultLimits: RefreshLimits = { policies: 10_000, octets: 32 << 20, fetches: 4 }

const hourMs = 3_600_000
const page = 100

/** What one round found and did. Plain data. */
export interface RefreshOutcome {
  readonly kept: number
  readonly refreshed: number
  readonly failed: number
  /** Those that were too many. */
  readonly dropped: number
}

/** What is known of the last round, for who looks after the server. Plain data. */
export interface RefreshStanding extends Pick<RefreshOutcome, 'kept' | 'refreshed' | 'failed'> {
  /** When it ended, Unix milliseconds. */
  readonly at: number
  /** Why the first one could not be fetched: `domain: why`. Absent: none failed. */
  readonly why?: string
  /** Of those with `mode: enforce` that could not be fetched, the one whose time is over first. */
  readonly endsFirst?: EndingPolicy
}

/** A policy that protects mail, and could not be fetched again. */
export interface EndingPolicy {
  readonly domain: string
  /** When its time is over, Unix milliseconds. */
  readonly until: number
  readonly why: string
}

interface Due {
  readonly domain: string
  readonly kept: KeptPolicy
}

interface Failure extends EndingPolicy {
  readonly enforced: boolean
}

interface Known {
  readonly key: string
  readonly usedAt: number
  readonly octets: number
}

/**
 * Fetches kept policies again before their time is over (RFC 8461 §3.3), and keeps their number
 * bounded. Looks once an hour; of what is due, a few are fetched at a time.
 */
export class PolicyRefresh {
  readonly #options: PolicyRefreshOptions
  readonly #limits: RefreshLimits
  #cancel: () => void = () => {}
  #running: Promise<unknown> = Promise.resolve()
  #stopped = false
  #last: RefreshStanding | undefined

  constructor(options: PolicyRefreshOptions) {
    this.#options = options
    this.#limits = options.limits ?? defaultLimits
  }

  start(): void {
    this.#sleep()
  }

  /** Begins nothing more; resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  /** Of the last whole round; `undefined` before the first one. */
  get last(): RefreshStanding | undefined {
    return this.#last
  }

  /** Looks at all that is kept, once. */
  async round(): Promise<RefreshOutcome> {
    const known: Known[] = []
    const due: Due[] = []
    const unreadable: string[] = []
    const { clock } = this.#options
    for await (const entry of this.#entries()) {
      const kept = readKept(entry.json)
      if (kept === undefined) {
        unreadable.push(entry.key)
        continue
      }
      known.push({ key: entry.key, usedAt: kept.usedAt, octets: entry.json.length })
      if ((refreshAt(kept) ?? Infinity) <= clock.now()) due.push({ domain: entry.key, kept })
    }
    const dropped = this.#tooMany(known)
    await this.#remove([...unreadable, ...dropped])
    const gone = new Set(dropped)
    const { tried, failures } = await this.#refreshAll(
      due.filter(({ domain }) => !gone.has(domain)),
    )
    const outcome = {
      kept: known.length - dropped.length,
      refreshed: tried - failures.length,
      failed: failures.length,
      dropped: dropped.length,
    }
    const standing = standingOf(outcome, failures, clock.now())
    this.#tell(outcome, standing.why)
    // A round that was broken off has not seen all.
    if (!this.#stopped) this.#last = standing
    return outcome
  }

  async *#entries(): AsyncGenerator<StsEntry, void, undefined> {
    const { register, clock } = this.#options
    let after: string | undefined
    while (!this.#stopped) {
      const query = { kind: stsKind, now: clock.now(), limit: page }
      const entries = await register.list({ ...query, ...(after === undefined ? {} : { after }) })
      yield* entries
      after = entries.at(-1)?.key
      if (entries.length < page || after === undefined) return
    }
  }

  /** Those that must go so that the rest has room. */
  #tooMany(known: readonly Known[]): readonly string[] {
    let room = this.#limits.octets
    const recent = known.toSorted((a, b) => b.usedAt - a.usedAt)
    const last = recent.findIndex(({ octets }, index) => {
      room -= octets
      return room < 0 || index >= this.#limits.policies
    })
    return last < 0 ? [] : recent.slice(last).map(({ key }) => key)
  }

  async #remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += page) {
      await this.#options.register.remove(stsKind, keys.slice(at, at + page))
    }
  }

  async #refreshAll(
    due: readonly Due[],
  ): Promise<{ readonly tried: number; readonly failures: readonly Failure[] }> {
    const { refresh, resolver } = this.#options
    const left = due.values()
    const failures: Failure[] = []
    let tried = 0
    // All of them take from the same line.
    const fetchOn = async (): Promise<void> => {
      for (const { domain, kept } of left) {
        if (this.#stopped) return
        tried++
        const trouble = await refresh(domain, kept, resolver)
        if (trouble === undefined) continue
        const enforced = kept.policy.mode === 'enforce'
        failures.push({ domain, until: endOf(kept), why: trouble.text, enforced })
      }
    }
    await Promise.all(Array.from({ length: this.#limits.fetches }, fetchOn))
    return { tried, failures }
  }

  #tell({ refreshed, failed, dropped }: RefreshOutcome, why: string | undefined): void {
    if (refreshed + failed + dropped === 0) return
    const fields = { refreshed, failed, dropped, why }
    this.#options.log({ level: failed > 0 ? 'warning' : 'info', event: 'mta-sts', fields })
  }

  #sleep(): void {
    const { clock, random } = this.#options
    // Not all servers of the world at the same minute.
    const ms = hourMs * (0.5 + random())
    this.#cancel = clock.setTimer(ms, () => {
      this.#running = this.#run()
    })
  }

  async #run(): Promise<void> {
    try {
      await this.round()
    } catch (problem) {
      if (!this.#stopped) this.#options.report(problem, 'MTA-STS: refreshing policies')
    }
    if (!this.#stopped) this.#sleep()
  }
}

function standingOf(
  { kept, refreshed, failed }: RefreshOutcome,
  failures: readonly Failure[],
  at: number,
): RefreshStanding {
  const [first] = failures
  let ends: Failure | undefined
  for (const one of failures) {
    if (one.enforced && (ends === undefined || one.until < ends.until)) ends = one
  }
  return {
    at,
    kept,
    refreshed,
    failed,
    ...(first === undefined ? {} : { why: `${first.domain}: ${first.why}` }),
    ...(ends === undefined
      ? {}
      : { endsFirst: { domain: ends.domain, until: ends.until, why: ends.why } }),
  }
}
