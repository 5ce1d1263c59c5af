import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { CallPlace } from '../io/outside-address.ts'
import { PolicyFetcher } from '../io/policy-fetcher.ts'
import { trustContext } from '../io/trust.ts'
import type { StsPolicies } from '../mta-sts/finding.ts'
import { PolicyBook } from '../mta-sts/policy-book.ts'
import { PolicyRefresh } from '../mta-sts/policy-refresh.ts'
import type { RegisterPort } from '../store/ports/register.ts'

export interface StsOptions {
  /** Where policy hosts are called. */
  readonly placeOf: CallPlace
  readonly register: RegisterPort
  /** Its resolver is for refreshing; a letter brings its own. */
  readonly network: Resolver & { readonly open: AbortSignal }
  /** PEM certificates to trust; `undefined` is what Node itself trusts. */
  readonly trustAnchors: readonly string[] | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** `undefined` where policies are not asked for. */
export function openSts(
  options: Omit<StsOptions, 'placeOf' | 'register'> & {
    readonly policyPlace?: CallPlace | undefined
    readonly store: { readonly register: RegisterPort }
  },
): Sts | undefined {
  const { policyPlace: placeOf, store } = options
  const { register } = store
  return placeOf === undefined ? undefined : new Sts({ ...options, placeOf, register })
}

/** The MTA-STS policies of others, fetched, kept and refreshed while this server runs. */
export class Sts {
  readonly #book: PolicyBook
  readonly #refresh: PolicyRefresh

  constructor(options: StsOptions) {
    const { placeOf, trustAnchors, network: resolver } = options
    const trust = trustAnchors === undefined ? undefined : trustContext(trustAnchors)
    const fetcher = new PolicyFetcher({ placeOf, trust, open: resolver.open })
    const fetch: PolicyFetcher['fetch'] = (domain, asked) => fetcher.fetch(domain, asked)
    this.#book = new PolicyBook({ ...options, fetch })
    const refresh: PolicyBook['refresh'] = (...policy) => this.#book.refresh(...policy)
    this.#refresh = new PolicyRefresh({ ...options, resolver, refresh })
  }

  get policies(): StsPolicies {
    return this.#book
  }

  /** See `PolicyBook.lines`. */
  get lines(): readonly string[] {
    return this.#book.lines
  }

  /** See `PolicyRefresh.last`. */
  get lastRefresh(): PolicyRefresh['last'] {
    return this.#refresh.last
  }

  start(): void {
    this.#refresh.start()
  }

  /** Refreshes no more; resolves when what is under way is over. */
  async stop(): Promise<void> {
    await this.#refresh.stop()
  }
}
