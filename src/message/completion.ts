import { formatDate, parseDate } from './date.ts'
import { type HeaderField, formatField, unfoldedValue } from './field.ts'
import { parseMessageIds } from './message-id.ts'

/** What a submission lacks, and what becomes of it. */
export interface Completion {
  /** The fields to put on top of the message, each folded with its CRLF; empty when all is there. */
  readonly prefix: string
  readonly added: readonly ('Date' | 'Message-ID' | 'From')[]
  /** Fields that are unreadable and must be left out, because `prefix` replaces them. */
  readonly replaced: readonly HeaderField[]
  /** The message's id with its brackets, its own or the one that was made. */
  readonly messageId: string
  /**
   * Names, in lower case, of fields that may stand once but stand several times (RFC 5322 §3.6).
   * Nothing is done about them here: which of two From fields is meant, only the sender knows.
   */
  readonly repeated: readonly string[]
}

/** RFC 5322 §3.6, the table: the fields of which a message has at most one. */
const singleFields: ReadonlySet<string> = new Set([
  'date',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
])

/**
 * Completes a message that a user of ours submits. Never for mail that is relayed or received:
 * there, every octet stays as it came (RFC 6409 §8, RFC 5321 §6.4).
 *
 * A missing Date or Message-ID is added, an unreadable one replaced (RFC 6409 §8.2 and §8.3); a
 * missing From becomes the address of the sender. What is there and can be read is left alone.
 *
 * @param input.fields    the header of the submitted message
 * @param input.messageId the id to use, in brackets: see `makeMessageId`
 * @param input.from      the address of the sender, bound to the login; `undefined`: add no From
 */
export function completeSubmission(input: {
  readonly fields: readonly HeaderField[]
  readonly now: number
  readonly offsetMinutes: number
  readonly messageId: string
  readonly from: string | undefined
}): Completion {
  const found = new Map<string, HeaderField[]>()
  for (const field of input.fields) {
    if (!singleFields.has(field.name)) continue
    const same = found.get(field.name)
    if (same === undefined) found.set(field.name, [field])
    else same.push(field)
  }
  const added: ('Date' | 'Message-ID' | 'From')[] = []
  const replaced: HeaderField[] = []
  let prefix = ''

  const dates = found.get('date') ?? []
  if (!dates.some((field) => parseDate(unfoldedValue(field)) !== undefined)) {
    added.push('Date')
    replaced.push(...dates)
    prefix += formatField('Date', formatDate(input.now, input.offsetMinutes))
  }

  const ids = found.get('message-id') ?? []
  let messageId = ids.flatMap((field) => parseMessageIds(unfoldedValue(field), 1))[0]
  if (messageId === undefined) {
    messageId = input.messageId
    added.push('Message-ID')
    replaced.push(...ids)
    prefix += formatField('Message-ID', messageId)
  }

  const froms = found.get('from') ?? []
  if (input.from !== undefined && froms.every((field) => unfoldedValue(field) === '')) {
    added.push('From')
    replaced.push(...froms)
    prefix += formatField('From', `<${input.from}>`)
  }

  const repeated = Array.from(found)
    .filter(([, fields]) => fields.filter((field) => !replaced.includes(field)).length > 1)
    .map(([name]) => name)
  return { prefix, added, replaced, messageId, repeated }
}
