import { detailSaid } from '../answers/detail-said.ts'
import { decodeUtf8, octetsOf } from '../base/octets.ts'
import { oneLine } from '../message/field.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { copiedMessageId, readBounceText } from './bounce-text.ts'
import {
  allParts,
  decodedLines,
  fieldValue,
  kindOf,
  type MimePart,
  type PartField,
  readFields,
  readParts,
} from './mime-parts.ts'
import type { ReportedRecipient } from './reported-recipient.ts'

/** A delivery report that was read, or the statement that there is none. */
export type DsnReading =
  | {
      readonly type: 'dsn'
      /**
       * `report`: from a message/delivery-status part; `loose`: its fields stood in the text;
       * `text`: guessed from sentences, good for showing and for nothing else.
       */
      readonly source: 'report' | 'loose' | 'text'
      readonly reportingMta: string | undefined
      readonly originalEnvelopeId: string | undefined
      readonly arrivalDate: string | undefined
      readonly recipients: readonly ReportedRecipient[]
      /** Message-ID of the message that the report is about, from the returned part. */
      readonly originalMessageId: string | undefined
    }
  | { readonly type: 'not-a-dsn' }

const maxRecipients = 1000
/** Of so many the words are read where the fields do not say enough; of the others, the fields alone. */
const maxRead = 100
const statusKinds = new Set(['message/delivery-status', 'message/global-delivery-status'])
const receiptKinds = new Set([
  'message/disposition-notification',
  'message/global-disposition-notification',
])
const returnedKinds = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/global-headers',
])

/**
 * Reads a delivery status notification (RFC 3464) from anywhere: well-formed ones, ones whose fields
 * lost their MIME structure, and the plain-text bounces of older servers. Bounded as `readParts` is,
 * and 1,000 recipients. Never throws; everything in the result is what a stranger claims.
 */
export function readDsn(message: Uint8Array): DsnReading {
  const opened = openDsn(message)
  if (opened.type === 'not-a-dsn') return opened
  const recipients = opened.recipients()
  if (opened.source === 'text' && recipients.length === 0) return { type: 'not-a-dsn' }
  return { ...opened, recipients }
}

/** A report whose recipients are not read yet. What is nothing but text may turn out to name none. */
export type OpenedDsn = Omit<Extract<DsnReading, { readonly type: 'dsn' }>, 'recipients'> & {
  readonly recipients: () => readonly ReportedRecipient[]
}

/**
 * Reads of a report what letter it is about. What is said of its recipients takes far longer to read,
 * and is worth it only where the letter is one of ours.
 */
export function openDsn(message: Uint8Array): OpenedDsn | { readonly type: 'not-a-dsn' } {
  const whole = readParts(message)
  const parts = allParts(whole)
  const originalMessageId = returnedMessageId(parts) ?? copiedMessageId(whole)
  const statusPart = parts.find((part) => statusKinds.has(kindOf(part)))
  if (statusPart !== undefined) {
    const read = readStatus(groupsOf(decodedLines(statusPart)))
    return { type: 'dsn', source: 'report', ...read, originalMessageId }
  }
  // A receipt (RFC 8098 §3) has a final recipient, too, and tells of reading.
  if (parts.some((part) => receiptKinds.has(kindOf(part)))) return { type: 'not-a-dsn' }
  const loose = looseGroups(whole)
  if (loose.length > 0) {
    return { type: 'dsn', source: 'loose', ...readStatus(loose), originalMessageId }
  }
  return {
    type: 'dsn',
    source: 'text',
    reportingMta: undefined,
    originalEnvelopeId: undefined,
    arrivalDate: undefined,
    recipients: () => readBounceText(whole),
    originalMessageId,
  }
}

type Group = readonly PartField[]

/** RFC 3464 §2.1: groups of fields with empty lines between them, or without. */
function groupsOf(lines: readonly string[]): readonly Group[] {
  const groups: Group[] = []
  let open: string[] = []
  for (const [index, line] of [...lines, ''].entries()) {
    if (line.trim() !== '') open.push(line)
    else if (line !== '' && open.length > 0 && /^[ \t]+\S/.test(lines[index + 1] ?? '')) {
      // White space alone between a field and its next line (RFC 5322 §4.2) is no empty line.
      continue
    } else if (open.length > 0) {
      groups.push(...recipientsIn(readFields(open).fields))
      open = []
    }
  }
  return groups
}

const oncePerRecipient = /^(?:final-recipient|original-recipient|action|status)$/

/** A field that stands there again belongs to the next recipient. */
function recipientsIn(fields: Group): readonly Group[] {
  const groups: PartField[][] = [[]]
  let seen = new Set<string>()
  for (const field of fields) {
    if (seen.has(field.name)) {
      groups.push([])
      seen = new Set()
    }
    if (oncePerRecipient.test(field.name)) seen.add(field.name)
    groups.at(-1)?.push(field)
  }
  return groups
}

const messageFields = /^(?:reporting-mta|arrival-date|received-from-mta|original-envelope-id)$/
const recipientFields = /^(?:final-recipient|original-recipient|action)$/

/** Groups of status fields in the text of a message that has lost its structure. */
function looseGroups(whole: MimePart): readonly Group[] {
  const { lines } = whole
  const start = lines.findIndex((line) =>
    /^(?:reporting-mta|final-recipient|original-recipient)[ \t]*:/i.test(line),
  )
  if (start < 0) return []
  const groups: Group[] = []
  for (const group of groupsOf(lines.slice(start, start + 5000))) {
    const known = group.some(({ name }) => messageFields.test(name) || recipientFields.test(name))
    // The returned message begins here; another report may be inside it.
    if (!known) break
    groups.push(group)
  }
  return groups.some((group) => group.some(({ name }) => recipientFields.test(name))) ? groups : []
}

