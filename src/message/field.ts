import { encodeUtf8, octetString } from '../base/octets.ts'

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

/** RFC 5322 §2.1.1: a line SHOULD be no more than 78 characters, without the CRLF. */
export const preferredLineOctets = 78
/** RFC 5322 §2.1.1 and RFC 6532 §3.4: a line MUST be no more than 998 octets, without the CRLF. */
export const maxLineOctets = 998

const fieldName = /^[\x21-\x39\x3b-\x7e]{1,76}$/

/**
 * Formats one header field, folded, with its final CRLF.
 *
 * Lines hold 78 octets where white space allows it and 998 always: a word longer than that is cut by
 * a fold. The value is text from anywhere: CR, LF, NUL and every other control character count as
 * white space, each run of white space becomes one space, and what is left cannot begin a new field
 * nor a line of white space only (RFC 5322 §3.2.2). Characters outside ASCII stay as they are
 * (RFC 6532); lengths are counted in UTF-8 octets.
 *
 * @param name  as it is to be written, such as `Message-ID`; anything but a field name is a bug
 * @param value the value, or its pieces, each but the first of which begins a new line
 */
export function formatField(name: string, value: string | readonly string[]): string {
  if (!fieldName.test(name)) throw new Error(`formatField: "${name}" is not a field name`)
  let folded = `${name}:`
  let length = folded.length
  let blank = true // whether this line holds nothing but the name, or nothing at all
  const pieces = typeof value === 'string' ? [value] : value
  for (const [index, piece] of pieces.entries()) {
    let breakBefore = index > 0 && !blank
    for (const word of wordsOf(piece)) {
      const wordLength = octetLength(word)
      const fits = length + 1 + wordLength <= preferredLineOctets
      // The first word leaves the name's line only when it fits there and cannot stay here.
      const stays = blank && wordLength + 1 > preferredLineOctets
      if (breakBefore || !(fits || stays)) {
        folded += '\r\n'
        length = 0
      }
      breakBefore = false
      const room = maxLineOctets - length - 1
      const [head, ...rest] = wordLength <= room ? [word] : cut(word, room)
      folded += ` ${head ?? ''}`
      length += 1 + octetLength(head ?? '')
      for (const part of rest) {
        folded += `\r\n ${part}`
        length = 1 + octetLength(part)
      }
      blank = false
    }
  }
  return `${folded}\r\n`
}

/**
 * Text that is safe to stand in one line of a header, a reply or a report: control characters and
 * line ends become spaces, runs of spaces become one, both ends are trimmed, what turns the direction
 * of the text is taken out, lone surrogates become U+FFFD, and what is longer than `maxCharacters` ends in `...`.
 */
export function oneLine(text: string, maxCharacters = 1000): string {
  // Cut before cleaning, so that a hostile megabyte costs no more than the part that is shown.
  const start = text.length > maxCharacters * 4 ? text.slice(0, maxCharacters * 4) : text
  const clean = wordsOf(withoutTurns(start)).join(' ').toWellFormed()
  const whole = clean.length <= maxCharacters && start.length === text.length
  if (whole) return clean
  return `${clean.slice(0, Math.max(0, maxCharacters - 3)).toWellFormed()}...`
}

/**
 * Without the characters that turn the direction of what follows (Unicode UAX #9 §2: embeddings,
 * overrides, isolates). With them `gpj.exe` can be made to read `exe.jpg`, and the words behind them
 * are turned too. Text in Arabic or Hebrew needs none of them.
 */
export function withoutTurns(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
}

/** White space, controls (C0, DEL, C1) and the Unicode line ends part words. */
function wordsOf(text: string): string[] {
  return text.split(/[\x00-\x20\x7f-\x9f\u2028\u2029]+/).filter((word) => word !== '')
}

function octetLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return encodeUtf8(text).length
  }
  return text.length
}

/** Cuts a word into pieces: the first of at most `room` octets, the others of whole lines. */
function cut(word: string, room: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let length = 0
  let limit = room
  for (const character of word) {
    const size = octetLength(character)
    if (length + size > limit) {
      pieces.push(piece)
      piece = ''
      length = 0
      limit = maxLineOctets - 1
    }
    piece += character
    length += size
  }
  pieces.push(piece)
  return pieces
}
