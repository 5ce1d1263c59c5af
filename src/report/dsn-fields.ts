import { isAscii } from '../base/octets.ts'
import { parseIp } from '../base/ip.ts'
import { parseDomain } from '../address/domain.ts'
import { parseMailbox } from '../address/mailbox.ts'
import { formatDate } from '../message/date.ts'
import { formatField, maxLineOctets, oneLine } from '../message/field.ts'
import { encodeUtf8Address } from '../smtp/xtext.ts'
import type { DsnRecipient, NotificationInput } from './dsn-input.ts'
import { replyTranscript } from './remote-text.ts'

/** The part of a report that is for programs. */
export interface DeliveryStatus {
  readonly mediaType: 'message/delivery-status' | 'message/global-delivery-status'
  readonly text: string
}

/**
 * The fields of message/delivery-status (RFC 3464 §2), or of its UTF-8 sister where the reader takes
 * UTF-8 and there is some in them: what says the same in ASCII is read by more programs (RFC 6533
 * §4.4).
 */
export function deliveryStatus(report: {
  readonly input: NotificationInput
  readonly recipients: readonly DsnRecipient[]
  /** The reader takes UTF-8. */
  readonly utf8: boolean
}): DeliveryStatus {
  const text = report.utf8 ? fieldsOf(report) : ''
  if (!isAscii(text)) return { mediaType: 'message/global-delivery-status', text }
  return { mediaType: 'message/delivery-status', text: fieldsOf({ ...report, utf8: false }) }
}

function fieldsOf({
  input,
  recipients,
  utf8,
}: {
  readonly input: NotificationInput
  readonly recipients: readonly DsnRecipient[]
  readonly utf8: boolean
}): string {
  const date = (at: number): string => formatDate(at, input.offsetMinutes ?? 0)
  const { envelopeId, receivedFrom } = input
  const groups = [
    [
      // RFC 3464 §2.2.1: with the spelling that it had, spaces too.
      envelopeId !== undefined && exactField('Original-Envelope-Id', asciiOnly(envelopeId)),
      formatField('Reporting-MTA', mtaName(input.reporter.hostname)),
      receivedFrom !== undefined && formatField('Received-From-MTA', mtaName(receivedFrom)),
      formatField('Arrival-Date', date(input.arrivedAt)),
    ],
    ...recipients.map((recipient) => recipientFields(recipient, { input, utf8, date })),
  ]
  // Each group ends with an empty line (RFC 3464 §2.1); the last one's belongs to the boundary.
  return groups.map((fields) => fields.filter((field) => field !== false).join('')).join('\r\n')
}

function recipientFields(
  recipient: DsnRecipient,
  {
    input,
    utf8,
    date,
  }: {
    readonly input: NotificationInput
    readonly utf8: boolean
    readonly date: (at: number) => string
  },
): readonly (string | false)[] {
  const { originalRecipient, address, rcptTo, action, remote, lastAttemptAt } = recipient
  const { willRetryUntil } = recipient
  const peer = remote?.name ?? remote?.ip
  return [
    originalRecipient !== undefined &&
      exactField(
        'Original-Recipient',
        typedAddress(originalRecipient.addressType, originalRecipient.address, utf8),
      ),
    // RFC 3464 §2.3.2: as it was when the letter was accepted, wherever it led.
    exactField('Final-Recipient', typedAddress('rfc822', rcptTo ?? address, utf8)),
    formatField('Action', action),
    formatField('Status', statusFor(recipient)),
    peer !== undefined && formatField('Remote-MTA', mtaName(peer)),
    diagnosticCode(recipient, utf8),
    lastAttemptAt !== undefined && formatField('Last-Attempt-Date', date(lastAttemptAt)),
    formatField('Final-Log-ID', asciiOnly(input.reference)),
    // RFC 3464 §2.3.9: only for delays.
    action === 'delayed' &&
      willRetryUntil !== undefined &&
      formatField('Will-Retry-Until', date(willRetryUntil)),
    // RFC 3461 §6.3 (j).
    rcptTo !== undefined &&
      peer !== undefined &&
      exactField('SMTP-Remote-Recipient', addressText(address, utf8)),
  ]
}

/** RFC 3461 §6.3 (i), §9.2: the reply, line by line; our own word where there was none. */
function diagnosticCode({ reply, action, because }: DsnRecipient, utf8: boolean): string | false {
  const text = (words: string): string => (utf8 ? words : asciiOnly(words))
  if (reply !== undefined) {
    const [first = '', ...rest] = replyTranscript(reply, 900).map(text)
    return formatField('Diagnostic-Code', [`smtp; ${first}`, ...rest])
  }
  if (action !== 'failed' && action !== 'delayed') return false
  if (because === '') return false
  return formatField('Diagnostic-Code', `X-Waybill; ${text(oneLine(because, 500))}`)
}

/**
 * RFC 3464 §2.3.4 wants `d.d.d` with the class of the action: a delay is 4 even when the last reply
 * was about something else, and a message given up after days of 4xx has failed with class 5.
 */
export function statusFor({ status, action }: Pick<DsnRecipient, 'status' | 'action'>): string {
  const kind = action === 'failed' ? '5' : action === 'delayed' ? '4' : '2'
  const detail = /^[245](\.\d{1,3}\.\d{1,3})$/.exec(status)?.[1] ?? '.0.0'
  return kind + detail
}

/**
 * RFC 3464 §2.1.2: `type; address`. RFC 6533 §3: an address in UTF-8 has a type of its own, and so has
 * what the sender called that, whatever is in it.
 */
function typedAddress(type: string, address: string, utf8: boolean): string {
  if (type.toLowerCase() === 'utf-8' || !isAscii(address)) {
    return `utf-8; ${addressText(address, utf8, true)}`
  }
  const safeName = /^[A-Za-z0-9-]{1,40}$/.test(type) ? type : 'unknown'
  return `${safeName}; ${address}`
}

/**
 * RFC 6533 §3: as it is where UTF-8 may stand (utf-8-address), else in ASCII (utf-8-addr-xtext), which
 * codes `\`, `+`, `=` and the space, too. What is no mailbox is not undone.
 */
function addressText(address: string, utf8: boolean, typed = !isAscii(address)): string {
  if (!typed || (utf8 && parseMailbox(address).ok)) return address
  return encodeUtf8Address(oneLine(address, 500))
}

/** RFC 3461 §9.3: a name in ASCII, as it was spelled, or an address in brackets. */
function mtaName(name: string): string {
  const clean = oneLine(name, 255)
  if (parseIp(clean) !== undefined) {
    return clean.includes(':') ? `dns; [IPv6:${clean}]` : `dns; [${clean}]`
  }
  return `dns; ${isAscii(clean) ? clean : asciiOnly(parseDomain(clean) ?? clean)}`
}

/**
 * A field whose value keeps each of its characters, runs of spaces too (RFC 3464 §2.2.1, §2.3.2). What
 * could leave its place, or stand beyond a line, is cleaned like everything else.
 */
function exactField(name: string, value: string): string {
  const line = `${name}: ${value}`
  const safe = !/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/.test(value) && value.isWellFormed()
  if (safe && line.length * 3 <= maxLineOctets) return `${line}\r\n`
  return formatField(name, oneLine(value, 1000))
}

function asciiOnly(text: string): string {
  return isAscii(text) ? text : text.replace(/[^\x00-\x7f]+/g, '?')
}
