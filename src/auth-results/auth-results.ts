import { parseDomain } from '../address/domain.ts'
import { formatField } from '../message/field.ts'
import type { MethodResult } from './parse.ts'

export { type RemovalReason, claimsToBe, mustRemove } from './forgery.ts'
export {
  type AuthenticationResultsProblem,
  type MethodResult,
  type ParsedAuthenticationResults,
  type ResultProperty,
  parseAuthenticationResults,
} from './parse.ts'

/** What one Authentication-Results field says. */
export interface AuthenticationResults {
  /** Who made the statements: the name that this field is trusted by. RFC 8601 §2.5. */
  readonly authservId: string
  /** None means that nothing was checked, written `none`. */
  readonly results: readonly MethodResult[]
}

/**
 * Writes an Authentication-Results field, folded, with its name and its final CRLF. RFC 8601 §2.2.
 *
 * Each statement begins a line. Values may come from strangers: they are quoted where a token does
 * not hold them, cut at 400 characters, and nothing in them can end a statement, a comment or the
 * field. Domains come out in A-labels; other characters outside ASCII come out as `?`, because a local
 * part that is not ASCII has no place in the header of a message that may be.
 *
 * Methods, results, types and properties are the caller's own words: one that is no keyword is a bug.
 *
 * @example
 * formatAuthenticationResults({
 *   authservId: 'mx.south.example',
 *   results: [
 *     {
 *       method: 'spf',
 *       result: 'pass',
 *       properties: [{ ptype: 'smtp', property: 'mailfrom', value: 'ann@north.example' }],
 *     },
 *   ],
 * })
 */
export function formatAuthenticationResults(given: AuthenticationResults): string {
  return formatField('Authentication-Results', piecesOf(given))
}

/** The value alone, in one line without folds: for showing and for JSON. */
export function authenticationResultsValue(given: AuthenticationResults): string {
  return piecesOf(given).join(' ')
}

function piecesOf({ authservId, results }: AuthenticationResults): readonly string[] {
  const id = formatValue(authservId)
  if (results.length === 0) return [`${id}; none`]
  const last = results.length - 1
  return [`${id};`, ...results.map((one, index) => statement(one) + (index < last ? ';' : ''))]
}

/** `methodspec [reasonspec] *propspec`, with the comment where readers look for it. */
function statement({ method, version, result, reason, comment, properties }: MethodResult): string {
  const versioned = version === undefined ? keyword(method) : `${keyword(method)}/${version}`
  let text = `${versioned}=${keyword(result)}`
  if (comment !== undefined && comment !== '') text += ` ${formatComment(comment)}`
  if (reason !== undefined && reason !== '') text += ` reason=${formatValue(reason)}`
  for (const { ptype, property, value } of properties) {
    text += ` ${keyword(ptype)}.${keyword(property)}=${formatPropertyValue(value)}`
  }
  return text
}

function keyword(text: string): string {
  if (!isKeyword(text)) throw new Error(`formatAuthenticationResults: "${text}" is not a keyword`)
  return text
}

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
