import { aggregateFileName, aggregateReportId, type Reporter } from './format-aggregate.ts'
import type { GatheredReport } from './gather-aggregate.ts'
import { writeReportMessage } from './report-message.ts'

/** A report that is ready to be signed and sent. */
export interface AggregateMail {
  readonly reportId: string
  readonly subject: string
  readonly fileName: string
  /** With its angle brackets; the same when the report is sent again. */
  readonly messageId: string
  readonly message: Uint8Array
}

export interface AggregateMailInput {
  readonly report: GatheredReport
  readonly reporter: Reporter
  /** The gzip file of what `aggregateParts` gives. */
  readonly packed: Uint8Array
  /** An address of the reporter's domain: the message has to pass DMARC itself (§3.5.2). */
  readonly from: string
  readonly to: readonly string[]
  /** Unix milliseconds. */
  readonly now: number
}

/** Base64 never begins a line with two hyphens, so no part can hold this. */
const boundary = '=_waybill_aggregate_report'

/** Makes the message that carries a report: a text for people and one gzip file. RFC 9990 §3.5.2. */
export function buildAggregateMail(input: AggregateMailInput): AggregateMail {
  const { report, reporter, from, to, now } = input
  const reportId = aggregateReportId(report, reporter)
  const fileName = aggregateFileName(report, reporter)
  const messageId = `<${reportId}>`
  // The words and their order are the RFC's; each stands on a line of its own where it is folded.
  const subject = [
    `Report Domain: ${report.policy.domain}`,
    `Submitter: ${reporter.domain}`,
    `Report-ID: ${reportId}`,
  ]
  const message = writeReportMessage({
    author: `DMARC reports of ${phrase(reporter.domain)}`,
    from,
    to,
    subject,
    messageId,
    now,
    fields: [],
    type: ['multipart/mixed;'],
    boundary,
    text: summary(report, reporter),
    file: { type: 'application/gzip', name: fileName, octets: input.packed },
  })
  return { reportId, subject: subject.join(' '), fileName, messageId, message }
}

function summary({ begin, policy, records }: GatheredReport, reporter: Reporter): string {
  let messages = 0
  let passed = 0
  for (const { count, dkimAligned, spfAligned } of records) {
    messages += count
    if (dkimAligned || spfAligned) passed += count
  }
  const day = new Date(begin * 1000).toISOString().slice(0, 10)
  return [
    `This is a DMARC aggregate report (RFC 9990) of ${reporter.domain}`,
    `about ${policy.domain}, for ${day} (UTC).`,
    '',
    `Messages: ${messages}; passed: ${passed}; failed: ${messages - passed}.`,
    'The attached file holds the numbers for each sender, as XML packed with gzip.',
    '',
  ].join('\r\n')
}

/** RFC 5322 §3.2.4: the dots of a name want quotation marks. */
function phrase(domain: string): string {
  return `"${domain}"`
}
