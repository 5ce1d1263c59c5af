import type { Clock } from '../base/clock.ts'
import { makeId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import type { Resolver } from '../dns/resolver.ts'
import { HookSender } from '../io/hook-sender.ts'
import { trustContext } from '../io/trust.ts'
import type { Post } from '../post/post.ts'
import type { TlsLedger } from '../report/tls-fact.ts'
import { StoredTlsLedger } from '../reporting/tls-ledger.ts'
import { TlsReports } from '../reporting/tls-reports.ts'
import type { Store } from '../store/ports/store.ts'

/** Counts how TLS fares at other servers, and reports it to domains that ask for that. */
export class TlsReporter {
  readonly #ledger: StoredTlsLedger
  readonly #reports: TlsReports
  readonly #sender: HookSender

  constructor(options: {
    readonly from: string
    readonly store: Pick<Store, 'register'>
    readonly mail: Pick<Post, 'own' | 'accept'>
    readonly resolver: Resolver
    /** PEM certificates to trust; `undefined` is what Node itself trusts. */
    readonly trustAnchors: readonly string[] | undefined
    readonly clock: Clock
    readonly random: () => number
    readonly log: Log
    readonly report: (problem: unknown, where: string) => void
  }) {
    const { clock, random, store, resolver, trustAnchors } = options
    const { register } = store
    const trust = trustAnchors === undefined ? undefined : trustContext(trustAnchors)
    this.#sender = new HookSender({ reach: { type: 'outside', resolver }, trust })
    const run = makeId(clock.now(), random)
    // By name: who makes this has limits of its own, which are not those of the ledger.
    this.#ledger = new StoredTlsLedger({ register, clock, run, report: options.report })
    const written = (): Promise<void> => this.#ledger.write()
    this.#reports = new TlsReports({
      ...options,
      register,
      written,
      post: (request) => this.#sender.send(request),
    })
  }

  get ledger(): TlsLedger & { readonly lines: readonly string[] } {
    return this.#ledger
  }

  /** See `TlsReports.last`. */
  get last(): TlsReports['last'] {
    return this.#reports.last
  }

  start(): void {
    this.#ledger.start()
    this.#reports.start()
  }

  /** Begins no more report; resolves when those that are being sent are over. */
  async stop(): Promise<void> {
    this.#sender.close()
    await this.#reports.stop()
  }

  /** Resolves when what was counted is in the store; nothing more is counted then. */
  async settled(): Promise<void> {
    await this.#ledger.stop()
  }
}
