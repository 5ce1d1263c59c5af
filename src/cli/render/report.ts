import type { StoredSummary } from '../../io/report-files.ts'
import type { AggregateReport, ReportedPolicy } from '../../report/aggregate.ts'
import type { AbuseReport, FailureReport } from '../../report/feedback.ts'
import type { Report } from '../../report/reading.ts'
import { adviseOn } from '../../report/report-advice.ts'
import type { ReportProblem } from '../../report/report-problem.ts'
import {
  type ReportSummary,
  type SourceSummary,
  summarizeReport,
  summarizeSources,
} from '../../report/report-summary.ts'
import type { TlsReport } from '../../report/tls-report.ts'
import { inOneLine } from '../../base/shown-text.ts'
import { paint } from '../output.ts'

const maxSources = 30

/** What each kind is called, and what it counts. */
const kinds = {
  aggregate: { title: 'DMARC aggregate report', unit: 'messages' },
  failure: { title: 'Authentication failure report', unit: 'messages' },
  abuse: { title: 'Abuse report', unit: 'messages' },
  tls: { title: 'TLS report', unit: 'sessions' },
} as const satisfies Readonly<Record<Report['type'], unknown>>

/** One line of a list. */
export function reportLine(summary: StoredSummary): string {
  const { id, kind, failed } = summary
  const [reporter, domain] = [inOneLine(summary.reporter), inOneLine(summary.domain)]
  const day = summary.begin === null ? '?'.padEnd(10) : isoDay(summary.begin)
  const total = countOf(summary.total, kinds[kind].unit)
  const counts = kind === 'aggregate' || kind === 'tls' ? `${total}, ${failed} failed` : total
  const told = summary.partial ? `${counts} (read in part)` : counts
  const shown = failed > 0 || summary.partial ? paint('yellow', told) : told
  return `${id.slice(0, 8)}  ${day}  ${kind.padEnd(9)}  ${reporter || '?'} on ${domain || '?'}: ${shown}`
}

/** A whole report for a person. */
export function reportText(report: Report): string {
  const summary = summarizeReport(report)
  const { title, unit } = kinds[report.type]
  const lines = [
    paint(
      'bold',
      inOneLine(
        `${title} of ${summary.reporter || '(not told)'} on ${summary.domain || '(not told)'}`,
      ),
    ),
    `  Period    ${periodOf(summary)}`,
    ...(summary.reportId === '' ? [] : [`  Id        ${inOneLine(summary.reportId)}`]),
    ...details(report).map(inOneLine),
    `  ${unit === 'messages' ? 'Messages ' : 'Sessions '} ${resultOf(summary)}`,
  ]
  if (report.type === 'aggregate') lines.push('', ...sourceTable(summarizeSources(report)))
  lines.push(...section('Look at', adviseOn(report)))
  lines.push(...section('Wrong with the report itself', report.problems.map(problemLine)))
  return lines.join('\n')
}

/** A problem in one line, with its record or policy; its text names the element. */
export function problemLine({ where, text }: Omit<ReportProblem, 'code'>): string {
  const end = where.lastIndexOf(': ')
  return inOneLine(end < 0 ? text : `${where.slice(0, end)}: ${text}`)
}

function details(report: Report): readonly string[] {
  switch (report.type) {
    case 'aggregate':
      return aggregateDetails(report)
    case 'tls':
      return tlsDetails(report)
    case 'failure':
      return [...failureDetails(report), ...feedbackDetails(report)]
    case 'abuse':
      return [`  Kind      ${report.feedbackType}`, ...feedbackDetails(report)]
  }
}

function aggregateDetails({ policy, email, format }: AggregateReport): readonly string[] {
  return [
    `  Contact   ${email || '(not told)'}`,
    `  Policy    ${policyText(policy)}`,
    `  Format    ${format === 'rfc9990' ? 'RFC 9990' : 'RFC 7489'}`,
  ]
}

