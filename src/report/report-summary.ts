import { oneLine } from '../message/field.ts'
import type { AggregateRecord, AggregateReport } from './aggregate.ts'
import type { Report } from './reading.ts'
import { readInPart } from './report-problem.ts'

/** A report in one line. Plain data, bounded. */
export interface ReportSummary {
  readonly kind: Report['type']
  readonly reporter: string
  /** What it is about; several are joined by commas. */
  readonly domain: string
  readonly reportId: string
  /** Unix seconds. */
  readonly begin: number | null
  readonly end: number | null
  /** Messages, or sessions in a TLS report. */
  readonly total: number
  readonly failed: number
  readonly problems: number
  /** Something in it was not read: the numbers are those of the rest. */
  readonly partial: boolean
}

/** What one address sent. */
export interface SourceSummary {
  readonly sourceIp: string
  readonly messages: number
  /** DMARC passed: an aligned pass of DKIM or SPF. */
  readonly passed: number
  readonly dkimAligned: number
  readonly spfAligned: number
  readonly quarantined: number
  readonly rejected: number
  /** Domains that authenticated without being aligned, at most five. */
  readonly strangers: readonly string[]
  /** Why less was done than the policy asks for; reasons of the reporter, at most five. */
  readonly reasons: readonly string[]
}

const maxText = 200
const maxListed = 5

export function summarizeReport(report: Report): ReportSummary {
  const problems = report.problems.length
  const partial = readInPart(report.problems)
  switch (report.type) {
    case 'aggregate': {
      const { total, passed } = countMessages(report.records)
      return {
        kind: 'aggregate',
        reporter: cut(report.orgName === '' ? report.email : report.orgName),
        domain: cut(report.policy.domain),
        reportId: cut(report.reportId),
        begin: report.begin,
        end: report.end,
        total,
        failed: total - passed,
        problems,
        partial,
      }
    }
    case 'tls': {
      const { policies } = report
      const failed = policies.reduce((sum, one) => sum + one.failedSessions, 0)
      const good = policies.reduce((sum, one) => sum + one.successfulSessions, 0)
      const domains = new Set(policies.map((one) => one.policyDomain).filter((one) => one !== ''))
      return {
        kind: 'tls',
        reporter: cut(report.organizationName),
        domain: cut(Array.from(domains).join(', ')),
        reportId: cut(report.reportId),
        begin: report.begin,
        end: report.end,
        total: good + failed,
        failed,
        problems,
        partial,
      }
    }
    case 'failure':
    case 'abuse': {
      const { inferred = {} } = report
      const stated = report.reportedDomains
      const domains = stated.length > 0 ? stated : (inferred.reportedDomains ?? [])
      const arrivedAt = report.arrivedAt ?? inferred.arrivedAt ?? null
      return {
        kind: report.type,
        reporter: cut(report.reportingMta ?? report.userAgent ?? ''),
        domain: cut(domains.join(', ')),
        reportId: cut(report.originalEnvelopeId ?? ''),
        begin: arrivedAt,
        end: arrivedAt,
        total: report.incidents,
        failed: report.incidents,
        problems,
        partial,
      }
    }
  }
}

/** What each address sent, those with the most failures first. */
export function summarizeSources(
  report: Pick<AggregateReport, 'records'>,
): readonly SourceSummary[] {
  const sources = new Map<string, OpenSource>()
  for (const record of report.records) {
    let source = sources.get(record.sourceIp)
    if (source === undefined) sources.set(record.sourceIp, (source = openSource(record.sourceIp)))
    addRecord(source, record)
  }
  return Array.from(sources.values(), (source) => ({
    ...source,
    strangers: Array.from(source.strangers),
    reasons: Array.from(source.reasons),
  })).sort((a, b) => {
    const failures = b.messages - b.passed - (a.messages - a.passed)
    return failures === 0 ? b.messages - a.messages : failures
  })
}

interface OpenSource extends Record<Exclude<keyof SourceSummary, TextKey>, number> {
  readonly sourceIp: string
  readonly strangers: Set<string>
  readonly reasons: Set<string>
}

type TextKey = 'sourceIp' | 'strangers' | 'reasons'

function openSource(sourceIp: string): OpenSource {
  return {
    sourceIp,
    messages: 0,
    passed: 0,
    dkimAligned: 0,
    spfAligned: 0,
    quarantined: 0,
    rejected: 0,
    strangers: new Set(),
    reasons: new Set(),
  }
}

function addRecord(source: OpenSource, record: AggregateRecord): void {
  const { count, disposition, dkimAligned, spfAligned } = record
  source.messages += count
  if (dkimAligned === 'pass') source.dkimAligned += count
  if (spfAligned === 'pass') source.spfAligned += count
  if (disposition === 'quarantine') source.quarantined += count
  if (disposition === 'reject') source.rejected += count
  if (passes(record)) {
    source.passed += count
    return
  }
  const own = [...record.dkim, ...record.spf]
  for (const { domain, result } of own) {
    if (result === 'pass' && source.strangers.size < maxListed) source.strangers.add(cut(domain))
  }
  for (const { type, comment } of record.reasons) {
    if (source.reasons.size < maxListed) {
      source.reasons.add(comment === null ? type : `${type}: ${cut(comment)}`)
    }
  }
}

function countMessages(records: readonly AggregateRecord[]): {
  readonly total: number
  readonly passed: number
} {
  let total = 0
  let passed = 0
  for (const record of records) {
    total += record.count
    if (passes(record)) passed += record.count
  }
  return { total, passed }
}

function passes({ dkimAligned, spfAligned }: AggregateRecord): boolean {
  return dkimAligned === 'pass' || spfAligned === 'pass'
}

function cut(text: string): string {
  return oneLine(text, maxText)
}
