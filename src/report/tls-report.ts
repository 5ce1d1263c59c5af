import { parseMoment } from '../base/moment.ts'
import { decodeUtf8, displayUtf8 } from '../base/octets.ts'
import { oneLine } from '../message/field.ts'
import { type JsonDocument, readJsonDocuments } from './json-documents.ts'
import {
  ProblemList,
  quoted,
  type ReportProblem,
  type UnreadableReport,
  unreadable,
} from './report-problem.ts'
import { ValueReader } from './reported-value.ts'
import type { TlsResultType } from './tls-fact.ts'
import { decodeUtf16, withoutFill } from './xml-text.ts'

/** RFC 8460 §4.3. */
const tlsResultTypes: readonly TlsResultType[] = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
]

/** One kind of failure between two servers. `null` stands for what the report does not say. */
export interface TlsFailure {
  /** One of `tlsResultTypes`, or another word of the reporter's. */
  readonly resultType: string
  readonly sendingMtaIp: string | null
  readonly receivingMxHostname: string | null
  readonly receivingMxHelo: string | null
  readonly receivingIp: string | null
  readonly failedSessions: number
  readonly additionalInformation: string | null
  readonly failureReasonCode: string | null
}

/** How sessions fared under one policy. */
export interface TlsPolicyResult {
  readonly policyType: 'tlsa' | 'sts' | 'no-policy-found' | null
  readonly policyStrings: readonly string[]
  readonly policyDomain: string
  readonly mxHosts: readonly string[]
  readonly successfulSessions: number
  readonly failedSessions: number
  readonly failures: readonly TlsFailure[]
}

/** A TLS report (RFC 8460) that was read. Everything in it is what a stranger says. Plain data. */
export interface TlsReport {
  readonly type: 'tls'
  readonly organizationName: string
  readonly contactInfo: string | null
  readonly reportId: string
  /** Unix seconds; `null` when unreadable. */
  readonly begin: number | null
  readonly end: number | null
  readonly policies: readonly TlsPolicyResult[]
  readonly problems: readonly ReportProblem[]
}

const maxOctets = 8 << 20
const maxReports = 20
const maxPolicies = 1000
const maxFailures = 10_000
const maxTexts = 100

/**
 * Reads the TLS reports in a file, of which some hold several. At most 8 MiB and 20 reports, and of
 * each 1,000 policies and 10,000 failures; unknown members are passed over, numbers written as text
 * are understood. At least one reading. Never throws, whatever the octets are.
 */
export function readTlsReports(octets: Uint8Array): readonly (TlsReport | UnreadableReport)[] {
  if (octets.length > maxOctets) {
    const text = `The report has ${octets.length} octets; ${maxOctets} are read.`
    return [unreadable({ code: 'too-large', where: '', text })]
  }
  const { text, problem } = decodeJson(octets)
  const { documents, hadControls, hasRest } = readJsonDocuments(text)
  const reports = documents.flatMap(inList)
  return reports.slice(0, maxReports).map((document, index, all) => {
    const problems = new ProblemList()
    if (problem !== undefined) problems.add('encoding', '', problem)
    if (hadControls) {
      const sentence = 'It has controls in its texts, which JSON does not allow; they are blanks.'
      problems.add('unusual-value', '', sentence)
    }
    const isLast = index === all.length - 1
    if (isLast && reports.length > maxReports) {
      const sentence = `The file has ${reports.length} reports; ${maxReports} are read.`
      problems.add('too-large', '', sentence)
    } else if (isLast && hasRest) {
      problems.add('passed-over', '', 'Something stands behind it that was not read.')
    }
    return readDocument(document, problems)
  })
}

/** RFC 8259 §8.1 wants UTF-8. */
function decodeJson(octets: Uint8Array): {
  readonly text: string
  readonly problem: string | undefined
} {
  const wide = decodeUtf16(octets)
  if (wide !== undefined) return { text: withoutFill(wide), problem: 'It is UTF-16, not UTF-8.' }
  const strict = decodeUtf8(octets)
  const text = withoutFill((strict ?? displayUtf8(octets)).replace(/^\ufeff/, ''))
  return { text, problem: strict === undefined ? 'Some octets are not UTF-8.' : undefined }
}

/** Some put their report, or all of them, into a list. */
function inList(document: JsonDocument): readonly JsonDocument[] {
  const { ok } = document
  if (!ok || !Array.isArray(document.value) || !document.value.every(isObject)) return [document]
  return document.value.length === 0 ? [document] : document.value.map((value) => ({ ok, value }))
}

function readDocument(document: JsonDocument, problems: ProblemList): TlsReport | UnreadableReport {
  if (!document.ok) {
    const text = `This is no JSON: ${oneLine(document.problem, 200)}`
    return unreadable({ code: 'malformed', where: '', text })
  }
  const report = document.value
  if (!isObject(report) || !('policies' in report || 'organization-name' in report)) {
    const text = 'This is no TLS report: it has neither policies nor an organization.'
    return unreadable({ code: 'not-a-report', where: '', text })
  }
  return assemble(report, problems)
}

type JsonObject = Readonly<Record<string, unknown>>

