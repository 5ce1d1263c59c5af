import { octetsOf } from '../base/octets.ts'
import { displayUtf8 } from '../base/utf8.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'

/** The two fields by which people find a message, for showing: decoded, one line, not endless. */
export function headerTexts(header: MessageHeader | undefined): {
  readonly subject: string
  readonly headerMessageId: string
} {
  const first = (name: string): string => {
    const field = header?.fields.find((one) => one.name === name)
    if (field === undefined) return ''
    // Raw UTF-8 is legal with SMTPUTF8 and frequent without: it is shown as such.
    return displayUtf8(octetsOf(unfoldedValue(field).slice(0, 2000)))
  }
  return {
    subject: oneLine(decodeEncodedWords(first('subject')), 300),
    headerMessageId: oneLine(first('message-id'), 300),
  }
}

function oneLine(text: string, maxCharacters: number): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, maxCharacters)
}
