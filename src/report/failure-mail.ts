import { concat, encodeUtf8, isAscii, octetString, octetsOf } from '../base/octets.ts'
import { formatDate } from '../message/date.ts'
import { type HeaderField, formatField, oneLine, rawValue } from '../message/field.ts'
import { makeMessageId } from '../message/message-id.ts'
import { readOriginal, returnedPart, maxReturnedOctets } from './returned-message.ts'

/** What a failure report tells. All text may be hostile: it is cleaned here. */
export interface FailureMailInput {
  readonly authFailure: 'dmarc' | 'signature' | 'bodyhash' | 'revoked' | 'spf'
  /** The methods without an aligned pass; empty is written `none`. */
  readonly identityAlignment: readonly ('dkim' | 'spf')[]
  /** The value of an Authentication-Results field. */
  readonly authenticationResults: string
  readonly deliveryResult: 'delivered' | 'spam' | 'reject' | 'other'
  readonly sourceIp: string
  readonly sourcePort?: number
  readonly originalMailFrom: string
  readonly originalEnvelopeId?: string
  /** Unix milliseconds. */
  readonly arrivedAt: number
  /** The Author Domain. */
  readonly reportedDomain: string
  /** From `FailureLimiter`. */
  readonly incidents: number
  /** The aligned signature that failed (required then, RFC 9991 §4). */
  readonly dkim?: { readonly domain: string; readonly identity: string; readonly selector: string }
  /** The aligned SPF policy that failed (required then). */
  readonly spf?: { readonly domain: string; readonly record: string }
  /** The message from its first octet on, lines ending with CRLF. */
  readonly original: { readonly octets: Uint8Array; readonly complete: boolean }
  /** `header`: no more than that leaves this house. */
  readonly include: 'header' | 'message'
  /**
   * Makes a token out of a local part, always the same for the same one (RFC 6590 §2). The
   * recipients in the header are shown by it. Without it they are shown as they are.
   */
  readonly redact?: (localPart: string) => string
  /** An address of the reporter's domain: the report has to pass DMARC itself. */
  readonly from: string
  readonly to: readonly string[]
  readonly reporter: { readonly domain: string; readonly generator: string }
  /** Unix milliseconds. */
  readonly now: number
  /** Numbers in [0, 1). */
  readonly random: () => number
}

/** A report that is ready to be signed and sent. */
export interface FailureMail {
  readonly subject: string
  readonly messageId: string
  readonly message: Uint8Array
  readonly eightBit: boolean
}

/** Makes a failure report: RFC 9991 §4, RFC 6591 §3, in the frame of RFC 5965 §2. */
export function buildFailureMail(input: FailureMailInput): FailureMail {
  const { reporter, now, random } = input
  const boundary = makeBoundary(random)
  const messageId = makeMessageId({ now, random, domain: reporter.domain })
  const subject = `DMARC failure report for ${ascii(oneLine(input.reportedDomain, 255))}`
  const original = readOriginal(input.original.octets)
  const shown = {
    ...original,
    fields: original.fields.map((field) => redactField(field, input.redact)),
  }
  const returned = returnedPart({
    original: shown,
    complete: input.original.complete,
    // A message whose recipients are not to be seen cannot leave whole.
    full: input.include === 'message' && input.redact === undefined,
    maxOctets: maxReturnedOctets,
    utf8: false,
    coded: false,
  })
  const eightBit = returned.encoding === '8bit'
  const last = input.to.length - 1
  const header = [
    formatField('From', `DMARC reports of "${reporter.domain}" <${input.from}>`),
    formatField(
      'To',
      input.to.map((one, index) => `<${one}>${index === last ? '' : ','}`),
    ),
    formatField('Subject', subject),
    formatField('Date', formatDate(now)),
    formatField('Message-ID', messageId),
    formatField('Auto-Submitted', 'auto-generated'),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', [
      'multipart/report; report-type=feedback-report;',
      `boundary="${boundary}"`,
    ]),
    eightBit ? formatField('Content-Transfer-Encoding', '8bit') : '',
    '\r\n',
  ].join('')
  const message = concat([
    encodeUtf8(header),
    encodeUtf8(`--${boundary}\r\n${partHeader('text/plain; charset=us-ascii')}${sentences(input)}`),
    encodeUtf8(`\r\n--${boundary}\r\n${partHeader('message/feedback-report')}${fieldsOf(input)}`),
    encodeUtf8(`\r\n--${boundary}\r\n${partHeader(returned.mediaType, returned.encoding)}`),
    returned.octets,
    encodeUtf8(`\r\n--${boundary}--\r\n`),
  ])
  return { subject, messageId, message, eightBit }
}

