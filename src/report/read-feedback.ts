import { formatIp, parseIp } from '../base/ip.ts'
import { parseDate } from '../message/date.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { oneLine } from '../message/field.ts'
import type {
  AbuseReport,
  FailureReport,
  Feedback,
  FeedbackOriginal,
  InferredFeedback,
} from './feedback.ts'
import { checkFailure, checkNumbers, checkRepeats } from './feedback-checks.ts'
import { readFailureText } from './failure-text.ts'
import {
  addressOf,
  base64Of,
  many,
  readAlignment,
  readArrival,
  readNumber,
  readSource,
  textOf,
  maxRepeats,
} from './feedback-values.ts'
import {
  allParts,
  decodedLines,
  fieldValue,
  kindOf,
  type MimePart,
  type PartField,
  readFields,
} from './mime-parts.ts'
import { shownText } from './remote-text.ts'
import { ProblemList } from './report-problem.ts'
import { ValueReader } from './reported-value.ts'

const originalKinds = new Set([
  'message/rfc822',
  'message/global',
  'message/rfc822-headers',
  'text/rfc822-headers',
  'text/rfc822-header',
  'message/global-headers',
])
const maxHeader = 32_768

/**
 * Reads feedback about a message from its parts: RFC 5965 (abuse), RFC 6591 and RFC 9991 (failed
 * authentication), and the failure reports that have only sentences. `undefined` when there is none.
 */
export function readFeedback(whole: MimePart): AbuseReport | FailureReport | undefined {
  const parts = allParts(whole)
  const at = parts.findIndex((part) => kindOf(part) === 'message/feedback-report')
  const report = parts[at]
  if (report === undefined) return readFromText(whole)
  const original = parts.slice(at + 1).find((part) => originalKinds.has(kindOf(part)))
  const lines = decodedLines(report)
  const start = lines.findIndex((line) => line.trim() !== '')
  const { fields } = readFields(lines.slice(Math.max(0, start)))
  const read = assemble(fields, original === undefined ? null : readOriginal(original))
  return original === undefined ? read : completed(read, original)
}

/** Hotmail's complaints, when they come without fields, have this one in the message. */
const complaintField = 'x-hmxmroriginalrecipient'

/** A complaint that is nothing but the message, as an attachment; `undefined` when it is none. */
export function readBareComplaint(original: MimePart): AbuseReport | undefined {
  const { fields } = readFields(decodedLines(original))
  if (fieldValue(fields, complaintField) === undefined) return undefined
  const assembled = assemble([{ name: 'feedback-type', value: 'abuse' }], readOriginal(original))
  if (assembled.type !== 'abuse') return undefined
  const text = 'It has no fields for programs (RFC 5965 §3); the message was read.'
  const problem = { code: 'missing', where: 'message/feedback-report', text } as const
  return completed({ ...assembled, source: 'text', problems: [problem] }, original)
}

/** What a report leaves out and its message tells: many name neither the address nor the domain. */
function completed<T extends AbuseReport | FailureReport>(report: T, original: MimePart): T {
  const { fields } = readFields(decodedLines(original))
  const received = fieldValue(fields, 'received') ?? ''
  const ip = /\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]/i.exec(received)?.[1] ?? ''
  const source = parseIp(ip)
  const date = parseDate(received.slice(received.lastIndexOf(';') + 1).trim())
  const returnPath = addressOf(fieldValue(fields, 'return-path'))
  const recipient = addressOf(fieldValue(fields, complaintField))
  const author =
    addressOf(/<[^<>]*>/.exec(report.original?.from ?? '')?.[0]) ?? report.original?.from
  const domain = /@([A-Za-z0-9.-]{1,255})$/.exec(author ?? '')?.[1]?.toLowerCase()
  const inferred: InferredFeedback = {
    ...(report.sourceIp === null && source !== undefined ? { sourceIp: formatIp(source) } : {}),
    ...(report.arrivedAt === null && date !== undefined && received.includes(';')
      ? { arrivedAt: Math.floor(date.unixMs / 1000) }
      : {}),
    ...(report.originalMailFrom === null && returnPath !== null
      ? { originalMailFrom: returnPath }
      : {}),
    ...(report.originalRcptTo.length === 0 && recipient !== null
      ? { originalRcptTo: [recipient] }
      : {}),
    ...(report.reportedDomains.length === 0 && domain !== undefined
      ? { reportedDomains: [domain] }
      : {}),
  }
  return Object.keys(inferred).length === 0 ? report : { ...report, inferred }
}