function readStatus(groups: readonly Group[]): {
  readonly reportingMta: string | undefined
  readonly originalEnvelopeId: string | undefined
  readonly arrivalDate: string | undefined
  readonly recipients: () => readonly ReportedRecipient[]
} {
  const ofMessage: PartField[] = []
  const recipients: Group[] = []
  for (const group of groups) {
    const isRecipient = group.some(({ name }) => recipientFields.test(name))
    // Some reports forget the empty line, so one group may be of both kinds.
    if (!isRecipient || recipients.length === 0) ofMessage.push(...group)
    if (isRecipient && recipients.length < maxRecipients) recipients.push(group)
  }
  return {
    reportingMta: withoutType(textValue(ofMessage, 'reporting-mta')),
    originalEnvelopeId: textValue(ofMessage, 'original-envelope-id'),
    arrivalDate: textValue(ofMessage, 'arrival-date'),
    recipients: () => recipients.map((group, at) => readRecipient(group, at < maxRead)),
  }
}

function readRecipient(group: Group, inWords: boolean): ReportedRecipient {
  // Some tell the reply in a field of their own.
  const diagnosticCode =
    textValue(group, 'diagnostic-code') ?? textValue(group, 'x-supplementary-info')
  const stated = textValue(group, 'action')
  const written = textValue(group, 'status') ?? ''
  const action = stated === undefined ? actionOf(written, diagnosticCode ?? '') : readAction(stated)
  return {
    finalRecipient: addressOf(textValue(group, 'final-recipient')) ?? '',
    originalRecipient: addressOf(textValue(group, 'original-recipient')),
    action,
    status: readStatusCode(written, diagnosticCode ?? '', { action, inWords }),
    remoteMta: withoutType(textValue(group, 'remote-mta')),
    diagnosticCode,
    lastAttemptDate: textValue(group, 'last-attempt-date'),
    willRetryUntil: textValue(group, 'will-retry-until'),
  }
}

function readAction(text: string): ReportedRecipient['action'] {
  const word = /^[a-z]+/.exec(text.toLowerCase())?.[0] ?? ''
  switch (word) {
    case 'failed':
    case 'delayed':
    case 'delivered':
    case 'relayed':
    case 'expanded':
    case 'deliverable':
      return word
    case 'failure':
      return 'failed'
    default:
      return 'unknown'
  }
}

/** What a report without an action must mean: the class of its status, or of the reply. */
function actionOf(status: string, diagnostic: string): ReportedRecipient['action'] {
  const code = statusIn(status) ?? statusIn(diagnostic) ?? replyIn(diagnostic) ?? ''
  switch (code.charAt(0)) {
    case '2':
      return 'delivered'
    case '4':
      return 'delayed'
    case '5':
      return 'failed'
    default:
      return 'unknown'
  }
}

function statusIn(text: string): string | undefined {
  const found = text.matchAll(/(?:^|[\s#(-])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/g)
  const codes = Array.from(found, ([, code = '']) => code)
  return codes.find((code) => !code.endsWith('.0.0')) ?? codes[0]
}

/** `550` of `smtp; 550 no such user`. */
function replyIn(diagnostic: string): string | undefined {
  return /(?:^|[;\s])([245]\d\d)(?=[\s-]|$)/.exec(diagnostic)?.[1]
}

function readStatusCode(
  text: string,
  diagnostic: string,
  { action, inWords }: Pick<ReportedRecipient, 'action'> & { readonly inWords: boolean },
): string {
  // Only within the Status field may text follow the code without a space.
  const own = /^([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text)?.[1]
  const told = statusIn(diagnostic)
  // `5.0.0` says nothing that its class does not say; the reply may say more.
  const vague = own === undefined || own.endsWith('.0.0')
  if (!vague) return own
  if (told !== undefined && (own === undefined || told.startsWith(own.charAt(0)))) return told
  const later = own ?? statusIn(text)
  if (later !== undefined) return later
  const guessed = (inWords ? detailSaid(diagnostic, action !== 'delayed') : undefined) ?? '0.0'
  switch (action) {
    case 'failed':
    case 'unknown':
      return `5.${guessed}`
    case 'delayed':
      return `4.${guessed}`
    case 'delivered':
    case 'relayed':
    case 'expanded':
    case 'deliverable':
      return '2.0.0'
  }
}

function textValue(fields: readonly PartField[], name: string): string | undefined {
  const value = fieldValue(fields, name)
  if (value === undefined) return undefined
  return oneLine(decodeUtf8(octetsOf(value)) ?? value, 2000)
}

/** `dns; mx.example` without its type. */
function withoutType(text: string | undefined): string | undefined {
  return text?.replace(/^[A-Za-z0-9-]{1,40}[ \t]*;[ \t]*/, '')
}

/** `rfc822; <user@example>` to `user@example`; the `\x{HEX}` of RFC 6533 §3 is undone. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const utf8 = /^utf-8[ \t]*;/i.test(text)
  const named = (withoutType(text) ?? '').replace(/[ \t]*\([^()]*\)$/, '')
  const bare = /^(?:[^<>@]*[ \t])?<([^<>]*)>$/.exec(named)?.[1] ?? named
  if (!utf8) return bare
  return oneLine(
    bare.replace(/\\x\{([0-9A-Fa-f]{1,6})\}/g, (whole, hex: string) => {
      const code = Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    }),
    2000,
  )
}

function returnedMessageId(parts: readonly MimePart[]): string | undefined {
  const returned = parts.find((part) => returnedKinds.has(kindOf(part)))
  if (returned === undefined) return undefined
  const { fields } = readFields(decodedLines(returned))
  return parseMessageIds(fieldValue(fields, 'message-id') ?? '', 1)[0]
}
