import { bad, ok, type Result } from '../base/result.ts'
import type { AddressRemark } from './remark.ts'

/**
 * Octets a local part may have on the wire, quotes and backslashes counted (RFC 5321 §4.5.3.1.1).
 * Longer ones are remarked on and read, as far as the path has room for them.
 */
const maxLocalPartOctets = 64

/** A local part as read: its meaning (no quotes), and where the text after it starts. */
export interface ReadLocalPart {
  readonly value: string
  readonly end: number
  readonly remarks: readonly AddressRemark[]
}

// RFC 5322 §3.2.3 atext, and UTF8-non-ascii of RFC 6531 §3.3.
const atoms = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u0080-\uffff]+/y
const dotString =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+)*$/
const quotedText = /[\x20-\x21\x23-\x5b\x5d-\x7e\u0080-\uffff]+/y

/** Reads `Dot-string`, with dots anywhere, or `Quoted-string` at `at`. RFC 5321 §4.1.2. */
export function readLocalPart(text: string, at: number): Result<ReadLocalPart> {
  const read = text[at] === '"' ? readQuoted(text, at) : readDotString(text, at)
  if (!read.ok) return read
  if (utf8Length(text, at, read.value.end) <= maxLocalPartOctets) return read
  return ok({ ...read.value, remarks: [...read.value.remarks, 'long-local-part'] })
}

/** The wire form with the least quoting. RFC 5321 §4.1.2. */
export function formatLocalPart(value: string): string {
  return dotString.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** Octets of `text[start, end)` in UTF-8. */
export function utf8Length(text: string, start = 0, end: number = text.length): number {
  let octets = 0
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    // A surrogate pair is four octets: two for each half.
    octets += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
  }
  return octets
}

function readDotString(text: string, start: number): Result<ReadLocalPart> {
  atoms.lastIndex = start
  const end = atoms.test(text) ? atoms.lastIndex : start
  if (end < text.length && text[end] !== '@') {
    return bad('a character of the local part is only allowed in quotes')
  }
  if (end === start) return bad('the local part is empty')
  const value = text.slice(start, end)
  return ok({ value, end, remarks: dotString.test(value) ? [] : ['odd-dots'] })
}

function readQuoted(text: string, start: number): Result<ReadLocalPart> {
  let value = ''
  let at = start + 1
  while (at < text.length) {
    quotedText.lastIndex = at
    if (quotedText.test(text)) {
      value += text.slice(at, quotedText.lastIndex)
      at = quotedText.lastIndex
    } else if (text[at] === '"') {
      return ok({ value, end: at + 1, remarks: [] })
    } else if (text[at] === '\\' && at + 1 < text.length && isPrintable(text.charCodeAt(at + 1))) {
      value += text.charAt(at + 1)
      at += 2
    } else {
      return bad('a character in the quoted local part is not allowed')
    }
  }
  return bad('the quoted local part has no end')
}

/** quoted-pairSMTP takes printable ASCII only, with SMTPUTF8 too. RFC 5321 §4.1.2. */
function isPrintable(code: number): boolean {
  return code >= 0x20 && code <= 0x7e
}
