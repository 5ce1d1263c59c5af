import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { OwnMail } from '../post/own-mail.ts'
import type { Post } from '../post/post.ts'
import { TlsTally, readTally } from '../report/tls-tally.ts'
import type { GatheredTlsReport } from '../report/format-tls.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import { sendTlsReport, type TlsReportOutcome, type TlsReportSending } from './send-tls.ts'
import { dayKey, tlsResultKind } from './tls-ledger.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const page = 100
/** So many reports are on their way at once: who is slow to take one keeps few others waiting. */
const atOnce = 8

export interface TlsReportsOptions extends Pick<TlsReportSending, 'resolver' | 'post' | 'from'> {
  readonly register: Pick<RegisterPort, 'list' | 'remove'>
  readonly mail: Pick<Post, 'own' | 'accept'>
  readonly clock: Clock
  /** Numbers in [0, 1): reports leave at some time of the first four hours (RFC 8460 §4.1). */
  readonly random: () => number
  /** Resolves when all that was counted so far is in the register. */
  readonly written: () => Promise<void>
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** What became of the reports when some were to be sent last. Plain data. */
export interface TlsReportsStanding {
  /** When that was over, Unix milliseconds. */
  readonly at: number
  readonly sent: number
  /** Reports that nobody could take, and that are given up. */
  readonly nowhere: number
  /** Those that are tried again. */
  readonly later: number
}

/** What was counted for one domain on one day, by each run of the server. */
interface Gathered {
  readonly report: GatheredTlsReport
  readonly keys: readonly string[]
}

/**
 * Sends the TLS reports of each UTC day in the first hours of the next one (RFC 8460 §4.1). What was
 * counted leaves the register with the report, so none is sent twice; what could not be sent is tried
 * again each hour until it is a day old (§5.5).
 */
export class TlsReports {
  readonly #options: TlsReportsOptions
  #cancel: () => void = () => {}
  #running: Promise<unknown> = Promise.resolve()
  #stopped = false
  #last: TlsReportsStanding | undefined

  constructor(options: TlsReportsOptions) {
    this.#options = options
  }

  start(): void {
    this.#sleep(hourMs * this.#options.random())
  }

  /** Begins nothing more; resolves when what is being sent is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  /** Of the last time when there were reports to send; `undefined` when there were none since the start. */
  get last(): TlsReportsStanding | undefined {
    return this.#last
  }

  /** Sends what was counted before today, and says what became of each report. */
  async send(): Promise<readonly TlsReportOutcome[]> {
    const { clock, resolver, post, from } = this.#options
    await this.#options.written()
    const domain = domainOf(from)
    const sending: TlsReportSending = {
      resolver,
      post,
      from,
      reporter: { domain, orgName: domain, email: from },
      now: clock.now(),
      refusing: new Set(),
      taken: new Map(),
      submit: (mail, keys) => this.#submit(mail, keys),
    }
    const outcomes: TlsReportOutcome[] = []
    const gathered = this.#gathered()
    // All of them take from the same line.
    const sendOn = async (): Promise<void> => {
      for await (const { report, keys } of sharedLine(gathered)) {
        if (this.#stopped) return
        const outcome = await sendTlsReport(report, keys, sending)
        if (outcome.result !== 'later' && !outcome.forgotten) await this.#forget(keys)
        outcomes.push(outcome)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, sendOn))
    this.#tell(outcomes)
    const counts = countsOf(outcomes)
    if (counts !== undefined) this.#last = { at: clock.now(), ...counts }
    return outcomes
  }

  /** One for each domain and day that is over, in the order of days. */
  async *#gathered(): AsyncGenerator<Gathered, void, undefined> {
    const today = dayKey(this.#options.clock.now())
    let entries: RegisterEntry[] = []
    for await (const entry of this.#entries()) {
      if (entry.key >= today) break
      const [first] = entries
      if (first !== undefined && whose(first) !== whose(entry)) {
        yield gather(entries)
        entries = []
      }
      entries.push(entry)
    }
    if (entries.length > 0) yield gather(entries)
  }

  async *#entries(): AsyncGenerator<RegisterEntry, void, undefined> {
    const { register, clock } = this.#options
    let after: string | undefined
    while (!this.#stopped) {
      const query = { kind: tlsResultKind, now: clock.now(), limit: page }
      const entries = await register.list({ ...query, ...(after === undefined ? {} : { after }) })
      yield* entries
      after = entries.at(-1)?.key
      if (entries.length < page || after === undefined) return
    }
  }

  async #forget(keys: readonly string[]): Promise<void> {
    await this.#options.register.remove(tlsResultKind, keys)
  }

  /** In one commit the report is in the queue, and what it tells is counted no more. */
  async #submit(mail: OwnMail, keys: readonly string[]): Promise<void> {
    const { mail: post, clock } = this.#options
    const { acceptance } = await post.own(mail)
    const now = clock.now()
    const over = keys.map((key) => {
      return { kind: tlsResultKind, key, json: '[]', changedAt: now, expiresAt: now }
    })
    await post.accept({ ...acceptance, register: over })
  }

  #tell(outcomes: readonly TlsReportOutcome[]): void {
    for (const day of new Set(outcomes.map((one) => one.day))) {
      const counts = countsOf(outcomes.filter((one) => one.day === day))
      if (counts === undefined) continue
      const fields = { kind: 'tls', day: dayKey(day), ...counts }
      this.#options.log({ level: 'info', event: 'report', fields })
    }
  }

  #sleep(ms: number): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => {
      this.#running = this.#run()
    })
  }

  async #run(): Promise<void> {
    const { clock, random, report } = this.#options
    let isOpen = true
    try {
      const outcomes = await this.send()
      isOpen = outcomes.some(({ result }) => result === 'later')
    } catch (problem) {
      // The next run sends what is missing.
      if (!this.#stopped) report(problem, 'TLS reports')
    }
    if (this.#stopped) return
    const tomorrow = (Math.floor(clock.now() / dayMs) + 1) * dayMs
    this.#sleep(isOpen ? hourMs : tomorrow - clock.now() + 4 * hourMs * random())
  }
}

/** The same generator for several readers: whoever stops reading does not end it for the others. */
function sharedLine<T>(line: AsyncGenerator<T, void, undefined>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => ({ next: () => line.next() }) }
}

/** `undefined` where none was sent, given up or put off. */
function countsOf(
  outcomes: readonly TlsReportOutcome[],
): Omit<TlsReportsStanding, 'at'> | undefined {
  const count = (result: TlsReportOutcome['result']): number =>
    outcomes.filter((one) => one.result === result).length
  const [sent, nowhere, later] = [count('sent'), count('given-up'), count('later')]
  return sent + nowhere + later === 0 ? undefined : { sent, nowhere, later }
}

/** Day and domain of an entry. */
function whose({ key }: RegisterEntry): string {
  return key.slice(0, key.lastIndexOf(' '))
}

function gather(entries: readonly RegisterEntry[]): Gathered {
  const [first] = entries
  const [day = '', domain = ''] = first === undefined ? [] : whose(first).split(' ')
  const tally = new TlsTally()
  for (const { json } of entries) for (const one of readTally(json)) tally.add(one)
  const report = { day: Date.parse(`${day}T00:00:00Z`), domain, policies: tally.policies }
  return { report, keys: entries.map(({ key }) => key) }
}
