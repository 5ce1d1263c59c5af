import type { Reporter } from './format-aggregate.ts'
import type { CountedFailure, CountedPolicy } from './tls-tally.ts'

/** All that one TLS report says. */
export interface GatheredTlsReport {
  /** Unix milliseconds: the begin of a UTC day. */
  readonly day: number
  /** The domain that asks for it. */
  readonly domain: string
  readonly policies: readonly CountedPolicy[]
}

const dayMs = 86_400_000

/** The same for the same domain and day, so that a report that is sent again is known. RFC 8460 §4.4. */
export function tlsReportId({ day, domain }: GatheredTlsReport, reporter: Reporter): string {
  return `${day / 1000}-tls-${domain}@${reporter.domain}`
}

/** RFC 8460 §5.1: `sender!policy-domain!begin!end.json.gz`. */
export function tlsFileName({ day, domain }: GatheredTlsReport, reporter: Reporter): string {
  const begin = day / 1000
  return `${reporter.domain}!${domain}!${begin}!${begin + dayMs / 1000 - 1}.json.gz`
}

/** Writes the JSON of a TLS report. RFC 8460 §4.4. */
export function formatTlsReport(report: GatheredTlsReport, reporter: Reporter): string {
  const { day, policies } = report
  return `${JSON.stringify({
    'organization-name': reporter.orgName,
    'date-range': { 'start-datetime': moment(day), 'end-datetime': moment(day + dayMs - 1000) },
    'contact-info': reporter.email,
    'report-id': tlsReportId(report, reporter),
    policies: policies.map((one) => policyOf(one)),
  })}\n`
}

/** RFC 3339, to the second. */
function moment(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function policyOf({ policy, successes, failed, failures }: CountedPolicy): object {
  const { type, domain, strings, mxHosts } = policy
  return {
    policy: {
      'policy-type': type,
      ...(strings.length === 0 ? {} : { 'policy-string': strings }),
      'policy-domain': domain,
      ...(mxHosts.length === 0 ? {} : { 'mx-host': mxHosts }),
    },
    summary: {
      'total-successful-session-count': successes,
      'total-failure-session-count': failed,
    },
    ...(failures.length === 0 ? {} : { 'failure-details': failures.map(detailOf) }),
  }
}

/** No address of ours where none has called: a policy that could not be fetched, for one. */
function detailOf({ resultType, mxHost, ip, from, helo, reason, count }: CountedFailure): object {
  return {
    'result-type': resultType,
    ...(from === undefined ? {} : { 'sending-mta-ip': from }),
    ...(mxHost === '' ? {} : { 'receiving-mx-hostname': mxHost }),
    ...(helo === '' ? {} : { 'receiving-mx-helo': helo }),
    ...(ip === '' ? {} : { 'receiving-ip': ip }),
    'failed-session-count': count,
    ...(reason === '' ? {} : { 'failure-reason-code': reason }),
  }
}
