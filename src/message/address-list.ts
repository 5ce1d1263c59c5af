import { type Domain, parseDomain } from '../address/domain.ts'
import { decodeUtf8, octetsOf } from '../base/octets.ts'
import {
  readAddressDomain,
  skipRoute,
  checkLocalPart,
  localPartOf,
  localPartStart,
  phraseOf,
  readWord,
  startsWord,
  type Word,
} from './address-words.ts'
import { AddressScanner, code } from './address-scanner.ts'
import type { AddressList, ListedMailbox } from './listed-mailbox.ts'

export type {
  AddressError,
  AddressList,
  AddressProblem,
  ListedMailbox,
  ObsoleteSyntax,
} from './listed-mailbox.ts'

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
  const scan = new AddressScanner(text)
  if (!isUtf8) scan.error('not-utf8', 0)
  return new AddressListReader(scan, options.maxMailboxes ?? 500_000).read()
}

function textOf(value: string): { text: string; isUtf8: boolean } {
  let highest = 0
  for (let i = 0; i < value.length; i++) highest |= value.charCodeAt(i)
  if (highest < 128 || highest > 255) return { text: value, isUtf8: true }
  const decoded = decodeUtf8(octetsOf(value))
  return decoded === undefined ? { text: value, isUtf8: false } : { text: decoded, isUtf8: true }
}

/**
 * The grammar of lists: addresses with and without a name, groups, and what breaks them. Goes from
 * left to right and never back; words are kept until it shows what they belong to.
 */
class AddressListReader {
  readonly #scan: AddressScanner
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

  constructor(scan: AddressScanner, maxMailboxes: number) {
    this.#scan = scan
    this.#maxMailboxes = maxMailboxes
  }

  read(): AddressList {
    const scan = this.#scan
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
    const scan = this.#scan
    const c = scan.peek()
    if (this.#word(spaced)) return
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
        this.#address(words)
        return
      }
      default:
        scan.error('unexpected-character')
        scan.at++
    }
  }

  /** Takes the word that begins here onto `#words`; false when there is none. */
  #word(spaced: boolean): boolean {
    const scan = this.#scan
    if (!startsWord(scan)) return false
    if (this.#complete && this.#words.length === 0) scan.error('misplaced-text')
    const word = readWord(scan, spaced)
    if (word !== undefined) this.#words.push(word)
    return true
  }

  /** `,`, `;` or the end: what stands since the last one is an address, text, or nothing. */
  #endElement(): void {
    const scan = this.#scan
    const words = this.#words
    const [first] = words
    if (first === undefined) {
      // RFC 5322 §4.4: obs-mbox-list, obs-addr-list
      if (!this.#complete) scan.obsolete('empty-element')
    } else if (!this.#complete) {
      scan.error('missing-domain', first.at)
      const single = words.every((word, index) => index === 0 || !word.spaced)
      if (single) this.#add('', phraseOf(words), '')
      else this.#add(phraseOf(words), '', '')
    }
    this.#words = []
    this.#complete = false
    scan.comment = ''
  }

  #openGroup(): void {
    const scan = this.#scan
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
    const scan = this.#scan
    const opened = scan.at++
    if (this.#complete && this.#words.length === 0) scan.error('misplaced-text', opened)
    const displayName = this.#phrase(this.#words)
    this.#words = []
    this.#complete = false
    let spaced = scan.skipSpace()
    if (scan.peek() === code.at || scan.peek() === code.comma) {
      skipRoute(scan)
      spaced = scan.skipSpace()
    }
    while (this.#word(spaced)) spaced = scan.skipSpace()
    const words = this.#words
    this.#words = []
    if (scan.peek() === code.at) {
      if (spaced && words.length > 0) scan.obsolete('space-around-at')
      this.#address(words, displayName)
    } else if (words.length === 0) {
      scan.error('empty-address', opened)
      this.#add(displayName, '', '')
    } else {
      scan.error('missing-domain', opened)
      this.#add(displayName, phraseOf(words), '')
    }
    this.#complete = true
    scan.skipSpace()
    if (scan.peek() === code.greater) scan.at++
    else scan.error('unterminated-angle', opened)
  }

  /**
   * The `@` is here. In an angle, which has its name before it, the words are the local part and
   * nothing else; elsewhere those that do not belong to it are taken as the name.
   */
  #address(words: readonly Word[], nameOfAngle?: string): void {
    const scan = this.#scan
    const from = localPartStart(words)
    const before = words.slice(0, from)
    const local = words.slice(from)
    checkLocalPart(scan, local)
    const [stray] = before
    if (stray !== undefined) scan.error('misplaced-text', stray.at)
    scan.at++
    const domain = readAddressDomain(scan)
    if (domain === '') scan.error('missing-domain')
    this.#complete = true
    this.#add(nameOfAngle ?? phraseOf(before), localPartOf(local), domain)
  }

  #phrase(words: readonly Word[]): string {
    // RFC 5322 §4.1: obs-phrase, dots as in `John Q. Public`
    const dot = words.find((word) => word.type === 'dot')
    if (dot !== undefined) this.#scan.obsolete('phrase', dot.at)
    return phraseOf(words)
  }

  #add(displayName: string, localPart: string, domain: string): void {
    const scan = this.#scan
    if (this.#mailboxes.length >= this.#maxMailboxes) {
      scan.error('too-many-mailboxes')
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
