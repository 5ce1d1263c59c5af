import { concat, encodeUtf8, isAscii } from '../base/octets.ts'
import { formatDate } from '../message/date.ts'
import { formatField, oneLine } from '../message/field.ts'
import { makeMessageId } from '../message/message-id.ts'
import { encodeQuotedPrintable } from '../message/quoted-printable.ts'
import { type DeliveryStatus, deliveryStatus } from './dsn-fields.ts'
import type { DsnRecipient, NotificationInput } from './dsn-input.ts'
import { explainDelivery } from './dsn-text.ts'
import { maxReturnedOctets, readOriginal, returnedPart } from './returned-message.ts'

/** A notification to send, with the null reverse-path as its sender (RFC 3464 §2), or none. */
export type Notification =
  | {
      readonly type: 'none'
      /** `null-sender`: nobody to tell (RFC 5321 §4.5.5). `not-requested`: RFC 3461 §4.1. */
      readonly because: 'null-sender' | 'not-requested'
    }
  | {
      readonly type: 'send'
      /** The only recipient. */
      readonly to: string
      readonly subject: string
      /** With its angle brackets. */
      readonly messageId: string
      /** The recipients that it reports on. */
      readonly about: readonly string[]
      readonly message: Uint8Array
      /** Only who offers SMTPUTF8 may be given it. */
      readonly smtpUtf8: boolean
      readonly eightBit: boolean
    }

/**
 * Decides whether the sender is told, and makes the message that tells it (RFC 3461 §6, RFC 3464).
 *
 * None is made for the null reverse-path, nor for a recipient whose NOTIFY does not ask for this
 * kind. The result is a multipart/report (RFC 6522) with a text for people, the fields for programs,
 * and the message or its header; in UTF-8 where the message was (RFC 6533), coded in ASCII where it goes
 * on to a server that may not take that, so that no report is lost for its form.
 */
export function notificationFor(input: NotificationInput): Notification {
  // RFC 5321 §4.5.5, RFC 3461 §6.1: a report about a report is how mail storms begin.
  if (input.reversePath === '') return { type: 'none', because: 'null-sender' }
  const recipients = input.recipients.filter(isRequested)
  if (recipients.length === 0) return { type: 'none', because: 'not-requested' }
  return buildNotification(input, recipients)
}

/**
 * RFC 3461 §4.1: NEVER is never; SUCCESS, FAILURE and DELAY are told to who asked for them. Who did
 * not say is told of failures (as ever before), may be told of delays, and never of success.
 */
function isRequested(recipient: Pick<DsnRecipient, 'notify' | 'action'>): boolean {
  const { notify, action } = recipient
  if (notify === undefined) return action === 'failed' || action === 'delayed'
  if (notify.includes('never')) return false
  switch (action) {
    case 'failed':
      return notify.includes('failure')
    case 'delayed':
      return notify.includes('delay')
    case 'delivered':
    case 'relayed':
    case 'expanded':
      return notify.includes('success')
  }
}

function buildNotification(
  input: NotificationInput,
  recipients: readonly DsnRecipient[],
): Notification {
  const { reporter, random, now } = input
  // Whoever has such an address has a server with SMTPUTF8.
  const toUtf8Address = !isAscii(input.reversePath)
  const utf8 = input.smtpUtf8 || toUtf8Address
  const coded = input.goesOn === true && !toUtf8Address
  const original = readOriginal(input.original.octets)
  const boundary = makeBoundary(random)
  const messageId = makeMessageId({ now, random, domain: reporter.hostname })
  const postmaster = reporter.postmaster ?? `postmaster@${reporter.hostname}`
  const subject = subjectOf(recipients, original.subject)
  const returned = returnedPart({
    original,
    complete: input.original.complete,
    // RFC 3461 §4.3: RET speaks of failures; other reports return the header only.
    full: input.ret !== 'headers' && recipients.some(({ action }) => action === 'failed'),
    maxOctets: input.maxReturnedOctets ?? maxReturnedOctets,
    utf8,
    coded,
  })
  const status = statusPart(deliveryStatus({ input, recipients, utf8 }), coded)
  const smtpUtf8 = toUtf8Address || (!coded && (status.utf8 || returned.utf8))
  const eightBit = smtpUtf8 || returned.encoding === '8bit'

  const header = [
    formatField('From', `Mail delivery <${postmaster}>`),
    formatField('To', `<${input.reversePath}>`),
    formatField('Subject', subject),
    formatField('Date', formatDate(now, input.offsetMinutes ?? 0)),
    formatField('Message-ID', messageId),
    original.messageId === undefined || !isAscii(original.messageId)
      ? ''
      : formatField('References', original.messageId),
    // RFC 3834 §5: made in answer to a message, by no person. RFC 3464 asks for the same.
    formatField('Auto-Submitted', 'auto-replied'),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', [
      'multipart/report; report-type=delivery-status;',
      `boundary="${boundary}"`,
    ]),
    eightBit ? formatField('Content-Transfer-Encoding', '8bit') : '',
    '\r\n',
    'This is a report about the delivery of a message, in MIME format.\r\n',
  ].join('')

  const explained = explainDelivery({ input, recipients, original, postmaster })
  const message = concat([
    encodeUtf8(`${header}\r\n--${boundary}\r\n${textPart(explained)}`),
    encodeUtf8(`\r\n--${boundary}\r\n${status.text}`),
    encodeUtf8(`\r\n--${boundary}\r\n${part(returned.mediaType, returned.encoding)}`),
    returned.octets,
    encodeUtf8(`\r\n--${boundary}--\r\n`),
  ])
  return {
    type: 'send',
    to: input.reversePath,
    subject,
    messageId,
    about: recipients.map(({ address }) => address),
    message,
    smtpUtf8,
    eightBit,
  }
}

/** RFC 6533 §6.4: UTF-8 as it is, unless the way is not known to carry it. */
function statusPart(
  { mediaType, text }: DeliveryStatus,
  coded: boolean,
): { readonly text: string; readonly utf8: boolean } {
  const utf8 = mediaType === 'message/global-delivery-status'
  if (!utf8) return { text: part(mediaType, '7bit') + text, utf8 }
  if (!coded) return { text: part(mediaType, '8bit') + text, utf8 }
  const octets = encodeQuotedPrintable(encodeUtf8(text))
  return { text: part(mediaType, 'quoted-printable') + octets, utf8 }
}

/** The subject says the worst of it first, and which message it is about when ASCII can. */
function subjectOf(recipients: readonly DsnRecipient[], about: string): string {
  const actions = new Set(recipients.map(({ action }) => action))
  const what = actions.has('failed')
    ? 'Not delivered'
    : actions.has('delayed')
      ? 'Not delivered yet'
      : 'Delivery report'
  return about === '' || !isAscii(about) ? what : `${what}: ${oneLine(about, 100)}`
}

/** 24 characters of chance: nobody can write this line into a message beforehand. */
function makeBoundary(random: () => number): string {
  let text = '=_'
  for (let i = 0; i < 24; i++) text += Math.floor(random() * 36).toString(36)
  return text
}

function textPart(text: string): string {
  if (isAscii(text)) return `${part('text/plain; charset=us-ascii', '7bit')}${text}`
  const coded = encodeQuotedPrintable(encodeUtf8(text))
  return `${part('text/plain; charset=utf-8', 'quoted-printable')}${coded}`
}

function part(mediaType: string, encoding: string): string {
  return `Content-Type: ${mediaType}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
}
