import type { StoredSummary } from '../io/report-files.ts'
import type { SourceSummary } from '../report/report-summary.ts'
import type { KeptReport } from './kept-reports.ts'

/** A report in short, for programs. */
export interface ReportJson {
  id: string
  kind: string
  reporter: string
  domain: string
  report_id: string
  begin: string | null
  end: string | null
  total: number
  failed: number
  problems: number
  partial?: true | undefined
}

/** Puts it so. */
export function reportJson(summary: StoredSummary): ReportJson {
  return {
    id: summary.id,
    kind: summary.kind,
    reporter: summary.reporter,
    domain: summary.domain,
    report_id: summary.reportId,
    begin: timeOf(summary.begin),
    end: timeOf(summary.end),
    total: summary.total,
    failed: summary.failed,
    problems: summary.problems,
    ...(summary.partial ? { partial: true } : {}),
  }
}

/** What became of a report that was to be kept, for programs. */
export type KeptJson =
  | ({ name: string; result: 'imported' | 'known' } & ReportJson)
  | { name: string; result: 'unreadable'; problems: { where: string; text: string }[] }

/** Puts it so. */
export function keptJson(kept: KeptReport): KeptJson {
  const { name, result } = kept
  if (result !== 'unreadable') return { name, result, ...reportJson(kept.summary) }
  return { name, result, problems: Array.from(kept.problems, (one) => ({ ...one })) }
}

/** What one address sent, for programs. */
export interface SourceJson {
  source_ip: string
  messages: number
  passed: number
  dkim_aligned: number
  spf_aligned: number
  quarantined: number
  rejected: number
}

/** Puts it so. */
export function sourceJson(source: SourceSummary): SourceJson {
  return {
    source_ip: source.sourceIp,
    messages: source.messages,
    passed: source.passed,
    dkim_aligned: source.dkimAligned,
    spf_aligned: source.spfAligned,
    quarantined: source.quarantined,
    rejected: source.rejected,
  }
}

function timeOf(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString()
}
