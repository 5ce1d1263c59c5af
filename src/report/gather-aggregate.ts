import { oneLine } from '../message/field.ts'
import type { OverrideReason, ReportedDisposition, ReportedResult } from './aggregate.ts'

/** The reasons that RFC 9990 §3.1.6 knows. */
export type WrittenOverride = Exclude<OverrideReason, 'forwarded' | 'sampled_out'>

/** The policy under which a message was judged, with defaults filled in. */
export interface RowPolicy {
  /** The domain that publishes it. */
  readonly domain: string
  readonly p: 'none' | 'quarantine' | 'reject'
  readonly sp: 'none' | 'quarantine' | 'reject'
  readonly np: 'none' | 'quarantine' | 'reject'
  readonly adkim: 'r' | 's'
  readonly aspf: 'r' | 's'
  /** As in the record: `0`, `1:d`. */
  readonly fo: string
  readonly testing: 'y' | 'n'
  /** The URIs of `rua`, in their order. */
  readonly rua: readonly string[]
  /** What is wrong with the record, one sentence each. */
  readonly problems: readonly string[]
}

export interface RowDkim {
  readonly domain: string
  readonly selector: string
  readonly result: Exclude<ReportedResult, 'softfail'>
  /** It passed and its domain is aligned, in the mode that the owner asks for. */
  readonly aligned: boolean
  readonly humanResult?: string
}

/** One verdict of ours (or several that are equal), as a report tells it. */
export interface AggregateRow {
  /** Unix milliseconds. */
  readonly receivedAt: number
  readonly sourceIp: string
  /** The Author Domain. */
  readonly headerFrom: string
  /** The domain of MAIL FROM; empty for the null reverse-path. */
  readonly envelopeFrom: string
  readonly dkim: readonly RowDkim[]
  readonly spf: {
    readonly domain: string
    readonly result: ReportedResult
    readonly humanResult?: string
  } | null
  readonly dkimAligned: boolean
  readonly spfAligned: boolean
  readonly disposition: ReportedDisposition
  readonly overrides: readonly { readonly type: WrittenOverride; readonly comment: string }[]
  readonly policy: RowPolicy
  readonly count: number
}

/** Equal rows of one report. */
export interface GatheredRecord extends Omit<AggregateRow, 'receivedAt' | 'policy' | 'count'> {
  readonly count: number
}

/** All that one report says. */
export interface GatheredReport {
  /** Unix seconds: the first and the last of a UTC day. */
  readonly begin: number
  readonly end: number
  /** The last policy that was seen in the period (RFC 9990 §3.1). */
  readonly policy: RowPolicy
  readonly errors: readonly string[]
  /** In a fixed order, whatever the order of the rows was. */
  readonly records: readonly GatheredRecord[]
}

/** How much is gathered. */
export interface GatherLimits {
  readonly maxRecords: number
  readonly maxReports: number
}

export const defaultGatherLimits: GatherLimits = { maxRecords: 50_000, maxReports: 20_000 }

/** RFC 9990 §3.1.3. */
const maxSignatures = 100
const maxErrors = 10
const daySeconds = 86_400

interface OpenReport {
  readonly begin: number
  policy: RowPolicy
  policySeenAt: number
  changed: boolean
  readonly records: Map<string, Counted>
  leftOut: number
}

/**
 * Gathers rows into one report for each policy domain and UTC day. Rows may come in any order.
 *
 * Holds at most `maxRecords` records in all: messages that would make another one are counted, and
 * the report says how many they are.
 */
export class AggregateGatherer {
  readonly #limits: GatherLimits
  readonly #reports = new Map<string, OpenReport>()
  #records = 0
  #leftOut = 0

  constructor(limits: GatherLimits = defaultGatherLimits) {
    this.#limits = limits
  }

  /** Messages of which no report was begun, because there were too many reports. */
  get leftOut(): number {
    return this.#leftOut
  }

  add(row: AggregateRow): void {
    const begin = Math.floor(row.receivedAt / 1000 / daySeconds) * daySeconds
    const report = this.#reportFor(begin, row)
    if (report === undefined) {
      this.#leftOut += row.count
      return
    }
    if (row.receivedAt >= report.policySeenAt) {
      report.changed ||= configuration(report.policy) !== configuration(row.policy)
      report.policy = row.policy
      report.policySeenAt = row.receivedAt
    } else report.changed ||= configuration(report.policy) !== configuration(row.policy)
    const record = recordOf(row)
    const key = JSON.stringify(record)
    const known = report.records.get(key)
    if (known !== undefined) known.count += row.count
    else if (this.#records >= this.#limits.maxRecords) report.leftOut += row.count
    else {
      this.#records++
      report.records.set(key, { record, count: row.count })
    }
  }

  /** The reports, by day and domain, each made when it is asked for. */
  *reports(): Generator<GatheredReport, void, undefined> {
    for (const [, report] of Array.from(this.#reports).sort(([a], [b]) => compare(a, b))) {
      if (report.records.size > 0) yield finish(report)
    }
  }

  #reportFor(begin: number, { policy, receivedAt }: AggregateRow): OpenReport | undefined {
    const key = `${String(begin).padStart(12, '0')} ${policy.domain}`
    const known = this.#reports.get(key)
    if (known !== undefined) return known
    if (this.#reports.size >= this.#limits.maxReports) return undefined
    const records = new Map<string, Counted>()
    const opened = { begin, policy, policySeenAt: receivedAt, changed: false, records, leftOut: 0 }
    this.#reports.set(key, opened)
    return opened
  }
}

function finish(report: OpenReport): GatheredReport {
  const { begin, policy, records, changed, leftOut } = report
  const errors = policy.problems.slice(0, maxErrors).map((text) => oneLine(text, 300))
  if (changed) errors.push('The policy changed during the period; the last one seen is shown.')
  if (leftOut > 0) errors.push(`${leftOut} more messages are not shown: there were too many kinds.`)
  return {
    begin,
    end: begin + daySeconds - 1,
    policy,
    errors,
    records: Array.from(records.entries())
      .sort(([a], [b]) => compare(a, b))
      .map(([, { record, count }]) => ({ ...record, count })),
  }
}

/** What rows of one record have in common. */
type RecordKey = Omit<GatheredRecord, 'count'>

interface Counted {
  readonly record: RecordKey
  count: number
}

function recordOf(row: AggregateRow): RecordKey {
  const { sourceIp, headerFrom, envelopeFrom, spf, dkimAligned, spfAligned } = row
  return {
    sourceIp,
    headerFrom,
    envelopeFrom,
    dkim: byWeight(row),
    spf,
    dkimAligned,
    spfAligned,
    disposition: row.disposition,
    overrides: row.overrides,
  }
}

/** RFC 9990 §3.1.3: at most 100 signatures, those first that say most about the author. */
function byWeight({ dkim, headerFrom }: AggregateRow): readonly RowDkim[] {
  const weight = (one: RowDkim): number => {
    if (one.result !== 'pass') return 3
    if (!one.aligned) return 2
    return one.domain === headerFrom ? 0 : 1
  }
  return dkim
    .map((one) => ({ one, weight: weight(one) }))
    .sort((a, b) => a.weight - b.weight)
    .slice(0, maxSignatures)
    .map(({ one }) => one)
}

/** What a report says of a policy: where it goes to is no part of that. */
function configuration({ rua, problems, ...policy }: RowPolicy): string {
  return JSON.stringify([policy, problems.length, rua.length > 0])
}

/** By code units: the same order on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
