import type { Reporter } from './format-aggregate.ts'
import { type GatheredTlsReport, tlsFileName, tlsReportId } from './format-tls.ts'
import { writeReportMessage } from './report-message.ts'

/** What a TLS report is called where it is sent by HTTPS or as a file. RFC 8460 §6.4, §6.5. */
export const packedTlsReport = 'application/tlsrpt+gzip'

/** Base64 never begins a line with two hyphens, so no part can hold this. */
const boundary = '=_waybill_tls_report'

/**
 * Makes the message that carries a TLS report: a text for people and one gzip file. RFC 8460 §5.3.
 * It says of itself that no policy about TLS shall hold it up (§5.3.1, RFC 8689 §4.2): the report may
 * tell just of that.
 */
export function buildTlsReportMail(input: {
  readonly report: GatheredTlsReport
  readonly reporter: Reporter
  /** The gzip file of what `formatTlsReport` gives. */
  readonly packed: Uint8Array
  /** An address of the reporter's domain, which signs. */
  readonly from: string
  readonly to: readonly string[]
  /** Unix milliseconds. */
  readonly now: number
}): Uint8Array {
  const { report, reporter, packed, from, to, now } = input
  const reportId = tlsReportId(report, reporter)
  return writeReportMessage({
    author: `TLS reports of "${reporter.domain}"`,
    from,
    to,
    // The words and their order are the RFC's.
    subject: [
      `Report Domain: ${report.domain}`,
      `Submitter: ${reporter.domain}`,
      `Report-ID: <${reportId}>`,
    ],
    messageId: `<${reportId}>`,
    now,
    fields: [
      ['TLS-Report-Domain', report.domain],
      ['TLS-Report-Submitter', reporter.domain],
      ['TLS-Required', 'No'],
    ],
    type: ['multipart/report;', 'report-type="tlsrpt";'],
    boundary,
    text: summary(report, reporter),
    file: { type: packedTlsReport, name: tlsFileName(report, reporter), octets: packed },
  })
}

function summary({ day, domain, policies }: GatheredTlsReport, reporter: Reporter): string {
  const good = policies.reduce((sum, { successes }) => sum + successes, 0)
  const failed = policies.reduce((sum, one) => sum + one.failed, 0)
  return [
    `This is a TLS report (RFC 8460) of ${reporter.domain}`,
    `about mail to ${domain}, for ${new Date(day).toISOString().slice(0, 10)} (UTC).`,
    '',
    `Sessions with TLS as it should be: ${good}; failed: ${failed}.`,
    'The attached file holds the numbers for each policy, as JSON packed with gzip.',
    '',
  ].join('\r\n')
}
