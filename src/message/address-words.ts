/** Words: what stands in a display name, a group name or a local part. RFC 5322 §3.2.3 to §3.2.5. */
import { type AddressScanner, code, isAtext } from './address-scanner.ts'

/** An atom, a quoted string (its content), or a dot. */
export interface Word {
  readonly type: 'atom' | 'quoted' | 'dot'
  readonly text: string
  readonly at: number
  /** White space or a comment stands before it. */
  readonly spaced: boolean
}

/** Whether a word begins here. */
export function startsWord(scan: AddressScanner): boolean {
  const c = scan.peek()
  return c === code.dot || scan.atQuoted || isAtext(c)
}

/** Reads the word that begins here; `undefined` for a quoted string without an end. */
export function readWord(scan: AddressScanner, spaced: boolean): Word | undefined {
  const { at } = scan
  if (scan.peek() === code.dot) {
    scan.at++
    return { type: 'dot', text: '.', at, spaced }
  }
  if (!scan.atQuoted) return { type: 'atom', text: scan.readAtom(), at, spaced }
  const text = scan.readQuoted()
  return text === undefined ? undefined : { type: 'quoted', text, at, spaced }
}

/** The words as a phrase, with a space where white space or a comment stood. */
export function phraseOf(words: readonly Word[]): string {
  let text = ''
  for (const [index, word] of words.entries()) {
    text += index > 0 && word.spaced ? ` ${word.text}` : word.text
  }
  return text
}

/** Where the local part begins: two words that no dot joins do not belong together. */
export function localPartStart(words: readonly Word[]): number {
  let from = words.length
  while (from > 0) {
    const next = words[from]
    if (words[from - 1]?.type !== 'dot' && next !== undefined && next.type !== 'dot') break
    from--
  }
  return from
}

/** The local part's meaning. RFC 5322 §3.4.1: white space and comments in it mean nothing. */
export function localPartOf(words: readonly Word[]): string {
  let text = ''
  for (const word of words) text += word.text
  return text
}

/** Says what is wrong with words that should be a local part: they and dots take turns. */
export function checkLocalPart(scan: AddressScanner, local: readonly Word[]): void {
  if (local.length === 0) scan.error('missing-local-part')
  let words = 0
  let quoted = false
  let dotExpected = false
  for (const [index, word] of local.entries()) {
    if ((word.type === 'dot') !== dotExpected) scan.error('misplaced-dot', word.at)
    dotExpected = word.type !== 'dot'
    if (word.type !== 'dot') words++
    if (word.type === 'quoted') quoted = true
    if (word.spaced && index > 0) scan.obsolete('local-part', word.at)
  }
  if (local.length > 0 && !dotExpected) scan.error('misplaced-dot')
  // RFC 5322 §4.4: a quoted string as one word of several
  if (quoted && words > 1) scan.obsolete('local-part', local[0]?.at)
}

/** A domain with its comments and white space left out. RFC 5322 §3.4.1, §4.4. */
export function readAddressDomain(scan: AddressScanner): string {
  if (scan.skipSpace()) scan.obsolete('space-around-at')
  if (scan.atLiteral) {
    const literal = scan.readLiteral()
    scan.skipSpace()
    return literal
  }
  let domain = ''
  let dotExpected = false
  for (;;) {
    const c = scan.peek()
    if (c === code.dot) {
      if (!dotExpected) scan.error('misplaced-dot')
      dotExpected = false
      domain += '.'
      scan.at++
      if (scan.skipSpace()) scan.obsolete('domain')
    } else if (isAtext(c) && !dotExpected) {
      domain += scan.readAtom()
      dotExpected = true
      const spaced = scan.skipSpace()
      if (spaced && scan.peek() === code.dot) scan.obsolete('domain')
    } else {
      if (domain !== '' && !dotExpected) scan.error('misplaced-dot')
      return domain
    }
  }
}

/** obs-route, RFC 5322 §4.4: `@one.example,@two.example:`. Understood and dropped. */
export function skipRoute(scan: AddressScanner): void {
  scan.obsolete('route')
  for (;;) {
    scan.skipSpace()
    const c = scan.peek()
    if (c === code.comma) {
      scan.at++
    } else if (c === code.at) {
      scan.at++
      readAddressDomain(scan)
    } else {
      if (c === code.colon) scan.at++
      else scan.error('unexpected-character')
      return
    }
  }
}
