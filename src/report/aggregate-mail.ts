import { encodeBase64 } from '../base/base64.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { formatDate } from '../message/date.ts'
import { formatField } from '../message/field.ts'
import { aggregateFileName, aggregateReportId, type Reporter } from './format-aggregate.ts'
import type { GatheredReport } from './gather-aggregate.ts'

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
  const text = [
    formatField('From', `DMARC reports of ${phrase(reporter.domain)} <${from}>`),
    formatField('To', list(to)),
    formatField('Subject', subject),
    formatField('Date', formatDate(now)),
    formatField('Message-ID', messageId),
    // RFC 3834 §5: no program shall answer it.
    formatField('Auto-Submitted', 'auto-generated'),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', ['multipart/mixed;', `boundary="${boundary}"`]),
    '\r\n',
    `--${boundary}\r\n`,
    'Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n',
    summary(report, reporter),
    `\r\n--${boundary}\r\n`,
    formatField('Content-Type', ['application/gzip;', `name="${fileName}"`]),
    'Content-Transfer-Encoding: base64\r\n',
    formatField('Content-Disposition', ['attachment;', `filename="${fileName}"`]),
    '\r\n',
    base64Lines(input.packed),
    `--${boundary}--\r\n`,
  ].join('')
  return { reportId, subject: subject.join(' '), fileName, messageId, message: encodeUtf8(text) }
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

/** Addresses with a comma behind each but the last, so that the field folds between them. */
function list(addresses: readonly string[]): readonly string[] {
  const last = addresses.length - 1
  return addresses.map((one, index) => `<${one}>${index === last ? '' : ','}`)
}

/** RFC 5322 §3.2.4: the dots of a name want quotation marks. */
function phrase(domain: string): string {
  return `"${domain}"`
}

function base64Lines(octets: Uint8Array): string {
  let text = ''
  // 57 octets are 76 characters, RFC 2045 §6.8.
  for (let at = 0; at < octets.length; at += 57) {
    text += `${encodeBase64(octets.subarray(at, at + 57))}\r\n`
  }
  return text
}
