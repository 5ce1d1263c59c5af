/** The macro language of SPF records: reading and expanding (RFC 7208 §7). */
import { bad, ok, type Result } from '../base/result.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { isDigit } from './target-name.ts'

export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'h' | 'c' | 'r' | 't' | 'v'

/** One `%{…}`. */
export interface Macro {
  readonly letter: MacroLetter
  /** Right-hand parts to keep; `Infinity` for all. */
  readonly keep: number
  readonly reverse: boolean
  /** Where to split; empty means no splitting at all. */
  readonly delimiters: string
  /** The letter was upper case: the result is URL-escaped. */
  readonly escape: boolean
}

/** Literal text and macros in turn. */
export type MacroParts = readonly (string | Macro)[]

export interface MacroString {
  readonly parts: MacroParts
  /** Where the literal text after the last `macro-expand` begins; the end when there is none. */
  readonly tailAt: number
}

/** What the letters stand for. `p` is `unknown` unless the caller has looked it up. */
export type MacroValues = Readonly<Record<MacroLetter, string>>

/**
 * Where a macro-string stands. `c`, `r` and `t` are "allowed only in exp text" (RFC 7208 §7.2),
 * which may have spaces too. The value of an unknown modifier is not expanded, so that only the
 * grammar counts there, which has all letters.
 */
export type MacroPlace = 'domain' | 'unknownModifier' | 'explanation'

const letters: readonly MacroLetter[] = ['s', 'l', 'o', 'd', 'i', 'p', 'h', 'c', 'r', 't', 'v']
const delimiterSet = '.-+,/_='

/** Reads `text[from, to)` by the grammar of RFC 7208 §7.1. The problem is a sentence. */
export function parseMacroString(
  text: string,
  range: { readonly from: number; readonly to: number },
  place: MacroPlace,
): Result<MacroString> {
  const parts: (string | Macro)[] = []
  let literal = ''
  let start = range.from
  let at = range.from
  while (at < range.to) {
    const code = text.charCodeAt(at)
    if (code !== 0x25) {
      // macro-literal = %x21-24 / %x26-7E; explain-string adds SP.
      if (code < 0x21 ? code !== 0x20 || place !== 'explanation' : code > 0x7e) {
        return bad(`it has the octet 0x${code.toString(16).padStart(2, '0')}`)
      }
      at++
      continue
    }
    literal += text.slice(start, at)
    const next = at + 1 < range.to ? text.charAt(at + 1) : ''
    if (next === '{') {
      const macro = parseMacro(text, at + 2, range.to, place)
      if (!macro.ok) return macro
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(macro.value.macro)
      at = macro.value.end
    } else {
      const stands = next === '%' ? '%' : next === '_' ? ' ' : next === '-' ? '%20' : undefined
      if (stands === undefined) return bad('"%" is followed by none of "{", "%", "_" and "-"')
      literal += stands
      at += 2
    }
    start = at
  }
  literal += text.slice(start, range.to)
  if (literal !== '') parts.push(literal)
  return ok({ parts, tailAt: start })
}

/** What follows `%{`: letter, digits, `r`, delimiters, `}`. */
function parseMacro(
  text: string,
  from: number,
  to: number,
  place: MacroPlace,
): Result<{ readonly macro: Macro; readonly end: number }> {
  const written = from < to ? text.charAt(from) : ''
  const lower = written.toLowerCase()
  const letter = letters.find((one) => one === lower)
  if (letter === undefined) return bad(`there is no macro "%{${printable(written)}"`)
  if (place === 'domain' && (letter === 'c' || letter === 'r' || letter === 't')) {
    return bad(`the macro "%{${written}}" is for explanations only`)
  }
  let at = from + 1
  let keep = 0
  const digitsAt = at
  while (at < to && isDigit(text.charCodeAt(at))) {
    keep = Math.min(keep * 10 + text.charCodeAt(at) - 0x30, 1000)
    at++
  }
  if (at > digitsAt && keep === 0) return bad('a macro keeps 0 parts') // RFC 7208 §7.3
  const digits = at > digitsAt
  // ABNF strings have no case (RFC 5234 §2.3), so "R" reverses too.
  const reverse = at < to && (text.charCodeAt(at) | 0x20) === 0x72
  if (reverse) at++
  const delimitersAt = at
  while (at < to && delimiterSet.includes(text.charAt(at))) at++
  if (at >= to || text.charAt(at) !== '}') return bad('a macro is not closed by "}"')
  const named = text.slice(delimitersAt, at)
  const splits = digits || reverse || named !== ''
  return ok({
    macro: {
      letter,
      keep: digits ? keep : Number.POSITIVE_INFINITY,
      reverse,
      delimiters: splits ? uniqueCharacters(named) || '.' : '',
      escape: written !== letter,
    },
    end: at + 1,
  })
}

/** The text that `parts` stands for, from its left end, cut after `maxLength` characters. */
export function expandText(parts: MacroParts, values: MacroValues, maxLength: number): string {
  let text = ''
  for (const part of parts) {
    text += typeof part === 'string' ? part : expandMacro(part, values)
    if (text.length > maxLength) return text.slice(0, maxLength)
  }
  return text
}

/** The domain name that `parts` stands for, in the form of `fitName`. */
export function expandName(parts: MacroParts, values: MacroValues): string {
  let name = ''
  // From the right, because only the last 254 characters (and a final dot) can count.
  for (let i = parts.length - 1; i >= 0 && name.length <= 2 * maxNameLength; i--) {
    const part = parts[i] ?? ''
    name = (typeof part === 'string' ? part : expandMacro(part, values)) + name
  }
  return fitName(name)
}

const maxNameLength = 253

/**
 * A name without its trailing dot. One over 253 characters loses labels from the left until it fits
 * (RFC 7208 §7.3); when no label is left to lose, what remains is still too long and cannot be asked.
 */
export function fitName(written: string): string {
  const name = written.endsWith('.') ? written.slice(0, -1) : written
  if (name.length <= maxNameLength) return name
  const dot = name.indexOf('.', name.length - maxNameLength - 1)
  return dot < 0 ? name.slice(-maxNameLength - 1) : name.slice(dot + 1)
}

function expandMacro(macro: Macro, values: MacroValues): string {
  let value = values[macro.letter]
  if (macro.delimiters !== '') {
    const parts = splitAt(value, macro.delimiters)
    if (macro.reverse) parts.reverse()
    value = (parts.length > macro.keep ? parts.slice(-macro.keep) : parts).join('.')
  }
  return macro.escape ? urlEscape(value) : value
}

function splitAt(text: string, delimiters: string): string[] {
  if (delimiters.length === 1) return text.split(delimiters)
  const parts: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (!delimiters.includes(text.charAt(i))) continue
    parts.push(text.slice(start, i))
    start = i + 1
  }
  parts.push(text.slice(start))
  return parts
}

/** Everything but the unreserved characters of RFC 3986 §2.3 as `%XX`, of its UTF-8 octets. */
function urlEscape(text: string): string {
  let escaped = ''
  for (const octet of encodeUtf8(text)) {
    const character = String.fromCharCode(octet)
    escaped += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return escaped
}

function uniqueCharacters(text: string): string {
  let unique = ''
  for (const character of text) if (!unique.includes(character)) unique += character
  return unique
}

/** A character that may be shown in a sentence. */
function printable(character: string): string {
  return /^[\x21-\x7e]$/.test(character) ? character : ''
}
