import { parseDomain } from '../address/domain.ts'
import { decodeUtf8, octetsOf } from '../base/octets.ts'
import { ResultScanner } from './scanner.ts'

/** Why a field that came from outside must go. RFC 8601 §5. */
export type RemovalReason =
  | 'claims-our-name'
  | 'unknown-version'
  /** It says of nobody that they wrote it, so careless readers take it for ours. */
  | 'no-name'
  /** More stands before its first statement than is looked at, so nobody knows what it claims. */
  | 'endless-head'

/** Words looked at before the first semicolon; a field with more claims nothing for sure. */
const maxHeadWords = 50

/**
 * Octets looked at before it. A name and a version need a third of them, and each piece of them may
 * cost as much as a name in U-labels, while others wait.
 */
const maxHeadOctets = 1000

/**
 * Whether a field of a message claims to have been written by `authservId`.
 *
 * Names compare without case, A-labels equal their U-labels, a dot at the end means nothing, and
 * comments, quotes, folds and a version are seen through. To be safe against readers who are careless
 * where we are not, any word before the first statement counts, not only the first, and every piece
 * of it that the grammar would not let stand in a name.
 *
 * @param fieldValue the value of the field, folds in it or not: an octet string, whose octets outside
 *   ASCII are UTF-8, or text
 */
export function claimsToBe(fieldValue: string, authservId: string): boolean {
  const ours = comparable(authservId)
  return headWords(textOf(headOf(fieldValue).text)).some((word) => {
    return comparable(word) === ours || word.split(noName).some((part) => comparable(part) === ours)
  })
}

/** RFC 2045 §5.1: controls, space and tspecials, which no unquoted name can hold. */
const noName = /[\x00-\x20\x7f()<>@,;:\\"/[\]?=]+/

function textOf(value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[^\x00-\xff]/.test(value)) return value
  return decodeUtf8(octetsOf(value)) ?? value
}

/**
 * Why a field that came with a message from outside must be removed, or `null` when it may stay:
 * it claims our name, it has a version that we do not know (RFC 8601 §5: "MUST"), it has no name at
 * all, as Office 365 writes it, or nobody can tell, because what stands before its first statement
 * does not end (§5 leaves more to us).
 */
export function mustRemove(fieldValue: string, authservId: string): RemovalReason | null {
  const head = headOf(fieldValue)
  if (!head.ends) return 'endless-head'
  if (claimsToBe(head.text, authservId)) return 'claims-our-name'
  const [name, version] = headWords(head.text)
  // Without a name the first statement stands in its place.
  const isStatement = name === undefined ? head.text !== fieldValue : name.includes('=')
  if (isStatement && !isQuoted(head.text)) return 'no-name'
  return version === undefined || /^0{0,8}1$/.test(version) ? null : 'unknown-version'
}

/** A name in quotes may have any character (RFC 8601 §2.2). */
function isQuoted(head: string): boolean {
  const scan = new ResultScanner(head)
  scan.skipSpace()
  return scan.is('"')
}

/** What stands before the first semicolon, as far as it is looked at, and whether it ends there. */
function headOf(fieldValue: string): { readonly text: string; readonly ends: boolean } {
  const start = fieldValue.slice(0, maxHeadOctets)
  const scan = new ResultScanner(start)
  scan.skipStatement()
  const ends = !scan.ended || start.length === fieldValue.length
  return { text: start.slice(0, scan.at), ends }
}

/** The words before the first semicolon, unquoted. */
function headWords(fieldValue: string): readonly string[] {
  const scan = new ResultScanner(fieldValue)
  const words: string[] = []
  for (;;) {
    scan.skipSpace()
    if (scan.ended || scan.is(';') || words.length >= maxHeadWords) return words
    const at = scan.at
    const word = scan.value()
    if (word !== '') words.push(word)
    // A lone parenthesis is no word.
    if (scan.at === at) scan.at++
  }
}

function comparable(name: string): string {
  return parseDomain(name) ?? name.toLowerCase()
}
