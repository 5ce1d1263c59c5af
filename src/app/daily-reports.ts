import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type AggregateOutcome, sendAggregateReports } from '../reporting/send-aggregate.ts'
import type { FullStore } from '../store/store.ts'
import { acceptOwnMail, type OwnMailWorld } from './own-mail.ts'
import { storeReportSource } from './report-source.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

export interface DailyReportsOptions {
  readonly store: FullStore
  readonly resolver: Resolver
  readonly world: OwnMailWorld
  readonly clock: Clock
  /** Author and reverse-path of the reports, in a domain of ours that signs. */
  readonly from: string
  /** Numbers in [0, 1): reports leave at some time of the first hours, not all servers' at once. */
  readonly random: () => number
  /** Something was put into the queue. */
  readonly queued: () => void
  readonly report: (problem: unknown, where: string) => void
}

/**
 * Sends the aggregate reports of each UTC day in the first hours of the next one (RFC 9990 §3.5).
 * Also at start for the day before, so that a server that was down at night still reports; what was
 * sent is not sent twice.
 */
export class DailyReports {
  readonly #options: DailyReportsOptions
  #cancel: () => void = () => {}
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: DailyReportsOptions) {
    this.#options = options
  }

  start(): void {
    this.#sleep(hourMs * this.#options.random())
  }

  /** Sends what is due for the day before now. */
  async send(): Promise<readonly AggregateOutcome[]> {
    const { store, resolver, world, clock, from } = this.#options
    const now = clock.now()
    const today = Math.floor(now / dayMs) * dayMs
    const domain = domainOf(from)
    return sendAggregateReports({
      day: today - dayMs,
      source: storeReportSource(store.read, { sentSince: today }),
      resolver,
      reporter: { domain, orgName: domain, email: from, generator: 'Waybill' },
      from,
      now,
      submit: async (report) => {
        const subject = `DMARC report ${report.reportId}`
        const mail = { ...report, signAs: domain, subject, because: 'aggregate report' }
        await store.accept(acceptOwnMail(world, mail).acceptance)
        this.#options.queued()
      },
    })
  }

  /** Waits for a run under way; begins no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  #sleep(ms: number): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => {
      this.#running = this.#run()
    })
  }

  async #run(): Promise<void> {
    const { clock, random, report } = this.#options
    try {
      await this.send()
    } catch (problem) {
      // The next run sends what is missing.
      report(problem, 'aggregate reports')
    }
    if (this.#stopped) return
    const tomorrow = (Math.floor(clock.now() / dayMs) + 1) * dayMs
    this.#sleep(tomorrow - clock.now() + 3 * hourMs * random())
  }
}