function assemble(
  fields: readonly PartField[],
  original: FeedbackOriginal | null,
): AbuseReport | FailureReport {
  const problems = new ProblemList()
  const values = new ValueReader(problems)
  const one = (name: string): string | null => textOf(fieldValue(fields, name))
  const word = (name: string): string | null => /^[^\s;(]+/.exec(one(name) ?? '')?.[0] ?? null
  const stated = word('feedback-type')?.toLowerCase()
  if (stated === undefined) values.problem('missing', 'Feedback-Type', 'Feedback-Type is missing.')
  for (const name of ['User-Agent', 'Version']) {
    if (one(name.toLowerCase()) === null) {
      values.problem('missing', name, `${name} is missing.`)
    }
  }
  checkRepeats(fields, values)
  checkNumbers(fields, maxRepeats, values)
  const common: Omit<Feedback, 'problems'> = {
    source: 'fields',
    userAgent: one('user-agent'),
    version: one('version'),
    originalEnvelopeId: one('original-envelope-id'),
    originalMailFrom: addressOf(fieldValue(fields, 'original-mail-from')),
    originalRcptTo: many(fields, 'original-rcpt-to').map((text) => addressOf(text) ?? ''),
    ...readArrival(one('arrival-date') ?? one('received-date'), values),
    reportingMta: one('reporting-mta')?.replace(/^[A-Za-z0-9-]{1,40}[ \t]*;[ \t]*/, '') ?? null,
    sourceIp: readSource(one('source-ip'), values),
    sourcePort: readNumber(one('source-port'), 'Source-Port', values),
    incidents: readNumber(one('incidents'), 'Incidents', values) ?? 1,
    authenticationResults: many(fields, 'authentication-results'),
    reportedDomains: many(fields, 'reported-domain').map((text) => text.toLowerCase()),
    reportedUris: many(fields, 'reported-uri'),
    original,
  }
  const authFailure = word('auth-failure')?.toLowerCase() ?? null
  const isFailure = stated === 'auth-failure' || (stated === undefined && authFailure !== null)
  if (!isFailure) {
    const feedbackType = stated ?? 'other'
    return { type: 'abuse', feedbackType, ...common, problems: problems.all() }
  }
  if (authFailure === null) values.problem('missing', 'Auth-Failure', 'Auth-Failure is missing.')
  const deliveryResult = word('delivery-result')?.toLowerCase() ?? null
  const identityAlignment = readAlignment(one('identity-alignment'), values)
  checkFailure({ authFailure, deliveryResult, identityAlignment }, values)
  return {
    type: 'failure',
    feedbackType: 'auth-failure',
    ...common,
    authFailure,
    deliveryResult,
    identityAlignment,
    dkimDomain: one('dkim-domain')?.toLowerCase() ?? null,
    dkimIdentity: one('dkim-identity'),
    dkimSelector: one('dkim-selector'),
    dkimSelectorDns: one('dkim-selector-dns'),
    dkimAdspDns: one('dkim-adsp-dns'),
    dkimCanonicalizedHeader: base64Of(fieldValue(fields, 'dkim-canonicalized-header')),
    dkimCanonicalizedBody: base64Of(fieldValue(fields, 'dkim-canonicalized-body')),
    spfDns: one('spf-dns'),
    problems: problems.all(),
  }
}

function readFromText(whole: MimePart): FailureReport | undefined {
  const found = allParts(whole)
    .filter((part) => kindOf(part) === 'text/plain')
    .flatMap((part) => readFailureText(decodedLines(part)) ?? [])[0]
  if (found === undefined) return undefined
  const problems = new ProblemList()
  const values = new ValueReader(problems)
  const told = 'It has no fields for programs (RFC 5965 §3); its sentences were read.'
  values.problem('missing', 'message/feedback-report', told)
  return {
    type: 'failure',
    feedbackType: 'auth-failure',
    source: 'text',
    userAgent: null,
    version: null,
    originalEnvelopeId: null,
    originalMailFrom: null,
    originalRcptTo: [],
    ...readArrival(found.receivedDate, values),
    reportingMta: null,
    sourceIp: readSource(found.sourceIp, values),
    sourcePort: null,
    incidents: 1,
    authenticationResults: [],
    reportedDomains: [found.domain.toLowerCase()],
    reportedUris: [],
    original: found.header.length === 0 ? null : originalFrom(found.header, false),
    authFailure: 'dmarc',
    deliveryResult: found.deliveryResult,
    identityAlignment: found.notAligned,
    dkimDomain: null,
    dkimIdentity: null,
    dkimSelector: null,
    dkimSelectorDns: null,
    dkimAdspDns: null,
    dkimCanonicalizedHeader: null,
    dkimCanonicalizedBody: null,
    spfDns: null,
    problems: problems.all(),
  }
}

function readOriginal(part: MimePart): FeedbackOriginal {
  const kind = kindOf(part)
  return originalFrom(decodedLines(part), kind === 'message/rfc822' || kind === 'message/global')
}

function originalFrom(lines: readonly string[], complete: boolean): FeedbackOriginal {
  const start = Math.max(
    0,
    lines.findIndex((line) => line.trim() !== ''),
  )
  const own = lines.slice(start)
  const { fields, bodyAt } = readFields(own)
  const shown = (name: string): string | null => {
    const text = textOf(fieldValue(fields, name))
    return text === null ? null : oneLine(decodeEncodedWords(text))
  }
  let header = ''
  for (const line of own.slice(0, bodyAt)) {
    if (line.trim() === '' || header.length > maxHeader) break
    header += `${shownText(line).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ' ')}\n`
  }
  return {
    complete,
    from: shown('from'),
    to: shown('to'),
    subject: shown('subject'),
    messageId: textOf(fieldValue(fields, 'message-id')),
    date: textOf(fieldValue(fields, 'date')),
    header: header.slice(0, maxHeader),
  }
}
