import { concat, encodeUtf8 } from '../base/octets.ts'
import type { Resolver } from '../dns/resolver.ts'
import { gzipReport } from '../io/report-archive.ts'
import { buildAggregateMail } from '../report/aggregate-mail.ts'
import { aggregateParts, aggregateReportId, type Reporter } from '../report/format-aggregate.ts'
import {
  AggregateGatherer,
  type AggregateRow,
  defaultGatherLimits,
  type GatheredReport,
  type GatherLimits,
} from '../report/gather-aggregate.ts'
import { findDestinations, type RefusedDestination } from './destinations.ts'

/** Where our verdicts are kept. */
export interface ReportSource {
  /** The verdicts of a period, in any order. Times are Unix milliseconds; `end` is not in it. */
  rows(period: {
    readonly begin: number
    readonly end: number
  }): AsyncIterable<AggregateRow> | Iterable<AggregateRow>
  /** Whether a report of that id was handed over before: a day's work may be interrupted. */
  wasSent(reportId: string): boolean | Promise<boolean>
}

/** A report on its way: to be DKIM-signed, kept, and sent as other mail is. */
export interface OutgoingReport {
  /** To be remembered in the same transaction, for `wasSent`. */
  readonly reportId: string
  readonly reversePath: string
  readonly recipients: readonly string[]
  readonly message: Uint8Array
}

export interface AggregateRun {
  /** A time of the UTC day that is reported, Unix milliseconds. */
  readonly day: number
  readonly source: ReportSource
  readonly resolver: Resolver
  /** Fulfils when the report is safe. */
  readonly submit: (report: OutgoingReport) => Promise<void>
  readonly reporter: Reporter
  /** Author and reverse-path; of a domain of ours that signs, so that the report passes DMARC. */
  readonly from: string
  /** Unix milliseconds. */
  readonly now: number
  readonly limits?: GatherLimits
  /** Lets other work of this thread go on: a run comes back to it every few milliseconds. */
  readonly turn?: () => Promise<void>
  /** Asked after each turn and each wait; a run that is stopped begins nothing more. */
  readonly stopped?: () => boolean
}

/** What became of one report. Plain data. */
export interface AggregateOutcome {
  readonly reportId: string
  readonly policyDomain: string
  readonly messages: number
  /**
   * `try-later`: no place could be verified, and at least one because of a DNS error. The same run
   * again sends those that are missing.
   */
  readonly result: 'sent' | 'already-sent' | 'no-destination' | 'try-later'
  readonly to: readonly string[]
  readonly refused: readonly RefusedDestination[]
}

const dayMs = 86_400_000

/**
 * Sends the aggregate reports of one UTC day: one for each policy domain that asks for it, to each
 * place that may have it. RFC 9990 §3.5. May be run again: what was sent is not sent twice. A run
 * that is stopped gives the outcomes so far.
 *
 * @throws what `submit` and the source throw; the reports before that are sent
 */
export async function sendAggregateReports(
  run: AggregateRun,
): Promise<readonly AggregateOutcome[]> {
  const begin = Math.floor(run.day / dayMs) * dayMs
  const end = begin + dayMs
  const gatherer = new AggregateGatherer(run.limits ?? defaultGatherLimits)
  let rows = 0
  for await (const row of run.source.rows({ begin, end })) {
    if (++rows % rowsInTurn === 0) await run.turn?.()
    if (run.stopped?.() === true) return []
    const inside = row.receivedAt >= begin && row.receivedAt < end
    if (inside) gatherer.add(row)
  }
  const outcomes: AggregateOutcome[] = []
  for (const report of gatherer.reports()) {
    await run.turn?.()
    if (run.stopped?.() === true) break
    if (report.policy.rua.length === 0) continue
    const outcome = await sendOne(report, run)
    if (outcome === undefined) break
    outcomes.push(outcome)
  }
  return outcomes
}

/** A row takes some microseconds, a record of XML some tens. */
const rowsInTurn = 200
const recordsInTurn = 100

/** `undefined` when the run was stopped meanwhile: then nothing was handed over. */
async function sendOne(
  report: GatheredReport,
  run: AggregateRun,
): Promise<AggregateOutcome | undefined> {
  const { reporter, from, now } = run
  const { policy, records } = report
  const reportId = aggregateReportId(report, reporter)
  const outcome = {
    reportId,
    policyDomain: policy.domain,
    messages: records.reduce((sum, { count }) => sum + count, 0),
  }
  if (await run.source.wasSent(reportId)) {
    return { ...outcome, result: 'already-sent', to: [], refused: [] }
  }
  const { mailboxes, refused } = await findDestinations(
    { policyDomain: policy.domain, uris: policy.rua, tag: 'rua' },
    run.resolver,
  )
  if (mailboxes.length === 0) {
    const open = refused.some(({ because }) => because === 'dns-error')
    return { ...outcome, result: open ? 'try-later' : 'no-destination', to: [], refused }
  }
  const packed = await pack(report, run)
  if (packed === undefined || run.stopped?.() === true) return undefined
  const { message } = buildAggregateMail({ report, reporter, packed, from, to: mailboxes, now })
  await run.submit({
    reportId,
    reversePath: from,
    recipients: mailboxes,
    message,
  })
  return { ...outcome, result: 'sent', to: mailboxes, refused }
}

async function pack(report: GatheredReport, run: AggregateRun): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  for (const part of aggregateParts(report, run.reporter)) {
    parts.push(encodeUtf8(part))
    if (parts.length % recordsInTurn === 0) await run.turn?.()
    if (run.stopped?.() === true) return undefined
  }
  return await gzipReport(concat(parts))
}
