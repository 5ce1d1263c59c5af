/** Lines as they go into the record: readable, bounded, and without passwords. */
import { displayUtf8 } from '../base/utf8.ts'
import type { ReadLine } from './line-reader.ts'

/** What stands in the record for a secret. */
export const hidden = '(hidden)'

const maxLength = 500

/** Text with what cannot be printed as `\x00`, cut at 500 characters. */
export function printable(text: string): string {
  const shown = text.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown
}

/**
 * A command line of a client. What follows `AUTH` and a mechanism is hidden wherever it stands,
 * because clients send their password also where and when AUTH is not to be had.
 */
export function commandForRecord(line: Uint8Array): string {
  const text = displayUtf8(line)
  const [, start = '', secret = ''] = /^(.*?auth\s+\S{1,20})\s+(\S.*)$/is.exec(text) ?? []
  return secret === '' ? printable(text) : `${printable(start)} ${hidden}`
}

/** A line of a client that is no line. */
export function brokenLineForRecord(line: Exclude<ReadLine, { readonly type: 'line' }>): string {
  switch (line.type) {
    case 'bareNewline':
      return commandForRecord(line.octets)
    case 'tooLong':
      return '(a line that is too long)'
    case 'endless':
      return '(a line without end)'
  }
}
