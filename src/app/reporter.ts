import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Directory } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { Post } from '../post/post.ts'
import { DailyReports, type FirstOpenDay } from '../reporting/daily-reports.ts'
import { FailureReports, type FailureReportsPlan } from '../reporting/failure-reports.ts'
import { TlsReporter } from './tls-reporter.ts'
import type { Store } from '../store/ports/store.ts'

/** Which reports of our verdicts are sent to domain owners. */
export interface ReportsPlan {
  /** Reports of each day. Absent: none. */
  readonly daily?: {
    /** Author of the reports, in a domain of ours that signs. */
    readonly from: string
    readonly firstOpenDay: FirstOpenDay
  }
  /** Reports of TLS at other servers. Absent: none, and nothing is counted. */
  readonly tls?: {
    /** Author of the reports, in a domain of ours that signs. */
    readonly from: string
  }
  /** Reports of single letters that failed. Absent: none. */
  readonly failure?: FailureReportsPlan | undefined
}

export interface ReporterOptions {
  readonly plan: ReportsPlan
  readonly hostname: string
  readonly directory: Directory
  readonly store: Store
  readonly post: Post
  readonly resolver: Resolver
  /** PEM certificates to trust; `undefined` is what Node itself trusts. */
  readonly trustAnchors: readonly string[] | undefined
  readonly clock: Clock
  /** Numbers in [0, 1) that nobody can guess. */
  readonly random: () => number
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** Tells domain owners what was judged of mail in their names: each day, and of letters that failed. */
export class Reporter {
  readonly #daily: DailyReports | undefined
  readonly #failure: FailureReports | undefined
  readonly #tls: TlsReporter | undefined

  constructor(options: ReporterOptions) {
    const { plan, store, ...rest } = options
    if (plan.daily !== undefined) {
      const turn = (): Promise<void> => new Promise((go) => setImmediate(go))
      this.#daily = new DailyReports({ ...rest, ...plan.daily, read: store, turn })
    }
    if (plan.tls !== undefined)
      this.#tls = new TlsReporter({ ...rest, ...plan.tls, store, mail: options.post })
    if (plan.failure !== undefined) {
      const { messages } = store
      this.#failure = new FailureReports({ ...rest, plan: plan.failure, messages })
    }
  }

  /** Begins with the reports of days that are over. */
  start(): void {
    this.#daily?.start()
    this.#tls?.start()
  }

  /** Who is to be told how TLS fared at other servers; `undefined` when nobody wants to know. */
  get ledger(): TlsReporter['ledger'] | undefined {
    return this.#tls?.ledger
  }

  /** See `TlsReports.last`. */
  get lastTls(): TlsReporter['last'] {
    return this.#tls?.last
  }

  /**
   * To be told of letters that were judged; `undefined` when nobody wants to know. By a word of its
   * own and not by the feed of changes: what a report is made of (verdicts, header, envelope) is at
   * hand when a letter is judged, and would have to be read again from its record, for every letter.
   */
  get judged(): ((letter: JudgedLetter) => void) | undefined {
    const failure = this.#failure
    return failure === undefined ? undefined : (letter) => failure.judged(letter)
  }

  /** Begins no more report of a day. Resolves when the one that is being stored is there. */
  async stop(): Promise<void> {
    await Promise.all([this.#daily?.stop(), this.#tls?.stop()])
  }

  /** Resolves when reports of letters that are being written, and what was counted, are in the store. */
  async settled(): Promise<void> {
    await Promise.all([this.#failure?.settled(), this.#tls?.settled()])
  }
}
