import { displayText, octetsOf } from '../base/octets.ts'
import { decodeEncodedWords } from './encoded-word.ts'
import { parseAddressList } from './address-list.ts'
import { unfoldedValue } from './field.ts'
import { parseMessageIds } from './message-id.ts'
import type { MessageHeader } from './header-reader.ts'

/** How much of a From field is read: enough for any that people write. */
const maxAuthorOctets = 20_000

/** The fields by which people find a message, for showing: decoded, one line, not endless. */
export function headerTexts(header: MessageHeader | undefined): {
  readonly subject: string
  readonly headerMessageId: string
  /** The addresses in every From field, with commas between; empty when there are none. */
  readonly author: string
} {
  const first = (name: string): string => {
    const field = header?.fields.find((one) => one.name === name)
    if (field === undefined) return ''
    // Raw UTF-8 is legal with SMTPUTF8 and frequent without, and so are octets of Windows.
    return displayText(octetsOf(unfoldedValue(field).slice(0, 2000)))
  }
  return {
    subject: oneLine(decodeEncodedWords(first('subject')), 300),
    headerMessageId: oneLine(messageIdIn(first('message-id')), 300),
    author: oneLine(authorsOf(header).join(', '), 500),
  }
}

/** The id without what stands beside it, such as a comment; of a field without an id, its text. */
function messageIdIn(value: string): string {
  return parseMessageIds(value, 1)[0] ?? value.trim()
}

function authorsOf(header: MessageHeader | undefined): readonly string[] {
  const addresses = (header?.fields ?? [])
    .filter(({ name }) => name === 'from')
    .slice(0, 10)
    .flatMap((field) => {
      const value = unfoldedValue(field).slice(0, maxAuthorOctets)
      return parseAddressList(value, { maxMailboxes: 50 }).mailboxes
    })
    .map(({ localPart, domain }) => `${localPart}@${domain}`)
  return Array.from(new Set(addresses))
}

function oneLine(text: string, maxCharacters: number): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, maxCharacters)
}