function assemble(report: JsonObject, problems: ProblemList): TlsReport {
  const values = new ValueReader(problems)
  const range = objectIn(report, 'date-range')
  const policies = listIn(report, 'policies')
  if (policies.length === 0) values.problem('missing', 'policies', 'It has no policy.')
  if (policies.length > maxPolicies) {
    const text = `It has ${policies.length} policies; ${maxPolicies} are read.`
    problems.add('too-large', 'policies', text)
  }
  const room = { failures: maxFailures }
  const read = policies.slice(0, maxPolicies).map((one, index) => {
    values.at(`policy ${index + 1}`)
    if (!isObject(one)) values.problem('passed-over', 'policy', 'It is no object.')
    return readPolicy(isObject(one) ? one : {}, values, room)
  })
  if (room.failures < 0) {
    problems.add('too-large', 'failure-details', `${maxFailures} failures of it are read.`)
  }
  values.at('')
  return {
    type: 'tls',
    organizationName: values.required(textIn(report, 'organization-name'), 'organization-name'),
    contactInfo: values.optional(textIn(report, 'contact-info')),
    reportId: values.required(textIn(report, 'report-id'), 'report-id'),
    begin: readTime(textIn(range, 'start-datetime'), 'date-range/start-datetime', values),
    end: readTime(textIn(range, 'end-datetime'), 'date-range/end-datetime', values),
    policies: read,
    problems: problems.all(),
  }
}

const policyTypes = { words: ['tlsa', 'sts', 'no-policy-found'] } as const

const goodCount = 'total-successful-session-count'
const badCount = 'total-failure-session-count'

function readPolicy(
  entry: JsonObject,
  values: ValueReader,
  room: { failures: number },
): TlsPolicyResult {
  const policy = objectIn(entry, 'policy')
  const summary = objectIn(entry, 'summary')
  const type = textIn(policy, 'policy-type')
  if (type === undefined) values.problem('missing', 'policy-type', 'policy-type is missing.')
  const failures: TlsFailure[] = []
  for (const one of listIn(entry, 'failure-details')) {
    if (--room.failures < 0) break
    failures.push(readFailure(isObject(one) ? one : {}, values))
  }
  // RFC 8460 §4.4: both counts are there.
  const succeeded = values.whole(textIn(summary, goodCount), goodCount)
  const failed = values.whole(textIn(summary, badCount), badCount)
  const explained = failures.reduce((sum, { failedSessions }) => sum + failedSessions, 0)
  return {
    policyType: values.word(type, 'policy-type', policyTypes),
    policyStrings: textsIn(policy, 'policy-string', values),
    policyDomain: values.required(textIn(policy, 'policy-domain'), 'policy-domain').toLowerCase(),
    mxHosts: textsIn(policy, 'mx-host', values),
    successfulSessions: succeeded ?? 0,
    failedSessions: failed ?? explained,
    failures,
  }
}

function readFailure(detail: JsonObject, values: ValueReader): TlsFailure {
  const optional = (name: string): string | null => values.optional(textIn(detail, name))
  const address = (name: string): string | null => {
    const written = textIn(detail, name)
    return written === undefined || written === '' ? null : values.address(written, name)
  }
  const resultType = values.required(textIn(detail, 'result-type'), 'result-type').toLowerCase()
  if (resultType !== '' && !tlsResultTypes.some((one) => one === resultType)) {
    const text = `result-type is ${quoted(resultType)}, which is not a registered one.`
    values.problem('invalid-value', 'result-type', text)
  }
  return {
    resultType,
    sendingMtaIp: address('sending-mta-ip'),
    receivingMxHostname: optional('receiving-mx-hostname'),
    receivingMxHelo: optional('receiving-mx-helo'),
    receivingIp: address('receiving-ip'),
    failedSessions:
      values.whole(textIn(detail, 'failed-session-count'), 'failed-session-count') ?? 0,
    additionalInformation: optional('additional-information'),
    failureReasonCode: optional('failure-reason-code'),
  }
}

/** RFC 3339; a day alone is understood, and a time without its zone, and seconds since 1970. */
function readTime(written: string | undefined, name: string, values: ValueReader): number | null {
  const text = values.required(written, name)
  if (text === '') return null
  const ms = parseMoment(text) ?? parseMoment(`${text}Z`)
  if (ms !== undefined) return ms / 1000
  if (/^\d{9,10}$/.test(text)) {
    values.problem('unusual-value', name, `${name} is written "${text}", not as RFC 3339 wants.`)
    return Number(text)
  }
  values.problem('invalid-value', name, `${name} is ${quoted(text)}, which is no date.`)
  return null
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name)
  return isObject(value) ? value : {}
}

function listIn(object: JsonObject, name: string): readonly unknown[] {
  const value = memberOf(object, name)
  // Some write what is alone without its list.
  return Array.isArray(value) ? value : isObject(value) ? [value] : []
}

function textIn(object: JsonObject, name: string): string | undefined {
  const value = memberOf(object, name)
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : undefined
}

/** A list of texts, or one text in place of a list. */
function textsIn(object: JsonObject, name: string, values: ValueReader): readonly string[] {
  const value = memberOf(object, name)
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > maxTexts) {
    values.problem('too-large', name, `${name} has ${list.length} texts; ${maxTexts} are read.`)
  }
  return list
    .slice(0, maxTexts)
    .flatMap((one) => (typeof one === 'string' && one !== '' ? [oneLine(one)] : []))
}
