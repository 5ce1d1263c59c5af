import { formatField } from '../message/fold.ts'
import type { MethodResult } from './statement.ts'
import { formatComment, formatPropertyValue, formatValue, isKeyword } from './value.ts'

export { claimsToBe, mustRemove, type RemovalReason } from './forgery.ts'
export {
  parseAuthenticationResults,
  type AuthenticationResultsProblem,
  type ParsedAuthenticationResults,
} from './parse.ts'
export type { MethodResult, ResultProperty } from './statement.ts'

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
