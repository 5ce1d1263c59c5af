import MailComposer from 'nodemailer/lib/mail-composer'
import { decodeBase64Lines } from '../base/base64.ts'
import { domainOf } from '../address/mailbox.ts'
import { concat, encodeUtf8 } from '../base/octets.ts'
import { makeMessageId } from '../message/message-id.ts'
import type { LetterFields, LetterFile } from './letter-body.ts'
import type { Named, Wrongs } from './written-address.ts'

/** The addresses of a letter, read. */
export interface Addressed {
  readonly from: Named
  readonly to: readonly Named[]
  readonly cc: readonly Named[]
  readonly replyTo: readonly Named[]
}

/** Fields that follow from the other members, or that only servers write. */
const notYours =
  /^(?:from|to|cc|bcc|reply-to|subject|mime-version|content-.*|return-path|received|dkim-signature|authentication-results|arc-.*|resent-bcc|x-waybill-tags)$/

/** RFC 5322 §2.2: printable ASCII but the colon. */
const fieldName = /^[!-9;-~]+$/
const control = /[\x00-\x1f\x7f]/

/**
 * Makes the message of the members, its lines ended by CRLF. Nothing in a member can add a field or a
 * part: what has a line break where a line must be is wrong, and is told.
 */
export async function compose(
  fields: LetterFields,
  addressed: Addressed,
  by: { readonly wrongs: Wrongs; readonly now: number; readonly random: () => number },
): Promise<Uint8Array> {
  const { wrongs, now, random } = by
  const { subject, text, html } = fields
  if (subject !== undefined) oneLine(wrongs, '/subject', subject)
  const own = ownFields(fields, wrongs)
  const messageId = own.find(({ key }) => key.toLowerCase() === 'message-id')?.value
  const date = own.find(({ key }) => key.toLowerCase() === 'date')?.value
  const attachments = (fields.attachments ?? []).map((one, at) =>
    attached(one, `/attachments/${at}`, wrongs),
  )
  if (wrongs.all.length > 0) return new Uint8Array(0)
  const { from, to, cc, replyTo } = addressed
  const composer = new MailComposer({
    from,
    to: Array.from(to),
    cc: Array.from(cc),
    replyTo: Array.from(replyTo),
    ...(subject === undefined ? {} : { subject }),
    ...(text === undefined && html !== undefined ? {} : { text: text ?? '' }),
    ...(html === undefined ? {} : { html }),
    date: date ?? new Date(now),
    messageId: messageId ?? makeMessageId({ now, random, domain: domainOf(from.address) }),
    headers: own.filter(({ key }) => !/^(?:message-id|date)$/i.test(key)),
    attachments,
    newline: '\r\n',
    // Contents come in the request and from nowhere else.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const made = await composer.compile().build()
  const octets = new Uint8Array(made)
  return made.at(-1) === 10 ? octets : concat([octets, encodeUtf8('\r\n')])
}

function ownFields(
  { headers = {}, tags = {} }: LetterFields,
  wrongs: Wrongs,
): { readonly key: string; readonly value: string }[] {
  const own = Object.entries(headers).map(([key, value]) => {
    const pointer = `/headers/${key.slice(0, 100).replace(/~/g, '~0').replace(/\//g, '~1')}`
    if (!fieldName.test(key)) wrongs.add(pointer, 'is no name of a field (RFC 5322 section 2.2)')
    else if (notYours.test(key.toLowerCase())) {
      wrongs.add(pointer, 'is written by the server, or has a member of its own')
    }
    oneLine(wrongs, pointer, value)
    return { key, value }
  })
  const words = Object.entries(tags).map(([name, value]) => {
    if (!/^[\w.-]+$/.test(name) || !/^[\w.-]*$/.test(value)) {
      wrongs.add('/tags', `"${name}": letters, digits, ".", "-" and "_" only`)
    }
    return `${name}=${value}`
  })
  return words.length === 0 ? own : [...own, { key: 'X-Waybill-Tags', value: words.join('; ') }]
}

function attached(
  { filename, content, content_type: contentType, content_id: cid }: LetterFile,
  pointer: string,
  wrongs: Wrongs,
): {
  readonly filename: string
  readonly content: Buffer
  readonly contentType?: string
  readonly cid?: string
  readonly contentDisposition: 'attachment' | 'inline'
} {
  oneLine(wrongs, `${pointer}/filename`, filename)
  const octets = decodeBase64Lines(content)
  if (octets === undefined) wrongs.add(`${pointer}/content`, 'is not base64')
  if (
    contentType !== undefined &&
    !/^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/.test(contentType)
  ) {
    wrongs.add(`${pointer}/content_type`, 'is no media type, such as text/plain')
  } else if (contentType !== undefined && /^multipart\//i.test(contentType)) {
    wrongs.add(`${pointer}/content_type`, 'a file is one part, not several')
  }
  if (cid !== undefined && !/^[!-;=?-~]+$/.test(cid)) {
    wrongs.add(`${pointer}/content_id`, 'has a space, a bracket or a control character')
  }
  return {
    filename,
    content: Buffer.from(octets ?? []),
    ...(contentType === undefined ? {} : { contentType }),
    ...(cid === undefined ? {} : { cid }),
    contentDisposition: cid === undefined ? 'attachment' : 'inline',
  }
}

function oneLine(wrongs: Wrongs, pointer: string, text: string): void {
  if (control.test(text)) wrongs.add(pointer, 'has a line break or another control character')
}
