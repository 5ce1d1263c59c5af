import { parseDomain } from '../address/domain.ts'
import type { Clock } from '../base/clock.ts'
import { Counter } from '../base/histogram.ts'
import { RecentMap } from '../base/recent-map.ts'
import { bad, type Result } from '../base/result.ts'
import type { Resolver } from '../dns/resolver.ts'
import { FetchLine } from './fetch-line.ts'
import { readFetchedPolicy } from './fetched.ts'
import type { StsFinding, StsPolicies, StsTrouble } from './finding.ts'
import { endOf, type KeptPolicy, readKept, writeKept } from './kept.ts'
import { afterFetch, type FailedFetch, nextMove, type StsFetched, usedAnew } from './next-move.ts'
import type { StsPolicy } from './policy.ts'
import { lookupStsRecord } from './record.ts'

/** What is kept under a name until its time is over. */
export interface StsEntry {
  readonly kind: string
  readonly key: string
  readonly json: string
  /** Unix milliseconds. */
  readonly changedAt: number
  readonly expiresAt?: number
}

/** Where policies are kept: a part of the store's register. */
export interface StsRegister {
  put(entries: readonly StsEntry[]): Promise<void>
  find(kind: string, key: string, now: number): Promise<StsEntry | undefined>
}

/** The octets that the policy host of a domain gives. Never rejects, and always ends. */
export type FetchPolicy = (
  domain: string,
  resolver: Resolver,
) => Promise<Result<Uint8Array, StsTrouble>>

export interface PolicyBookOptions {
  readonly register: StsRegister
  readonly fetch: FetchPolicy
  readonly clock: Clock
  /** What was found is gone by, though it could not be written down. */
  readonly report: (problem: unknown, where: string) => void
}

/** The kind of its entries in the register; their keys are domains. */
export const stsKind = 'mta-sts'

/** So many policies are fetched at once for letters, and whoever waits for a place waits so long. */
const limits = { most: 32, waitMs: 30_000 }
/** So many failed fetches are remembered. */
const mostFailed = 5000

/**
 * Knows the MTA-STS policies of domains: asks for the record with each letter, fetches what is new and
 * keeps it. Of several letters that want the same policy one fetches it.
 */
export class PolicyBook implements StsPolicies {
  readonly #options: PolicyBookOptions
  readonly #line: FetchLine
  readonly #failed = new RecentMap<string, FailedFetch>(mostFailed)
  readonly #fetching = new Map<string, Promise<StsFinding>>()
  readonly #fetches = new Counter()

  constructor(options: PolicyBookOptions) {
    this.#options = options
    this.#line = new FetchLine(options.clock, limits)
  }

  /** How many fetches gave a policy, or did not and where, in the text format of Prometheus. */
  get lines(): readonly string[] {
    const name = 'waybill_mta_sts_fetches_total'
    return this.#fetches.lines(name, 'Fetches of MTA-STS policies, by what came of them')
  }

  /** @throws what the register says when it cannot be read: then nothing is known, and mail waits */
  async of(domain: string, resolver: Resolver): Promise<StsFinding> {
    const name = parseDomain(domain)
    if (name === undefined) return { type: 'none' }
    const { clock } = this.#options
    const [answer, kept] = await Promise.all([lookupStsRecord(name, resolver), this.#kept(name)])
    const now = clock.now()
    const failed = this.#failed.get(name)
    const move = nextMove({ answer, kept, failed, now })
    if (move.type === 'fetch') return this.#joined({ domain: name, id: move.id, kept }, resolver)
    if (move.finding.type === 'policy' && kept !== undefined && usedAnew(kept, now)) {
      await this.keep(name, { ...kept, usedAt: now })
    }
    return move.finding
  }

  /** Fetches a policy that is kept, so that its time begins anew. What could not be had is told. */
  async refresh(
    domain: string,
    kept: KeptPolicy,
    resolver: Resolver,
  ): Promise<StsTrouble | undefined> {
    const name = parseDomain(domain)
    if (name === undefined) return undefined
    const answer = await lookupStsRecord(name, resolver)
    // RFC 8461 §10.2: also when the record is hidden from us.
    const id = answer.type === 'record' ? answer.record.id : kept.id
    const result = await this.#fetch(name, resolver)
    const fetched = afterFetch({ id, result, kept, now: this.#options.clock.now() })
    await this.#remember(name, fetched, kept.usedAt)
    return fetched.failed?.trouble
  }

  /** Writes down a policy; a register that cannot be written is told, and nothing waits for it. */
  async keep(domain: string, kept: KeptPolicy): Promise<void> {
    const { register, clock, report } = this.#options
    const entry = { kind: stsKind, key: domain, json: writeKept(kept), changedAt: clock.now() }
    try {
      await register.put([{ ...entry, expiresAt: endOf(kept) }])
    } catch (problem) {
      report(problem, 'MTA-STS: keeping a policy')
    }
  }

  async #kept(domain: string): Promise<KeptPolicy | undefined> {
    const { register, clock } = this.#options
    const entry = await register.find(stsKind, domain, clock.now())
    return entry === undefined ? undefined : readKept(entry.json)
  }

  #joined(
    wanted: {
      readonly domain: string
      readonly id: string
      readonly kept: KeptPolicy | undefined
    },
    resolver: Resolver,
  ): Promise<StsFinding> {
    const key = `${wanted.domain} ${wanted.id}`
    const underWay = this.#fetching.get(key)
    if (underWay !== undefined) return underWay
    const begun = this.#fetchNew(wanted, resolver).finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, begun)
    return begun
  }

  async #fetchNew(
    wanted: {
      readonly domain: string
      readonly id: string
      readonly kept: KeptPolicy | undefined
    },
    resolver: Resolver,
  ): Promise<StsFinding> {
    const { domain, id, kept } = wanted
    const result = await this.#line.run(() => this.#fetch(domain, resolver))
    const now = this.#options.clock.now()
    const fetched = afterFetch({ id, result: result ?? noPlace, kept, now })
    // That there was no place says nothing of the domain, and is not held against it.
    if (result !== undefined) await this.#remember(domain, fetched, now)
    return fetched.finding
  }

  async #fetch(domain: string, resolver: Resolver): Promise<Result<StsPolicy, StsTrouble>> {
    const octets = await this.#options.fetch(domain, resolver)
    const result = octets.ok ? readFetchedPolicy(octets.value) : octets
    this.#fetches.add({ result: result.ok ? 'fetched' : result.problem.stage })
    return result
  }

  async #remember(domain: string, { keep, failed }: StsFetched, usedAt: number): Promise<void> {
    if (failed !== undefined) this.#failed.set(domain, failed)
    if (keep === undefined) return
    this.#failed.delete(domain)
    await this.keep(domain, { ...keep, usedAt })
  }
}

const noPlace = bad<StsTrouble>({
  stage: 'fetch',
  text: 'Too many policies were being fetched, and no place was free in time.',
  resultType: 'sts-policy-fetch-error',
})
