import { octetString } from '../base/octets.ts'

/** One header field exactly as it stood in the message. */
export interface HeaderField {
  /** Lower case, without the colon and the white space before it. */
  readonly name: string
  /** All octets of the field: name, colon, value, folds, and the final CRLF. */
  readonly raw: Uint8Array
  /** Where the value starts in `raw`: the octet after the colon. */
  readonly valueAt: number
}

/** The value as an octet string, folds and final CRLF still in it. */
export function rawValue(field: HeaderField): string {
  const { raw } = field
  const ends = raw.length >= 2 && raw[raw.length - 1] === 10 && raw[raw.length - 2] === 13
  return octetString(raw, field.valueAt, ends ? raw.length - 2 : raw.length)
}

/** The value unfolded (RFC 5322 §2.2.3: each CRLF before white space goes), trimmed at both ends. */
export function unfoldedValue(field: HeaderField): string {
  const text = rawValue(field).replace(/\r\n(?=[ \t])/g, '')
  // By hand: an expression for trailing white space takes quadratic time on a long run within.
  let start = 0
  let end = text.length
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start++
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10
}
