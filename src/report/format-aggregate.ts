import { aggregateNamespace } from './aggregate.ts'
import type { GatheredRecord, GatheredReport } from './gather-aggregate.ts'

/** Who sends a report. */
export interface Reporter {
  /** A domain of ours: stands in the subject, the file name and the id. */
  readonly domain: string
  readonly orgName: string
  /** Whom a person can ask. */
  readonly email: string
  readonly extraContactInfo?: string
  /** Name and version of the program. */
  readonly generator?: string
}

/**
 * The name of a report, RFC 9990 §3.5.1: the same for the same domain and day, so that a report that
 * is sent again is known for what it is.
 */
export function aggregateReportId({ begin, policy }: GatheredReport, reporter: Reporter): string {
  return `${begin}-${policy.domain}@${reporter.domain}`
}

/** RFC 9990 §3.5.2: `receiver!policy-domain!begin!end.xml.gz`. */
export function aggregateFileName(report: GatheredReport, reporter: Reporter): string {
  const { begin, end, policy } = report
  return `${reporter.domain}!${policy.domain}!${begin}!${end}.xml.gz`
}

/**
 * Writes the XML of an aggregate report as RFC 9990's schema wants it, in pieces, one for each
 * record: a report may have 50,000.
 */
export function* aggregateParts(
  report: GatheredReport,
  reporter: Reporter,
): Generator<string, void, undefined> {
  const { policy, errors } = report
  const metadata = [
    line(4, 'org_name', reporter.orgName),
    line(4, 'email', reporter.email),
    optional(4, 'extra_contact_info', reporter.extraContactInfo),
    line(4, 'report_id', aggregateReportId(report, reporter)),
    '    <date_range>\n',
    line(6, 'begin', String(report.begin)),
    line(6, 'end', String(report.end)),
    '    </date_range>\n',
    // At most one, so all of them stand in it.
    optional(4, 'error', errors.length === 0 ? undefined : errors.join(' ')),
    optional(4, 'generator', reporter.generator),
  ]
  const published = [
    line(4, 'domain', policy.domain),
    line(4, 'p', policy.p),
    line(4, 'sp', policy.sp),
    line(4, 'np', policy.np),
    line(4, 'adkim', policy.adkim),
    line(4, 'aspf', policy.aspf),
    line(4, 'discovery_method', 'treewalk'),
    line(4, 'fo', policy.fo),
    line(4, 'testing', policy.testing),
  ]
  yield [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<feedback xmlns="${aggregateNamespace}">\n`,
    line(2, 'version', '1.0'),
    '  <report_metadata>\n',
    ...metadata,
    '  </report_metadata>\n',
    '  <policy_published>\n',
    ...published,
    '  </policy_published>\n',
  ].join('')
  for (const record of report.records) yield formatRecord(record)
  yield '</feedback>\n'
}

function formatRecord(record: GatheredRecord): string {
  const { spf } = record
  return [
    '  <record>\n    <row>\n',
    line(6, 'source_ip', record.sourceIp),
    line(6, 'count', String(record.count)),
    '      <policy_evaluated>\n',
    line(8, 'disposition', record.disposition),
    line(8, 'dkim', record.dkimAligned ? 'pass' : 'fail'),
    line(8, 'spf', record.spfAligned ? 'pass' : 'fail'),
    ...record.overrides.map(({ type, comment }) => {
      const told = optional(10, 'comment', comment === '' ? undefined : comment)
      return `        <reason>\n${line(10, 'type', type)}${told}        </reason>\n`
    }),
    '      </policy_evaluated>\n    </row>\n    <identifiers>\n',
    line(6, 'header_from', record.headerFrom),
    line(6, 'envelope_from', record.envelopeFrom),
    '    </identifiers>\n    <auth_results>\n',
    ...record.dkim.map((one) =>
      [
        '      <dkim>\n',
        line(8, 'domain', one.domain),
        line(8, 'selector', one.selector),
        line(8, 'result', one.result),
        optional(8, 'human_result', one.humanResult),
        '      </dkim>\n',
      ].join(''),
    ),
    spf === null
      ? ''
      : [
          '      <spf>\n',
          line(8, 'domain', spf.domain),
          line(8, 'scope', 'mfrom'),
          line(8, 'result', spf.result),
          optional(8, 'human_result', spf.humanResult),
          '      </spf>\n',
        ].join(''),
    '    </auth_results>\n  </record>\n',
  ].join('')
}

function optional(indent: number, name: string, text: string | undefined): string {
  return text === undefined ? '' : line(indent, name, text)
}

function line(indent: number, name: string, text: string): string {
  return `${' '.repeat(indent)}<${name}>${escapeXml(text)}</${name}>\n`
}

/** XML 1.0 §2.2 and §2.4: what may not stand in a document at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/g, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
}
