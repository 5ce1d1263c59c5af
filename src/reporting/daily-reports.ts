import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { OwnMail } from '../post/own-mail.ts'
import type { Post } from '../post/post.ts'
import { type AggregateOutcome, sendAggregateReports } from './send-aggregate.ts'
import type { ReadPorts } from '../store/reads.ts'
import { reportSubject, storeReportSource } from './store-source.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
/** Days that are reported late, when nothing says how far the reports came. */
const lookBackDays = 7

/** Where the first day that is not wholly reported is remembered. */
export interface FirstOpenDay {
  read(): Promise<number | undefined>
  write(day: number): Promise<void>
}

export interface DailyReportsOptions {
  readonly read: ReadPorts
  readonly resolver: Resolver
  readonly post: Pick<Post, 'own' | 'accept'>
  readonly clock: Clock
  /** Author and reverse-path of the reports, in a domain of ours that signs. */
  readonly from: string
  /** Numbers in [0, 1): reports leave at some time of the first hours, not all servers' at once. */
  readonly random: () => number
  readonly firstOpenDay: FirstOpenDay
  /** Lets other work of this thread go on. */
  readonly turn: () => Promise<void>
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/**
 * Sends the aggregate reports of each UTC day in the first hours of the next one (RFC 9990 §3.5).
 * Also at start, for each of the last seven days that is not done: a server that was down for some
 * days still reports the one on which it went down. What was sent is not sent twice.
 */
export class DailyReports {
  readonly #options: DailyReportsOptions
  #cancel: () => void = () => {}
  /** A report on its way into the store, which must not be closed under it. */
  #submitting: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(options: DailyReportsOptions) {
    this.#options = options
  }

  start(): void {
    this.#sleep(hourMs * this.#options.random())
  }

  /** Sends what is due for the days before now, the oldest first. */
  async send(): Promise<readonly AggregateOutcome[]> {
    const { clock, firstOpenDay } = this.#options
    const today = Math.floor(clock.now() / dayMs) * dayMs
    const earliest = today - lookBackDays * dayMs
    const known = await firstOpenDay.read()
    const first = Math.max(earliest, Math.min(today, known ?? earliest))
    const outcomes: AggregateOutcome[] = []
    let open: number | undefined
    for (let day = first; day < today; day += dayMs) {
      const ofDay = await this.#sendDay(day)
      this.#tell(day, ofDay)
      if (this.#stopped) return outcomes
      outcomes.push(...ofDay)
      if (ofDay.some(({ result }) => result === 'try-later')) open ??= day
    }
    if ((open ?? today) !== known) await firstOpenDay.write(open ?? today)
    return outcomes
  }

  /** Begins nothing more, and waits for no more than the report that is being stored. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#submitting
  }

  /** One line for the day's work, when there was any. */
  #tell(day: number, outcomes: readonly AggregateOutcome[]): void {
    const count = (result: AggregateOutcome['result']): number =>
      outcomes.filter((one) => one.result === result).length
    const [sent, nowhere, later] = [count('sent'), count('no-destination'), count('try-later')]
    if (sent + nowhere + later === 0) return
    const utcDay = new Date(day).toISOString().slice(0, 10)
    const fields = { kind: 'aggregate', day: utcDay, sent, nowhere, later }
    this.#options.log({ level: 'info', event: 'report', fields })
  }

  #sendDay(day: number): Promise<readonly AggregateOutcome[]> {
    const { read, resolver, clock, from, turn } = this.#options
    const domain = domainOf(from)
    const stopped = (): boolean => this.#stopped
    return sendAggregateReports({
      day,
      source: storeReportSource(read, { sentSince: day + dayMs, turn, stopped }),
      resolver,
      reporter: { domain, orgName: domain, email: from, generator: 'Waybill' },
      from,
      now: clock.now(),
      turn,
      stopped,
      submit: (report) => {
        const subject = reportSubject(report.reportId)
        return this.#submit({ ...report, subject, because: 'aggregate report' })
      },
    })
  }

  async #submit(mail: OwnMail): Promise<void> {
    const { post } = this.#options
    const accepted = post.own(mail).then(({ acceptance }) => post.accept(acceptance))
    // Who stops waits for its end, however it ends.
    this.#submitting = accepted.catch(() => undefined)
    await accepted
  }

  #sleep(ms: number): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => void this.#run())
  }

  async #run(): Promise<void> {
    const { clock, random, report } = this.#options
    try {
      await this.send()
    } catch (problem) {
      // The next run sends what is missing.
      if (!this.#stopped) report(problem, 'aggregate reports')
    }
    if (this.#stopped) return
    const tomorrow = (Math.floor(clock.now() / dayMs) + 1) * dayMs
    this.#sleep(tomorrow - clock.now() + 3 * hourMs * random())
  }
}
