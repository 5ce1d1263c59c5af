/** Words, values and comments of RFC 8601 §2.2, written so that none can be more than it is. */

import { parseDomain } from '../address/domain.ts'

// Twice this, when every character must be escaped, still fits in a line: a fold never parts an escape.
const maxValueLength = 400

/** RFC 5321 §4.1.2: Keyword = Ldh-str. */
export function isKeyword(text: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/.test(text)
}

/** RFC 2045 §5.1: any character but space, controls and tspecials. */
const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/

/** RFC 6376 §3.5: domain-name; underscores stand in names too. */
const domainName = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/

/** RFC 5322 §3.2.3: dot-atom-text. */
const dotAtom = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/

/** `value`: a token where the text is one, else a quoted string. */
export function formatValue(text: string): string {
  const clean = cleaned(text)
  return token.test(clean) ? clean : quoted(clean)
}

/**
 * `pvalue`: a value, or `[[local-part] "@"] domain-name`. What identifies mail must take the second
 * form (RFC 8601 §2.2), so an address is written with its local part quoted at most.
 */
export function formatPropertyValue(text: string): string {
  const clean = cleaned(withAsciiDomain(text))
  const at = clean.lastIndexOf('@')
  const domain = clean.slice(at + 1)
  if (at < 0 || !domainName.test(domain)) return formatValue(clean)
  const local = clean.slice(0, at)
  if (local === '' || dotAtom.test(local)) return clean
  const alreadyQuoted = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"$/.test(local)
  return `${alreadyQuoted ? local : quoted(local)}@${domain}`
}

/** RFC 8616 §5: a domain stands in A-labels, which every reader of a header understands. */
function withAsciiDomain(text: string): string {
  const at = text.lastIndexOf('@')
  const written = text.slice(at + 1)
  // Only what is a name already: nothing else may change its meaning.
  if (!/[^\x00-\x7f]/.test(written) || /[\x00-\x20\x7f]/.test(written)) return text
  return text.slice(0, at + 1) + (parseDomain(written) ?? written)
}

/** A comment that holds no other and ends where it should. RFC 5322 §3.2.2. */
export function formatComment(text: string): string {
  return `(${cleaned(text).replace(/[()\\]/g, '\\$&')})`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Printable ASCII in one line: controls and white space become one space, the rest `?`. */
function cleaned(text: string): string {
  const cut = text.length > maxValueLength ? `${text.slice(0, maxValueLength - 3)}...` : text
  return cut
    .replace(/[\x00-\x20\x7f]+/g, ' ')
    .trim()
    .replace(/[^\x20-\x7e]/gu, '?')
}
