import { createHash } from 'node:crypto'
import { parseAddressList } from '../message/address-list.ts'
import { parseDate } from '../message/date.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { unfoldedValue } from '../message/field.ts'
import { type MessageHeader, splitMessage } from '../message/header-reader.ts'
import { headerTexts } from '../message/header-texts.ts'
import { decodedBody } from '../mime/body.ts'
import { readableText, readContents } from '../mime/contents.ts'
import type { Part, PartTree } from '../mime/part.ts'
import { readParts } from '../mime/tree.ts'

/** An address as Mailpit has it. */
export interface MailpitAddress {
  readonly Name: string
  readonly Address: string
}

/** A message as Mailpit's API has it, as far as its helpers look at it. */
export interface MailpitMessage {
  readonly MessageID: string
  readonly From: MailpitAddress
  readonly To: readonly MailpitAddress[]
  readonly Cc: readonly MailpitAddress[]
  readonly Bcc: readonly MailpitAddress[]
  readonly ReplyTo: readonly MailpitAddress[]
  readonly ReturnPath: string
  readonly Subject: string
  /** That of the message itself, where it has one. */
  readonly Date: string
  readonly Received: string
  readonly Text: string
  readonly HTML: string
  readonly Size: number
  readonly Tags: readonly string[]
  readonly Attachments: readonly MailpitAttachment[]
  readonly Inline: readonly MailpitAttachment[]
  /** The beginning of its text. */
  readonly Snippet: string
}

interface MailpitAttachment {
  readonly PartID: string
  readonly FileName: string
  readonly ContentType: string
  readonly ContentID: string
  readonly Size: number
  readonly Checksums: { readonly MD5: string; readonly SHA1: string; readonly SHA256: string }
}

/** What is known of a message beside its octets. */
export interface Envelope {
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly receivedAt: number
}

/** Reads a message as Mailpit shows it. */
export function readMailpitMessage(message: Uint8Array, envelope: Envelope): MailpitMessage {
  const { header } = splitMessage(message)
  const tree = readParts(message)
  const contents = readContents(message, tree)
  const { subject, headerMessageId } = headerTexts(header)
  const addresses = (name: string): readonly MailpitAddress[] => addressesIn(header, name)
  const [to, cc] = [addresses('to'), addresses('cc')]
  const named = new Set([...to, ...cc].map(({ Address }) => Address.toLowerCase()))
  const hidden = envelope.rcptTo.filter((one) => !named.has(one.toLowerCase()))
  const files = filesOf(message, tree)
  return {
    MessageID: headerMessageId.replace(/^<|>$/g, ''),
    From: addresses('from')[0] ?? { Name: '', Address: envelope.mailFrom },
    To: to,
    Cc: cc,
    Bcc: hidden.map((Address) => ({ Name: '', Address })),
    ReplyTo: addresses('reply-to'),
    ReturnPath: envelope.mailFrom,
    Subject: subject,
    Date: new Date(writtenAt(header) ?? envelope.receivedAt).toISOString(),
    Received: new Date(envelope.receivedAt).toISOString(),
    Text: contents.text ?? '',
    HTML: contents.html ?? '',
    Size: message.length,
    Tags: [],
    ...files,
    Snippet: readableText(message, tree).text.replace(/\s+/g, ' ').trim().slice(0, 250),
  }
}

function writtenAt(header: MessageHeader): number | undefined {
  const field = header.fields.find(({ name }) => name === 'date')
  return field && parseDate(unfoldedValue(field))?.unixMs
}

function addressesIn(header: MessageHeader, name: string): readonly MailpitAddress[] {
  const field = header.fields.find((one) => one.name === name)
  if (field === undefined) return []
  const list = parseAddressList(unfoldedValue(field).slice(0, 100_000), { maxMailboxes: 1000 })
  return list.mailboxes.map(({ displayName, localPart, domain }) => {
    return { Name: decodeEncodedWords(displayName), Address: `${localPart}@${domain}` }
  })
}

function filesOf(
  message: Uint8Array,
  { parts }: PartTree,
): Pick<MailpitMessage, 'Attachments' | 'Inline'> {
  // An enclosed message is one file: what is in it does not come along by itself.
  const enclosed = new Set<number | undefined>()
  const files = parts.slice(0, 1000).filter((part) => {
    const isInside = enclosed.has(part.parent)
    if (isInside || part.type.startsWith('message/')) enclosed.add(part.n)
    return !isInside && isFile(part)
  })
  const view = (part: Part): MailpitAttachment => attachmentOf(message, part)
  const inline = ({ contentId, disposition }: Part): boolean => {
    return contentId !== undefined && disposition !== 'attachment'
  }
  return {
    Attachments: files.filter((part) => !inline(part)).map(view),
    Inline: files.filter(inline).map(view),
  }
}

function isFile({ type, disposition, name, contentId }: Part): boolean {
  if (type.startsWith('multipart/')) return false
  if (disposition === 'attachment' || name !== undefined) return true
  return contentId !== undefined && !type.startsWith('text/')
}

function attachmentOf(message: Uint8Array, part: Part): MailpitAttachment {
  const octets = decodedBody(message, part)
  const hash = (name: string): string => createHash(name).update(octets).digest('hex')
  return {
    PartID: String(part.n),
    FileName: part.name ?? '',
    ContentType: part.type,
    ContentID: part.contentId ?? '',
    Size: octets.length,
    Checksums: { MD5: hash('md5'), SHA1: hash('sha1'), SHA256: hash('sha256') },
  }
}
