import type { AggregateReport } from './aggregate.ts'
import type { AbuseReport, FailureReport } from './feedback.ts'
import { joinReports } from './join-reports.ts'
import type { Report } from './reading.ts'
import { readInPart } from './report-problem.ts'
import { type SourceSummary, summarizeReport, summarizeSources } from './report-summary.ts'
import type { TlsReport } from './tls-report.ts'

const maxSources = 5

/** What a person should look at, one sentence each, the weightiest first. */
export function adviseOn(report: Report): readonly string[] {
  const told = adviseOnKind(report)
  return readInPart(report.problems) ? [inPart, ...told] : told
}

const inPart =
  'This report was read in part: the numbers are those of what could be read, and there may be more.'

/** The same of many reports; where they are about several domains, each sentence names its own. */
export function adviseOnAll(reports: readonly Report[]): readonly string[] {
  const joined = joinReports(reports)
  const several = joined.filter(({ type }) => type === 'aggregate').length > 1
  const told = joined.flatMap((report) => {
    const domain = report.type === 'aggregate' && several ? `${report.policy.domain}: ` : ''
    return adviseOnKind(report).map((text) => `${domain}${text}`)
  })
  const partial = joined.some(({ problems }) => readInPart(problems))
  return partial ? [someInPart, ...told] : told
}

const someInPart =
  'Some of these reports were read in part: the numbers are those of what could be read, and there may be more.'

function adviseOnKind(report: Report): readonly string[] {
  switch (report.type) {
    case 'aggregate':
      return adviseOnAggregate(report)
    case 'tls':
      return adviseOnTls(report)
    case 'failure':
      return adviseOnFailure(report)
    case 'abuse':
      return [adviseOnAbuse(report)]
  }
}

function adviseOnAggregate(report: AggregateReport): readonly string[] {
  const { policy, errors } = report
  const { total, failed, partial } = summarizeReport(report)
  const sources = summarizeSources(report)
  const failing = sources.filter(({ messages, passed }) => passed < messages)
  const advice = failing.slice(0, maxSources).map(adviseOnSource)
  if (failing.length > maxSources) {
    advice.push(`${failing.length - maxSources} more addresses sent messages that failed.`)
  }
  const bySpfAlone = sources
    .filter(({ passed, dkimAligned }) => passed > 0 && dkimAligned === 0)
    .reduce((sum, { passed }) => sum + passed, 0)
  if (bySpfAlone > 0) {
    const what = messages(bySpfAlone)
    advice.push(
      `${what} passed by SPF alone: without DKIM they fail as soon as they are forwarded.`,
    )
  }
  if (errors.length > 0) advice.push(`The reporter says of your record: ${errors.join(' ')}`)
  if (total > 0 && failed === 0 && policy.p === 'none' && !partial) {
    advice.push(
      'All messages passed. When every reporter says so for some weeks, p=quarantine; t=y is a safe next step.',
    )
  }
  return advice
}

function adviseOnSource(source: SourceSummary): string {
  const count = source.messages - source.passed
  const sent = `${source.sourceIp} sent ${messages(count)} that failed.`
  const [reason] = source.reasons
  if (reason !== undefined) return `${sent} The reporter made an exception (${reason}).`
  if (source.passed > 0) {
    return `${sent} Others of it passed, so it is probably yours: look for a program that does not sign.`
  }
  if (source.strangers.length > 0) {
    const names = source.strangers.join(', ')
    return `${sent} It authenticates as ${names}: a service that should sign with your domain, or a forwarder.`
  }
  return `${sent} Nothing of it authenticates: unless it is yours, somebody uses your name.`
}

/** RFC 8460 §4.3, in words. */
const tlsHints: ReadonlyMap<string, string> = new Map([
  ['starttls-not-supported', 'the server did not offer STARTTLS'],
  ['certificate-host-mismatch', 'the certificate does not name the server'],
  ['certificate-expired', 'the certificate has expired: renew it'],
  ['certificate-not-trusted', 'the certificate is of an authority that the sender does not trust'],
  ['validation-failure', 'the sender could not check the certificate'],
  ['tlsa-invalid', 'no TLSA record fits the certificate: publish the new one before changing keys'],
  ['dnssec-invalid', 'DNSSEC does not validate'],
  ['dane-required', 'the sender wants DANE, and there is no usable TLSA record'],
  ['sts-policy-fetch-error', 'the MTA-STS policy could not be fetched over HTTPS'],
  ['sts-policy-invalid', 'the MTA-STS policy cannot be read'],
  ['sts-webpki-invalid', 'the certificate does not fit the MTA-STS policy'],
])

function adviseOnTls(report: TlsReport): readonly string[] {
  const counts = new Map<string, number>()
  for (const { failures } of report.policies) {
    for (const { resultType, receivingMxHostname, failedSessions } of failures) {
      const where = receivingMxHostname === null ? '' : ` with ${receivingMxHostname}`
      const what = tlsHints.get(resultType) ?? resultType
      const key = `${where} failed: ${what}.`
      counts.set(key, (counts.get(key) ?? 0) + failedSessions)
    }
  }
  return Array.from(counts.entries())
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10)
    .map(([what, count]) => `${count === 1 ? '1 session' : `${count} sessions`}${what}`)
}

function adviseOnAbuse({ feedbackType }: AbuseReport): string {
  // RFC 6430: the opposite of a complaint.
  if (feedbackType === 'not-spam') return 'Somebody found this message among spam, and it is none.'
  return `Somebody reported this message as ${feedbackType}. If you sent it, find out why, and stop writing to them.`
}

function adviseOnFailure(report: FailureReport): readonly string[] {
  const names = { dkim: 'DKIM', spf: 'SPF' } as const
  const missing = report.identityAlignment?.map((method) => names[method]) ?? []
  const what = missing.length === 0 ? '' : ` It had no aligned pass of ${missing.join(' or ')}.`
  const from = report.sourceIp ?? report.inferred?.sourceIp ?? 'an unknown address'
  return [
    `A message in your name came from ${from}.${what} If that address is yours, it has to sign; if not, somebody uses your name.`,
  ]
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`
}
