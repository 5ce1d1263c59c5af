import type { AggregateReport } from './aggregate.ts'
import type { Report } from './reading.ts'
import type { TlsReport } from './tls-report.ts'

/**
 * Many reports as few: those about one domain are one, with all their records. What can be told of
 * one report can so be told of all.
 *
 * @param reports the newest first: of several policies of a domain the newest is kept
 */
export function joinReports(reports: readonly Report[]): readonly (AggregateReport | TlsReport)[] {
  const aggregates = new Map<string, AggregateReport[]>()
  const tls: TlsReport[] = []
  for (const report of reports) {
    if (report.type === 'tls') tls.push(report)
    if (report.type !== 'aggregate') continue
    const same = aggregates.get(report.policy.domain)
    if (same === undefined) aggregates.set(report.policy.domain, [report])
    else same.push(report)
  }
  return [...Array.from(aggregates.values(), joinAggregates), ...joinTls(tls)].flat()
}

function joinAggregates(reports: readonly AggregateReport[]): readonly AggregateReport[] {
  const [newest] = reports
  if (newest === undefined) return []
  return [
    {
      ...newest,
      records: reports.flatMap(({ records }) => records),
      errors: Array.from(new Set(reports.flatMap(({ errors }) => errors))),
      problems: reports.flatMap(({ problems }) => problems),
    },
  ]
}

function joinTls(reports: readonly TlsReport[]): readonly TlsReport[] {
  const [newest] = reports
  if (newest === undefined) return []
  return [
    {
      ...newest,
      policies: reports.flatMap(({ policies }) => policies),
      problems: reports.flatMap(({ problems }) => problems),
    },
  ]
}
