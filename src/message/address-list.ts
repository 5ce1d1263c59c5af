import { type Domain, parseDomain } from '../address/domain.ts'
import { octetsOf } from '../base/octets.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { type AddressProblem, AddressScanner, code, isAtext, type Word } from './address-scanner.ts'

export type { AddressError, AddressProblem, ObsoleteSyntax } from './address-scanner.ts'

/** One mailbox of a From, To, Cc or like field. */
export interface ListedMailbox {
  /** The phrase before the angle, quotes resolved, encoded words as they stand; may be empty. */
  readonly displayName: string
  /** The meaning, without quotes and backslashes, case kept; empty when there is none. */
  readonly localPart: string
  /** As written, without comments and white space; a literal keeps its brackets; may be empty. */
  readonly domain: string
  /** The domain as a name to ask DNS for; `null` for a literal or what cannot be a name. */
  readonly host: Domain | null
  /** The first comment beside it, raw: where old mail put the name (`a@b (Name)`). */
  readonly comment: string
  /** Which of the list's groups it stands in. */
  readonly group: number | null
}

/** What an address list says. Plain data. */
export interface AddressList {
  /** In their order, those in groups included. */
  readonly mailboxes: readonly ListedMailbox[]
  /** The names of the groups, RFC 5322 §3.4: `name: mailbox, mailbox;`. */
  readonly groups: readonly string[]
  /** The first problems, fifty at most. `at` counts in the text as it was read. */
  readonly problems: readonly AddressProblem[]
}

export interface AddressListOptions {
  /** Further mailboxes are dropped with the problem `too-many-mailboxes`. 500,000 by default. */
  readonly maxMailboxes?: number
  /** `text` says that the value is decoded already; by default that shows only above U+00FF. */
  readonly form?: 'octets' | 'text'
}

/**
 * Reads the addresses of a header field. RFC 5322 §3.4 with the obsolete forms of §4.4, RFC 6532.
 *
 * Never fails: what breaks the grammar is passed over and named in `problems`, and every address
 * that a reader might see is listed, so that no trick of syntax can hide a domain. Time and memory
 * grow with the length of the value and no faster.
 *
 * @param value the value of the field, with its folds or unfolded: an octet string, whose octets
 *   outside ASCII are UTF-8, or text
 */
export function parseAddressList(value: string, options: AddressListOptions = {}): AddressList {
  const given = { text: value, isUtf8: true }
  const { text, isUtf8 } = options.form === 'text' ? given : textOf(value)
  const reader = new AddressListReader(text, options.maxMailboxes ?? 500_000)
  if (!isUtf8) reader.scan.error('not-utf8', 0)
  return reader.read()
}

/** Whether the list keeps to the grammar of RFC 5322, its obsolete forms included. */
export function isWellFormedList(list: AddressList): boolean {
  return list.problems.every((problem) => problem.type === 'obsolete')
}

function textOf(value: string): { text: string; isUtf8: boolean } {
  let highest = 0
  for (let i = 0; i < value.length; i++) highest |= value.charCodeAt(i)
  if (highest < 128 || highest > 255) return { text: value, isUtf8: true }
  const decoded = decodeUtf8(octetsOf(value))
  return decoded === undefined ? { text: value, isUtf8: false } : { text: decoded, isUtf8: true }
}

class AddressListReader {
  readonly scan: AddressScanner
  readonly #maxMailboxes: number
  readonly #mailboxes: ListedMailbox[] = []
  readonly #groups: string[] = []
  #group: number | null = null
  /** Words that belong to no address yet: a display name, a group name or a local part. */
  #words: Word[] = []
  /** An address of this element is complete; only white space may follow it. */
  #complete = false
  #lastDomain = ''
  #lastHost: Domain | null = null

  constructor(text: string, maxMailboxes: number) {
    this.scan = new AddressScanner(text)
    this.#maxMailboxes = maxMailboxes
  }

