import { concat, displayText, octetsOf } from '../base/octets.ts'
import { checksOf } from '../journey/checks.ts'
import { inShort } from '../journey/in-short.ts'
import { type JourneyRecord, readRecord } from '../journey/record.ts'
import { type RecipientView, viewJourney } from '../journey/view.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { type HeaderField, unfoldedValue } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { readableText } from '../mime/contents.ts'
import { isAttachment } from '../mime/part.ts'
import { readParts } from '../mime/tree.ts'
import { type JourneyRow, type StoredJourney, rowOf } from '../store/ports/journeys.ts'
import type { MessagePort } from '../store/ports/contents.ts'
import { wordLine } from './words.ts'

/** What a query looks at of one message. */
export interface Document {
  readonly row: JourneyRow
  readonly ip: string
  readonly helo: string
  /** Who logged in, or tried to. */
  readonly login: string
  readonly recipients: readonly Pick<RecipientView, 'address' | 'status' | 'accounts'>[]
  /** The protocol's word of each check that was made; `tls` has the version, or `no`. */
  readonly checks: Readonly<Record<string, string>>
  readonly code: string
  readonly enhanced: string
  readonly size: number
  readonly tookMs: number
  readonly hasAttachment: boolean
  /** Lines of words: see `wordLine`. */
  readonly words: {
    readonly subject: string
    readonly addresses: string
    readonly cc: string
    readonly body: string
  }
}

/** So much of a message is read for its text, and so many characters of that text are kept. */
const maxOctets = 1024 * 1024
const maxCharacters = 256 * 1024
const maxFieldOctets = 20_000

/**
 * Reads what a query looks at. A message that is not kept (any more) has no text.
 *
 * @param messages `undefined` where nobody asks for the text: reading it is most of the work
 */
export async function readDocument(
  messages: MessagePort | undefined,
  stored: StoredJourney,
): Promise<Document> {
  const record = readRecord(stored.json, stored.appended)
  const view = viewJourney(record, new Map(), stored)
  const { outcome, recipients } = view
  const { envelope } = record
  const { cc, body, hasAttachment } = await readText(messages, stored.messageId)
  const row = rowOf(stored)
  const { octets = 0, tookMs, tls = 'no' } = inShort(record)
  const checks: Record<string, string> = { tls: tls.toLowerCase() }
  for (const [check, word] of Object.entries(checksOf(view))) checks[check] = word.toLowerCase()
  const addresses = [row.mailFrom, ...row.rcptTo, row.author, cc].join(' ')
  return {
    row,
    ip: envelope.ip,
    helo: envelope.helo.toLowerCase(),
    login: envelope.login ?? loginRefused(record),
    recipients,
    checks,
    code: String(outcome.smtp?.code ?? ''),
    enhanced: outcome.smtp?.enhanced ?? '',
    size: octets,
    tookMs,
    hasAttachment,
    words: {
      subject: wordLine(row.subject),
      addresses: wordLine(addresses),
      cc: wordLine(cc),
      body: wordLine(body),
    },
  }
}

function loginRefused({ steps }: JourneyRecord): string {
  const step = steps.findLast(({ type }) => type === 'login')
  return step?.type === 'login' ? step.account : ''
}

async function readText(
  messages: MessagePort | undefined,
  id: string | undefined,
): Promise<{ readonly cc: string; readonly body: string; readonly hasAttachment: boolean }> {
  const message = id === undefined ? undefined : await messages?.open(id)
  if (message === undefined) return { cc: '', body: '', hasAttachment: false }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of message.chunks()) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxOctets) break
  }
  const octets = concat(chunks)
  const tree = readParts(octets)
  const { text } = readableText(octets, tree)
  const cc = splitMessage(octets).header.fields.filter(({ name }) => name === 'cc')
  return {
    cc: cc.map((field) => fieldText(field)).join(' '),
    body: text.slice(0, maxCharacters),
    hasAttachment: tree.parts.some(isAttachment),
  }
}

function fieldText(field: HeaderField): string {
  return decodeEncodedWords(displayText(octetsOf(unfoldedValue(field).slice(0, maxFieldOctets))))
}
