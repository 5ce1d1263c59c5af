/** Reads what ARC needs of ARC-Authentication-Results and Authentication-Results fields. */

import { displayUtf8, octetsOf } from '../base/octets.ts'
import { type HeaderField, rawValue, unfoldedValue } from '../message/field.ts'

/** What stands in an ARC-Authentication-Results field. */
export interface ArcResults {
  readonly instance: number
  /** What follows `i=…;`, unfolded: an authserv-id and its statements (octet string). */
  readonly text: string
}

/**
 * Reads `i=1; authserv-id; …` as far as ARC goes: the instance must come first and end with a
 * semicolon (RFC 8617 §4.1.1 `arc-info`). What follows is not judged.
 */
export function readArcResults(field: HeaderField): ArcResults | undefined {
  const text = unfoldedValue(field)
  const scan = new Scan(text)
  scan.skipSpace()
  // `%s"i"`: lower case only (RFC 7405).
  if (!scan.take('i')) return undefined
  scan.skipSpace()
  if (!scan.take('=')) return undefined
  scan.skipSpace()
  const instance = parseInstance(scan.digits())
  scan.skipSpace()
  if (instance === undefined || !scan.take(';')) return undefined
  scan.skipSpace()
  return { instance, text: text.slice(scan.at) }
}

/** The highest instance there may be (RFC 8617 §4.2.1). */
export const maxInstance = 50

/** `position = 1*2DIGIT ; 1 - 50`. */
export function parseInstance(text: string): number | undefined {
  if (!/^[0-9]{1,2}$/.test(text)) return undefined
  const instance = Number(text)
  return instance >= 1 && instance <= maxInstance ? instance : undefined
}

/**
 * Everything that one server said about a message, for its ARC set: the statements of all
 * Authentication-Results fields that bear its name, in their order (RFC 8617 §4.1.1, "the combined
 * authres-payload"). `undefined` when there are none.
 *
 * The fields must be the server's own: remove forged ones first (RFC 8601 §5).
 */
export function gatherResults(
  fields: readonly HeaderField[],
  authservId: string,
): string | undefined {
  const found: string[] = []
  for (const field of fields) {
    if (field.name !== 'authentication-results') continue
    const said = statementsOf(rawValue(field), authservId.toLowerCase())
    // `none` says that there is nothing to say, which is not so when another field says something.
    if (said !== undefined && said !== '' && said.toLowerCase() !== 'none') found.push(said)
  }
  if (found.length === 0) return undefined
  return displayUtf8(octetsOf(found.join('; ')))
}

/** RFC 8601 §2.2: `[CFWS] authserv-id [CFWS authres-version] *resinfo`. */
function statementsOf(value: string, authservId: string): string | undefined {
  const scan = new Scan(value)
  scan.skipSpace()
  if (scan.value().toLowerCase() !== authservId) return undefined
  scan.skipSpace()
  scan.digits()
  scan.skipSpace()
  if (!scan.take(';')) return undefined
  return trimmed(value.slice(scan.at))
}

/** Without white space around it, and without a semicolon behind the last statement. */
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && (isSpace(text.charCodeAt(end - 1)) || text[end - 1] === ';')) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10
}

/** Goes through a text once, from left to right. */
class Scan {
  readonly #text: string
  at = 0

  constructor(text: string) {
    this.#text = text
  }

  take(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at++
    return true
  }

  digits(): string {
    const start = this.at
    for (;;) {
      const code = this.#text.charCodeAt(this.at)
      if (!(code >= 48 && code <= 57)) return this.#text.slice(start, this.at)
      this.at++
    }
  }

  /** A token or a quoted string without its quotes. */
  value(): string {
    const text = this.#text
    if (!this.take('"')) {
      const start = this.at
      while (this.at < text.length && !/[\s;()"]/.test(text.charAt(this.at))) this.at++
      return text.slice(start, this.at)
    }
    let value = ''
    for (; this.at < text.length && text[this.at] !== '"'; this.at++) {
      if (text[this.at] === '\\') this.at++
      value += text.charAt(this.at)
    }
    this.at++
    return value
  }

  /** White space and comments, which may hold comments (RFC 5322 §3.2.2 `CFWS`). */
  skipSpace(): void {
    const text = this.#text
    let depth = 0
    for (; this.at < text.length; this.at++) {
      const character = text[this.at]
      if (character === '(') depth++
      else if (depth > 0 && character === ')') depth--
      else if (depth > 0 && character === '\\') this.at++
      else if (depth === 0 && !isSpace(text.charCodeAt(this.at))) return
    }
  }
}