function policyText(policy: ReportedPolicy): string {
  const tags = {
    p: policy.p,
    sp: policy.sp,
    np: policy.np,
    adkim: policy.adkim,
    aspf: policy.aspf,
    t: policy.testing,
    pct: policy.pct,
  }
  return Object.entries(tags)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]))
    .join(' ')
}

function tlsDetails(report: TlsReport): readonly string[] {
  return report.policies.slice(0, maxSources).map((one) => {
    const { policyDomain, policyType, successfulSessions, failedSessions } = one
    const counts = `${successfulSessions} good, ${failedSessions} failed`
    return `  Policy    ${policyType ?? '(unknown)'} of ${policyDomain || '(not told)'}: ${counts}`
  })
}

function failureDetails(report: FailureReport): readonly string[] {
  const { authFailure, deliveryResult } = report
  const done = deliveryResult === null ? '' : `; the message was: ${deliveryResult}`
  return [`  Failure   ${authFailure ?? '(not told)'}${done}`]
}

function feedbackDetails(report: FailureReport | AbuseReport): readonly string[] {
  const { original } = report
  const { sourceIp, inferred = {} } = report
  const from = original?.from ?? report.originalMailFrom ?? inferred.originalMailFrom ?? null
  return [
    `  Source    ${sourceIp ?? inferred.sourceIp ?? '(not told)'}`,
    ...(from === null ? [] : [`  From      ${from}`]),
    ...(original?.subject ? [`  Subject   ${original.subject}`] : []),
    ...report.authenticationResults.map((one) => `  Results   ${one}`),
  ]
}

function sourceTable(sources: readonly SourceSummary[]): readonly string[] {
  const shown = sources.slice(0, maxSources)
  const width = Math.max(7, ...shown.map(({ sourceIp }) => sourceIp.length))
  const head = `  ${'Source'.padEnd(width)}  messages    passed      DKIM       SPF  what was done`
  const rows = shown.map((source) => {
    const { messages, passed } = source
    const numbers = [messages, passed, source.dkimAligned, source.spfAligned]
    const columns = numbers.map((count) => String(count).padStart(8)).join('  ')
    const row = inOneLine(`  ${source.sourceIp.padEnd(width)}  ${columns}  ${doneText(source)}`)
    return passed < messages ? paint('yellow', row) : row
  })
  const more = sources.length - shown.length
  return [head, ...rows, ...(more === 0 ? [] : [`  … and ${more} more addresses`])]
}

function doneText({ messages, rejected, quarantined }: SourceSummary): string {
  const done = [
    rejected > 0 ? `${rejected} refused` : '',
    quarantined > 0 ? `${quarantined} marked as spam` : '',
  ].filter((one) => one !== '')
  const rest = messages - rejected - quarantined
  if (rest > 0) done.push(done.length === 0 ? 'delivered' : `${rest} delivered`)
  return done.join(', ')
}

function section(title: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0
    ? []
    : ['', `  ${paint('bold', title)}`, ...texts.map((one) => `  - ${inOneLine(one)}`)]
}

function resultOf(summary: ReportSummary): string {
  return summary.partial ? `${countsOf(summary)} (of what could be read)` : countsOf(summary)
}

function countsOf({ kind, total, failed }: ReportSummary): string {
  if (kind === 'failure' || kind === 'abuse') return String(total)
  if (failed === 0) return `${total}, none failed`
  const share = total === 0 ? 0 : ((total - failed) / total) * 100
  return `${total}: ${total - failed} passed (${share.toFixed(1)} %), ${failed} failed`
}

function countOf(count: number, unit: string): string {
  return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`
}

function periodOf({ begin, end }: ReportSummary): string {
  if (begin === null && end === null) return '(not told)'
  if (begin === end) return isoTime(begin)
  return `${isoTime(begin)} to ${isoTime(end)}`
}

function isoDay(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

function isoTime(seconds: number | null): string {
  if (seconds === null) return '?'
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
