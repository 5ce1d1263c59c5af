import { isAscii } from '../base/octets.ts'
import { parseIp } from '../base/ip.ts'
import { formatDate } from '../message/date.ts'
import { formatField, oneLine } from '../message/field.ts'
import type { DsnRecipient, NotificationInput } from './dsn-input.ts'
import { readableReply } from './remote-text.ts'

/** The fields of message/delivery-status, or of its UTF-8 sister: RFC 3464 §2, RFC 6533 §4. */
export function formatDeliveryStatus({
  input,
  recipients,
  utf8,
}: {
  readonly input: NotificationInput
  readonly recipients: readonly DsnRecipient[]
  readonly utf8: boolean
}): string {
  const date = (at: number): string => formatDate(at, input.offsetMinutes ?? 0)
  const text = (words: string): string => (utf8 ? words : asciiOnly(words))
  const { envelopeId, receivedFrom } = input
  const groups = [
    [
      envelopeId !== undefined && formatField('Original-Envelope-Id', text(envelopeId)),
      formatField('Reporting-MTA', `dns; ${text(input.reporter.hostname)}`),
      receivedFrom !== undefined && formatField('Received-From-MTA', mtaName(text(receivedFrom))),
      formatField('Arrival-Date', date(input.arrivedAt)),
    ],
    ...recipients.map((recipient) => recipientFields(recipient, { input, utf8, date, text })),
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
    text,
  }: {
    readonly input: NotificationInput
    readonly utf8: boolean
    readonly date: (at: number) => string
    readonly text: (words: string) => string
  },
): readonly (string | false)[] {
  const { originalRecipient, action, remote, reply, lastAttemptAt, willRetryUntil } = recipient
  const peer = remote?.name ?? remote?.ip
  return [
    originalRecipient !== undefined &&
      formatField(
        'Original-Recipient',
        typedAddress(originalRecipient.addressType, originalRecipient.address, utf8),
      ),
    formatField('Final-Recipient', typedAddress('rfc822', recipient.address, utf8)),
    formatField('Action', action),
    formatField('Status', statusFor(recipient)),
    peer !== undefined && formatField('Remote-MTA', mtaName(text(peer))),
    reply === undefined
      ? action !== 'delivered' &&
        recipient.because !== '' &&
        formatField('Diagnostic-Code', `X-Waybill; ${text(oneLine(recipient.because, 500))}`)
      : formatField('Diagnostic-Code', `smtp; ${text(readableReply(reply, 900).join(' '))}`),
    lastAttemptAt !== undefined && formatField('Last-Attempt-Date', date(lastAttemptAt)),
    formatField('Final-Log-ID', text(input.reference)),
    // RFC 3464 §2.3.9: only for delays.
    action === 'delayed' &&
      willRetryUntil !== undefined &&
      formatField('Will-Retry-Until', date(willRetryUntil)),
  ]
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

/** RFC 3464 §2.1.1: `type; address`. RFC 6533 §3: an address in UTF-8 has a type of its own. */
function typedAddress(type: string, address: string, utf8: boolean): string {
  const name = isAscii(address) ? type : 'utf-8'
  const clean = oneLine(address, 500)
  const safeName = /^[A-Za-z0-9-]{1,40}$/.test(name) ? name : 'unknown'
  return `${safeName}; ${utf8 || isAscii(clean) ? clean : unitextToAscii(clean)}`
}

/** RFC 6533 §3, utf-8-addr-xtext: what is not plain ASCII, and `\`, `+`, `=`, is `\x{HEX}`. */
function unitextToAscii(address: string): string {
  return Array.from(address, (character) => {
    const code = character.codePointAt(0) ?? 0xfffd
    const plain = code > 0x20 && code < 0x7f && !'\\+='.includes(character)
    return plain ? character : `\\x{${code.toString(16).toUpperCase()}}`
  }).join('')
}

function mtaName(name: string): string {
  const clean = oneLine(name, 255)
  if (parseIp(clean) === undefined) return `dns; ${clean}`
  return clean.includes(':') ? `dns; [IPv6:${clean}]` : `dns; [${clean}]`
}

function asciiOnly(text: string): string {
  return isAscii(text) ? text : text.replace(/[^\x00-\x7f]+/g, '?')
}
