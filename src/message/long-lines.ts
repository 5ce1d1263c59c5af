import { concat } from '../base/octets.ts'
import { type HeaderField, maxLineOctets, preferredLineOctets } from './field.ts'

const LF = 10
const CR = 13
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const BACKSLASH = 92
const crlf = new Uint8Array([CR, LF])

/**
 * Watches the lines of a message pass, cut anywhere: whether one is longer than RFC 5322 §2.1.1
 * allows, 998 octets without its CRLF (as RFC 5321 §4.5.3.1.6 has it, 1,000 with it).
 */
export class LineWatch {
  #length = 0
  #longest = 0

  push(octets: Uint8Array): void {
    let start = 0
    for (;;) {
      const end = octets.indexOf(LF, start)
      if (end < 0) break
      // The CR before it is counted here, and taken off below.
      this.#ended(this.#length + end - start)
      this.#length = 0
      start = end + 1
    }
    this.#length += octets.length - start
  }

  /** Whether one of the lines so far is too long, the last one, which may have no end yet, too. */
  get tooLong(): boolean {
    return this.#longest > maxLineOctets || this.#length > maxLineOctets + 1
  }

  #ended(withCr: number): void {
    if (withCr - 1 > this.#longest) this.#longest = withCr - 1
  }
}

/** Whether a text of whole lines has one that is longer than 998 octets. */
export function hasLongLine(octets: Uint8Array): boolean {
  const watch = new LineWatch()
  watch.push(octets)
  return watch.tooLong
}

/**
 * A header field whose lines are no longer than 998 octets: those that are longer are folded, at
 * white space that is there, to 78 octets where that is possible. Nothing but CRLF is put in, so the
 * unfolded value stays as it is (RFC 5322 §2.2.3), and no line is made of white space alone (§3.2.2).
 *
 * @param raw the field with its final CRLF
 * @returns `undefined` when there is no white space to fold at
 */
export function foldLongLines(raw: Uint8Array): Uint8Array | undefined {
  const pieces: Uint8Array[] = []
  for (let start = 0; start < raw.length; ) {
    const found = raw.indexOf(LF, start)
    const end = found < 0 ? raw.length : found + 1
    const line = raw.subarray(start, end)
    const folded = hasLongLine(line) ? foldLine(line) : [line]
    if (folded === undefined) return undefined
    pieces.push(...folded)
    start = end
  }
  return concat(pieces)
}

/**
 * A header field whose lines are no longer than 998 octets. Lists of addresses and of message ids
 * that were written without a space get one behind each comma or `>`, where that is needed: such
 * white space means nothing there (RFC 5322 §3.2.2).
 */
export function foldField({
  name,
  raw,
}: Pick<HeaderField, 'name' | 'raw'>): Uint8Array | undefined {
  const folded = foldLongLines(raw)
  const mark = listMarks.get(name)
  return folded ?? (mark === undefined ? undefined : foldLongLines(spacedAfter(raw, mark)))
}

const COMMA = 44
const GREATER = 62

/** Fields that are lists, and what ends one of their items. */
const listMarks: ReadonlyMap<string, number> = new Map([
  ...[
    'from',
    'sender',
    'reply-to',
    'to',
    'cc',
    'resent-from',
    'resent-sender',
    'resent-to',
    'resent-cc',
  ].map((name) => [name, COMMA] as const),
  ['references', GREATER],
  ['in-reply-to', GREATER],
])

/** A space behind each mark that has none and stands neither in quotes nor in a comment. */
function spacedAfter(raw: Uint8Array, mark: number): Uint8Array {
  const out: number[] = []
  let quoted = false
  let comments = 0
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at] ?? 0
    out.push(octet)
    if (octet === BACKSLASH && (quoted || comments > 0)) out.push(raw[++at] ?? 0)
    else if (octet === QUOTE && comments === 0) quoted = !quoted
    else if (quoted) continue
    else if (octet === OPEN) comments++
    else if (octet === CLOSE) comments = Math.max(0, comments - 1)
    else if (octet === mark && comments === 0 && !isBlank(raw[at + 1]) && raw[at + 1] !== CR)
      out.push(32)
  }
  return new Uint8Array(out)
}

/** The line in pieces with CRLF between them. */
function foldLine(line: Uint8Array): readonly Uint8Array[] | undefined {
  const pieces: Uint8Array[] = []
  const end = line.length - 2
  let rest = line
  let restEnd = end
  while (restEnd > maxLineOctets) {
    const at = foldPlace(rest.subarray(0, restEnd))
    if (at === undefined) return undefined
    pieces.push(rest.subarray(0, at), crlf)
    rest = rest.subarray(at)
    restEnd -= at
  }
  return [...pieces, rest]
}

/**
 * Where a line can be cut: before white space that has something before and behind it. The last such
 * place within 78 octets, else the first one behind it.
 */
function foldPlace(line: Uint8Array): number | undefined {
  let last = line.length
  while (last > 0 && isBlank(line[last - 1])) last--
  let found: number | undefined
  let seen = false
  for (let at = 0; at < last && at <= maxLineOctets; at++) {
    if (!isBlank(line[at])) {
      seen = true
      continue
    }
    if (!seen || isBlank(line[at - 1])) continue
    if (at > preferredLineOctets) return found ?? at
    found = at
  }
  return found
}

function isBlank(octet: number | undefined): boolean {
  return octet === 32 || octet === 9
}
