import { decodeCharset, displayUtf8, octetsOf } from '../base/octets.ts'

/** A Content-Type value. All names are in lower case; values of parameters stay as they are. */
export interface MediaType {
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
}

/** RFC 2045 §5.2: what a part without a readable Content-Type is. */
export const plainText: MediaType = {
  type: 'text',
  subtype: 'plain',
  parameters: new Map([['charset', 'us-ascii']]),
}

const maxCharacters = 16_384
const maxParameters = 64
const token = /[^\x00-\x20\x7f()<>@,;:\\"/[\]?=]+/y

/**
 * Reads a Content-Type value (an octet string, folded or not), or `undefined` when it names no type.
 *
 * Bounded and lenient: comments are skipped, at most 64 parameters of a value of 16 KiB are read, the
 * first of equal names counts, an unquoted value runs to the next `;` or white space whatever it
 * holds, and what cannot be read ends the list. Names of files that somebody forgot to quote run on to
 * the next parameter. Pieces and percent coding of RFC 2231 are joined.
 *
 * @see RFC 2045 §5.1, RFC 2231 §3 and §4
 */
export function parseMediaType(value: string): MediaType | undefined {
  const cursor = new Cursor(value.slice(0, maxCharacters))
  const type = cursor.token()
  if (type === '' || !cursor.take('/')) return undefined
  const subtype = cursor.token()
  if (subtype === '') return undefined
  return {
    type: type.toLowerCase(),
    subtype: subtype.toLowerCase(),
    parameters: readParameters(cursor),
  }
}

/** A Content-Disposition value, read by the same rules. */
export interface Disposition {
  /** In lower case: `inline`, `attachment`, or another. */
  readonly word: string
  readonly parameters: ReadonlyMap<string, string>
}

/** Reads a Content-Disposition value, or `undefined` when it has no word. RFC 2183 §2. */
export function parseDisposition(value: string): Disposition | undefined {
  const cursor = new Cursor(value.slice(0, maxCharacters))
  const word = cursor.token().toLowerCase()
  return word === '' ? undefined : { word, parameters: readParameters(cursor) }
}

/** What many programs write without quotes, spaces and all. */
const fileNames: ReadonlySet<string> = new Set(['name', 'filename'])

function readParameters(cursor: Cursor): ReadonlyMap<string, string> {
  const raw = new Map<string, string>()
  while (raw.size < maxParameters && cursor.skipTo(';')) {
    const name = cursor.token().toLowerCase()
    if (name === '' || !cursor.take('=')) continue
    const content = fileNames.has(name) ? cursor.words() : cursor.value()
    if (!raw.has(name)) raw.set(name, content)
  }
  return joinContinuations(raw)
}

/** Reads on through comments and white space, never back. */
class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  token(): string {
    this.#skipBlank()
    token.lastIndex = this.#at
    const found = token.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  take(character: string): boolean {
    this.#skipBlank()
    if (this.#text.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }

  /** Moves behind the next `character` that is not in a quoted string or comment. */
  skipTo(character: string): boolean {
    for (;;) {
      if (this.take(character)) return true
      if (this.#at >= this.#text.length) return false
      if (this.#text.charAt(this.#at) === '"') this.#quoted()
      else this.#at++
    }
  }

  /** A quoted string without its quotes, or all up to white space or `;`. */
  value(): string {
    this.#skipBlank()
    if (this.#text.charAt(this.#at) === '"') return this.#quoted()
    const start = this.#at
    while (this.#at < this.#text.length && !/[\s;]/.test(this.#text.charAt(this.#at))) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** A quoted string, or all up to the next `;` or parameter, without white space at its end. */
  words(): string {
    this.#skipBlank()
    if (this.#text.charAt(this.#at) === '"') return this.#quoted()
    const rest = this.#text.slice(this.#at)
    const end = /;|\s[\w*-]{1,40}=/.exec(rest)?.index ?? rest.length
    this.#at += end
    return rest.slice(0, end).trimEnd()
  }

  #quoted(): string {
    let content = ''
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      let character = this.#text.charAt(this.#at)
      if (character === '"') {
        this.#at++
        break
      }
      if (character === '\\') character = this.#text.charAt(++this.#at)
      if (character !== '\r' && character !== '\n') content += character
    }
    return content
  }

  /** White space and comments, which nest (RFC 5322 §3.2.2). An open comment runs to the end. */
  #skipBlank(): void {
    let depth = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at)
      if (character === '(') depth++
      else if (character === ')' && depth > 0) depth--
      else if (character === '\\' && depth > 0) this.#at++
      else if (depth === 0 && !/\s/.test(character)) return
    }
  }
}

/**
 * RFC 2231 §3: `name*0`, `name*1*`, … are one value, and so is `name*`. Where the plain name stands
 * beside them it is for programs that cannot read them, and is the poorer one (RFC 6266 §4.3).
 */
function joinContinuations(raw: ReadonlyMap<string, string>): Map<string, string> {
  const joined = new Map<string, string>()
  for (const [name, value] of raw) {
    const star = name.indexOf('*')
    if (star < 0) continue
    if (star === name.length - 1) addIfNew(joined, name.slice(0, star), decodeExtended(value))
    else if (/^\*0\*?$/.test(name.slice(star))) {
      addIfNew(joined, name.slice(0, star), piecesOf(raw, name.slice(0, star)))
    }
  }
  for (const [name, value] of raw) if (!name.includes('*')) addIfNew(joined, name, value)
  return joined
}

function addIfNew(map: Map<string, string>, name: string, value: string): void {
  if (!map.has(name)) map.set(name, value)
}

function piecesOf(raw: ReadonlyMap<string, string>, base: string): string {
  let value = ''
  let charset = ''
  for (let n = 0; n < maxParameters; n++) {
    const plain = raw.get(`${base}*${n}`)
    const coded = raw.get(`${base}*${n}*`)
    if (plain !== undefined) value += plain
    else if (coded !== undefined && n === 0) {
      const parts = charsetAndText(coded)
      charset = parts.charset
      value += percentDecode(parts.text)
    } else if (coded !== undefined) value += percentDecode(coded)
    else break
  }
  return textOf(value, charset)
}

/** RFC 2231 §4: `charset'language'percent-coded`. */
function decodeExtended(value: string): string {
  const { charset, text } = charsetAndText(value)
  return textOf(percentDecode(text), charset)
}

function charsetAndText(value: string): { readonly charset: string; readonly text: string } {
  const first = value.indexOf("'")
  const second = first < 0 ? -1 : value.indexOf("'", first + 1)
  if (second < 0) return { charset: '', text: value }
  return { charset: value.slice(0, first).toLowerCase(), text: value.slice(second + 1) }
}

function percentDecode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** Octets in a character set that is not known are read as UTF-8. */
function textOf(octets: string, charset: string): string {
  if (!/^[\x00-\xff]*$/.test(octets)) return octets
  const known = charset === '' ? undefined : decodeCharset(charset, octetsOf(octets))
  return known ?? displayUtf8(octetsOf(octets))
}
