/** Tag lists, `name=value; name=value` (RFC 6376 §3.2), as signatures and key records have them. */

import { type Result, bad, ok } from '../base/result.ts'
import { trimFolds } from './signature.ts'

export interface Tag {
  readonly name: string
  /** Without the white space around it; folds inside are kept. May be empty. */
  readonly value: string
  /** Where everything between `=` and `;` stands in the text, white space around it included. */
  readonly start: number
  readonly end: number
}

/** Tags by name, in the order of the text. Names are case-sensitive. */
export type TagList = ReadonlyMap<string, Tag>

export type TagListProblem =
  | { readonly type: 'syntax'; readonly at: number }
  | { readonly type: 'duplicate'; readonly name: string }

/** More tags than any real record has: past this a list is refused as malformed. */
const maxTags = 1000

/** Anything that may not stand in a list: control characters, and CR LF that do not fold. */
// RFC 6376 §2.8: FWS is [*WSP CRLF] 1*WSP. Octets above 127 are text (RFC 8616 §3).
const notAllowed = /[^\x20-\x7e\x80-\xff\t\r\n]|\r(?!\n[ \t])|(?<!\r)\n/

/**
 * Reads a tag list. A tag that stands twice makes the whole list invalid, known or not; one `;` may
 * end the list. White space may stand around names and values.
 *
 * @param text octet string, without the CRLF that ends a field
 */
export function parseTagList(text: string): Result<TagList, TagListProblem> {
  const wrong = text.search(notAllowed)
  if (wrong >= 0) return bad({ type: 'syntax', at: wrong })
  const tags = new Map<string, Tag>()
  let start = 0
  while (start < text.length) {
    const semicolon = text.indexOf(';', start)
    const end = semicolon < 0 ? text.length : semicolon
    const equals = text.indexOf('=', start)
    if (equals < 0 || equals > end) {
      // Only white space behind the last semicolon: the list has ended.
      if (semicolon < 0 && tags.size > 0 && trimFolds(text.slice(start)) === '') break
      return bad({ type: 'syntax', at: start })
    }
    const name = trimFolds(text.slice(start, equals))
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return bad({ type: 'syntax', at: start })
    if (tags.has(name)) return bad({ type: 'duplicate', name })
    if (tags.size >= maxTags) return bad({ type: 'syntax', at: start })
    const value = trimFolds(text.slice(equals + 1, end))
    tags.set(name, { name, value, start: equals + 1, end })
    start = end + 1
  }
  return tags.size === 0 ? bad({ type: 'syntax', at: 0 }) : ok(tags)
}

/** One sentence part: what is wrong with the list. */
export function describeTagListProblem(problem: TagListProblem): string {
  switch (problem.type) {
    case 'syntax':
      return `it is not a list of name=value from character ${problem.at} on`
    case 'duplicate':
      return `the tag ${problem.name}= stands there twice`
  }
}