function fieldsOf(input: FailureMailInput): string {
  const { dkim, spf, identityAlignment } = input
  const optional = (name: string, value: string | undefined): string => {
    return value === undefined || value === '' ? '' : formatField(name, ascii(value))
  }
  return [
    formatField('Feedback-Type', 'auth-failure'),
    formatField('User-Agent', ascii(input.reporter.generator)),
    formatField('Version', '1'),
    formatField('Auth-Failure', input.authFailure),
    formatField('Authentication-Results', ascii(input.authenticationResults)),
    formatField(
      'Identity-Alignment',
      identityAlignment.length === 0 ? 'none' : identityAlignment.join(', '),
    ),
    formatField('Delivery-Result', input.deliveryResult),
    optional('DKIM-Domain', dkim?.domain),
    optional('DKIM-Identity', dkim?.identity),
    optional('DKIM-Selector', dkim?.selector),
    spf === undefined ? '' : formatField('SPF-DNS', spfDns(spf)),
    optional('Original-Envelope-Id', input.originalEnvelopeId),
    formatField('Original-Mail-From', `<${ascii(input.originalMailFrom)}>`),
    formatField('Arrival-Date', formatDate(input.arrivedAt)),
    formatField('Source-IP', ascii(input.sourceIp)),
    optional('Source-Port', input.sourcePort?.toString()),
    formatField('Reported-Domain', ascii(input.reportedDomain)),
    input.incidents > 1 ? formatField('Incidents', String(input.incidents)) : '',
  ].join('')
}

/** RFC 6591 §3.2.6. */
function spfDns({ domain, record }: { readonly domain: string; readonly record: string }): string {
  const text = ascii(oneLine(record, 2000)).replace(/["\\]/g, '\\$&')
  return `txt : ${ascii(domain)} : "${text}"`
}

function sentences(input: FailureMailInput): string {
  const methods = { dkim: 'DKIM', spf: 'SPF' } as const
  const missing = input.identityAlignment.map((method) => methods[method]).join(' or ')
  const incidents =
    input.incidents > 1 ? `It stands for ${input.incidents} messages that fared alike.\r\n` : ''
  return [
    `This is an authentication failure report (RFC 9991) of ${input.reporter.domain}.\r\n\r\n`,
    `A message in the name of ${ascii(oneLine(input.reportedDomain, 255))} came from\r\n`,
    `${ascii(oneLine(input.sourceIp, 60))} on ${formatDate(input.arrivedAt)}.\r\n`,
    missing === '' ? '' : `It has no aligned pass of ${missing}.\r\n`,
    incidents,
  ].join('')
}

function partHeader(mediaType: string, encoding = '7bit'): string {
  return `Content-Type: ${mediaType}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
}

const recipientFields = new Set([
  'to',
  'cc',
  'bcc',
  'resent-to',
  'resent-cc',
  'delivered-to',
  'envelope-to',
  'x-original-to',
  'x-envelope-to',
  'original-recipient',
])
/** RFC 6590: the recipients are nobody's business but ours and theirs. */
function redactField(field: HeaderField, redact: FailureMailInput['redact']): HeaderField {
  const received = field.name === 'received'
  if (redact === undefined || !(received || recipientFields.has(field.name))) return field
  const value = rawValue(field)
  let shown = ''
  let done = 0
  for (let at = value.indexOf('@'); at >= 0; at = value.indexOf('@', at + 1)) {
    const start = Math.max(done, localPartStart(value, at))
    if (start === at) continue
    // In a trace field, only the recipient.
    const before = value.slice(Math.max(0, start - 12), start)
    if (received && !/\bfor\s{1,8}<?$/i.test(before)) continue
    const token = redact(value.slice(start, at)).replace(/[^A-Za-z0-9+/=_-]/g, '')
    shown += value.slice(done, start) + token
    done = at
  }
  if (done === 0) return field
  const name = octetString(field.raw, 0, field.valueAt)
  return { ...field, raw: octetsOf(`${name}${shown}${value.slice(done)}\r\n`) }
}

/** Where the local part before the `@` begins, a quoted one with its quotation mark. */
function localPartStart(value: string, at: number): number {
  let start = at
  const quote = value.charAt(at - 1) === '"' ? value.lastIndexOf('"', at - 2) : -1
  if (quote >= 0 && at - quote <= 320) return quote
  while (start > 0 && at - start < 320 && !/[\s<>"(),:;@\\[\]]/.test(value.charAt(start - 1)))
    start--
  return start
}

function ascii(text: string): string {
  return isAscii(text) ? text : text.replace(/[^\x00-\x7f]/g, '?')
}

/** 24 characters of chance: nobody can write this line into a message beforehand. */
function makeBoundary(random: () => number): string {
  let text = '=_'
  for (let i = 0; i < 24; i++) text += Math.floor(random() * 36).toString(36)
  return text
}
