import type { AggregateReport } from './aggregate.ts'
import type { AbuseReport, FailureReport } from './feedback.ts'
import { readAggregates } from './read-aggregate.ts'
import { formOf, type ReportFile } from './report-mail.ts'
import { quoted, type UnreadableReport, unreadable } from './report-problem.ts'
import { readTlsReports, type TlsReport } from './tls-report.ts'

/** A report of any kind that was read. Plain data. */
export type Report = AggregateReport | TlsReport | FailureReport | AbuseReport

/** A report, or why there is none. */
export type ReportReading = Report | UnreadableReport

/**
 * Reads one file that is not packed: XML is an aggregate report, or several one behind the other,
 * JSON a TLS report, or several. At least one reading.
 */
export function readUnpacked({ name, octets }: ReportFile): readonly ReportReading[] {
  const form = formOf(octets)
  switch (form) {
    case 'xml':
      return readAggregates(octets)
    case 'json':
      return readTlsReports(octets)
    case 'gzip':
    case 'zip':
    case 'mail':
    case 'unknown': {
      const what = name === '' ? 'This' : quoted(name)
      const text =
        octets.length === 0
          ? `${what} is empty.`
          : `${what} is neither XML nor JSON, so it is no report.`
      return [unreadable({ code: 'not-a-report', where: '', text })]
    }
  }
}