  read(): AddressList {
    const { scan } = this
    for (;;) {
      const spaced = scan.skipSpace()
      if (scan.ended) break
      this.#token(spaced)
    }
    if (this.#mailboxes.length > 0 || this.#groups.length > 0 || this.#words.length > 0) {
      this.#endElement()
    }
    if (this.#group !== null) scan.error('unterminated-group')
    if (this.#mailboxes.length === 0 && this.#groups.length === 0) scan.error('empty-list')
    return { mailboxes: this.#mailboxes, groups: this.#groups, problems: scan.problems }
  }

  #token(spaced: boolean): void {
    const { scan } = this
    const c = scan.peek()
    if (this.#word(c, spaced)) return
    switch (c) {
      case code.comma:
        this.#endElement()
        scan.at++
        return
      case code.semicolon:
        if (this.#group === null) scan.error('unexpected-character')
        // RFC 5322 §3.4: a group may be empty, `name:;`
        if (this.#words.length > 0 || this.#complete) this.#endElement()
        this.#group = null
        this.#complete = true
        scan.at++
        return
      case code.colon:
        this.#openGroup()
        scan.at++
        return
      case code.less:
        this.#angleAddress()
        return
      case code.at: {
        const words = this.#words
        this.#words = []
        // RFC 5322 §3.4.1: white space SHOULD NOT stand around the @.
        if (spaced) scan.obsolete('space-around-at')
        this.#address(words, false)
        return
      }
      default:
        scan.error('unexpected-character')
        scan.at++
    }
  }

  /** Takes an atom, a dot or a quoted string onto `#words`. */
  #word(c: number, spaced: boolean): boolean {
    const { scan } = this
    const { at } = scan
    const quoted = scan.atQuoted
    if (c !== code.dot && !quoted && !isAtext(c)) return false
    if (this.#complete && this.#words.length === 0) scan.error('misplaced-text')
    if (c === code.dot) {
      scan.at++
      this.#words.push({ type: 'dot', text: '.', at, spaced })
    } else if (quoted) {
      const text = scan.readQuoted()
      if (text !== undefined) this.#words.push({ type: 'quoted', text, at, spaced })
    } else {
      this.#words.push({ type: 'atom', text: scan.readAtom(), at, spaced })
    }
    return true
  }

  /** `,`, `;` or the end: what stands since the last one is an address, text, or nothing. */
  #endElement(): void {
    const { scan } = this
    const words = this.#words
    const [first] = words
    if (first === undefined) {
      // RFC 5322 §4.4: obs-mbox-list, obs-addr-list
      if (!this.#complete) scan.obsolete('empty-element')
    } else if (!this.#complete) {
      scan.error('missing-domain', first.at)
      const single = words.every((word, index) => index === 0 || !word.spaced)
      if (single) this.#add('', joined(words), '')
      else this.#add(joined(words), '', '')
    }
    this.#words = []
    this.#complete = false
    scan.comment = ''
  }

  #openGroup(): void {
    const { scan } = this
    if (this.#group !== null) {
      scan.error('nested-group')
    } else if (this.#words.length === 0 || this.#complete) {
      scan.error('unexpected-character')
    } else {
      this.#group = this.#groups.push(this.#phrase(this.#words)) - 1
    }
    this.#words = []
    this.#complete = false
    scan.comment = ''
  }

  /** `<local-part@domain>` behind a display name. RFC 5322 §3.4, §4.4. */
  #angleAddress(): void {
    const { scan } = this
    const opened = scan.at++
    if (this.#complete && this.#words.length === 0) scan.error('misplaced-text', opened)
    const displayName = this.#phrase(this.#words)
    this.#words = []
    this.#complete = false
    let spaced = scan.skipSpace()
    if (scan.peek() === code.at || scan.peek() === code.comma) {
      this.#route()
      spaced = scan.skipSpace()
    }
    while (this.#word(scan.peek(), spaced)) spaced = scan.skipSpace()
    const words = this.#words
    this.#words = []
    if (scan.peek() === code.at) {
      if (spaced && words.length > 0) scan.obsolete('space-around-at')
      this.#address(words, true, displayName)
    } else if (words.length === 0) {
      scan.error('empty-address', opened)
      this.#add(displayName, '', '')
    } else {
      scan.error('missing-domain', opened)
      this.#add(displayName, joined(words), '')
    }
    this.#complete = true
    scan.skipSpace()
    if (scan.peek() === code.greater) scan.at++
    else scan.error('unterminated-angle', opened)
  }

  /** obs-route, RFC 5322 §4.4: `@one.example,@two.example:`. Understood and dropped. */
  #route(): void {
    const { scan } = this
    scan.obsolete('route')
    for (;;) {
      scan.skipSpace()
      const c = scan.peek()
      if (c === code.comma) {
        scan.at++
      } else if (c === code.at) {
        scan.at++
        this.#domain()
      } else {
        if (c === code.colon) scan.at++
        else scan.error('unexpected-character')
        return
      }
    }
  }

  /** The `@` is here. In an angle the words before it are the local part and nothing else. */
  #address(words: readonly Word[], inAngle: boolean, displayName = ''): void {
    const { scan } = this
    const from = tailOf(words)
    const before = words.slice(0, from)
    const local = words.slice(from)
    this.#checkLocalPart(local)
    const [stray] = before
    if (stray !== undefined) scan.error('misplaced-text', stray.at)
    scan.at++
    const domain = this.#domain()
    if (domain === '') scan.error('missing-domain')
    const name = inAngle ? displayName : joined(before)
    if (!inAngle) this.#complete = true
    this.#add(name, localText(local), domain)
  }

  #checkLocalPart(local: readonly Word[]): void {
    const { scan } = this
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
  #domain(): string {
    const { scan } = this
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

  #phrase(words: readonly Word[]): string {
    // RFC 5322 §4.1: obs-phrase, dots as in `John Q. Public`
    const dot = words.find((word) => word.type === 'dot')
    if (dot !== undefined) this.scan.obsolete('phrase', dot.at)
    return joined(words)
  }

  #add(displayName: string, localPart: string, domain: string): void {
    const { scan } = this
    if (this.#mailboxes.length >= this.#maxMailboxes) {
      if (this.#mailboxes.length === this.#maxMailboxes) scan.error('too-many-mailboxes')
      return
    }
    const host = this.#host(domain)
    if (host === null && domain !== '' && !domain.startsWith('[')) scan.error('unusable-domain')
    const group = this.#group
    const { comment } = scan
    this.#mailboxes.push({ displayName, localPart, domain, host, comment, group })
  }

  /** Long lists repeat their domains, so the last one is remembered. */
  #host(domain: string): Domain | null {
    if (domain !== this.#lastDomain) {
      this.#lastDomain = domain
      this.#lastHost = parseDomain(domain) ?? null
    }
    return this.#lastHost
  }
}

/** Where the local part begins: two words that no dot joins do not belong together. */
function tailOf(words: readonly Word[]): number {
  let from = words.length
  while (from > 0) {
    const next = words[from]
    if (words[from - 1]?.type !== 'dot' && next !== undefined && next.type !== 'dot') break
    from--
  }
  return from
}

/** RFC 5322 §3.4.1: white space and comments in a local part mean nothing. */
function localText(words: readonly Word[]): string {
  let text = ''
  for (const word of words) text += word.text
  return text
}

function joined(words: readonly Word[]): string {
  let text = ''
  for (const [index, word] of words.entries()) {
    text += index > 0 && word.spaced ? ` ${word.text}` : word.text
  }
  return text
}
