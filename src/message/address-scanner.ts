import {
  type AddressError,
  type AddressProblem,
  maxAddressProblems,
  type ObsoleteSyntax,
} from './listed-mailbox.ts'

/** The characters that mean something in structured fields. */
export const code = {
  tab: 9,
  lf: 10,
  cr: 13,
  space: 32,
  quote: 34,
  open: 40,
  close: 41,
  comma: 44,
  dot: 46,
  colon: 58,
  semicolon: 59,
  less: 60,
  greater: 62,
  at: 64,
  bracket: 91,
  backslash: 92,
  bracketEnd: 93,
} as const

const atext = new Uint8Array(128)
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~") {
  atext[c.charCodeAt(0)] = 1
}

/** RFC 5322 §3.2.3, and everything outside ASCII (RFC 6532 §3.2). */
export function isAtext(c: number): boolean {
  return c > 127 || atext[c] === 1
}

/** obs-NO-WS-CTL, RFC 5322 §4.1. */
function isObsoleteControl(c: number): boolean {
  return (c < 32 && c !== 0 && c !== code.tab && c !== code.lf && c !== code.cr) || c === 127
}

/** The tokens of structured fields (RFC 5322 §3.2), read once from left to right, never back. */
export class AddressScanner {
  readonly text: string
  at = 0
  readonly problems: AddressProblem[] = []
  /** The first comment since it was last set to the empty string, without its parentheses. */
  comment = ''
  // What opens and never closes hides nothing: from its second character on it is read again, and
  // from then on the sign means nothing. That happens once for each sign, so time stays linear.
  #quotesMean = true
  #commentsMean = true
  #literalsMean = true

  constructor(text: string) {
    this.text = text
  }

  get ended(): boolean {
    return this.at >= this.text.length
  }

  /** The code unit here, or -1 at the end. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1
  }

  obsolete(what: ObsoleteSyntax, at: number = this.at): void {
    if (this.problems.length < maxAddressProblems)
      this.problems.push({ type: 'obsolete', what, at })
  }

  error(what: AddressError, at: number = this.at): void {
    if (this.problems.length < maxAddressProblems) this.problems.push({ type: 'error', what, at })
  }

  /** Passes over white space, folds and comments; tells whether there were any. */
  skipSpace(): boolean {
    const start = this.at
    let folds = 0
    for (;;) {
      const c = this.peek()
      if (c === code.space || c === code.tab) {
        this.at++
      } else if (c === code.cr || c === code.lf) {
        // RFC 5322 §4.2: a second fold in one run of white space is obs-FWS.
        if (this.#newline() && ++folds === 2) this.obsolete('white-space')
      } else if (c === code.open && this.#commentsMean) {
        this.#comment()
        folds = 0
      } else {
        return this.at > start
      }
    }
  }

  readAtom(): string {
    const start = this.at
    while (this.at < this.text.length && isAtext(this.text.charCodeAt(this.at))) this.at++
    return this.text.slice(start, this.at)
  }

  get atQuoted(): boolean {
    return this.#quotesMean && this.peek() === code.quote
  }

  get atLiteral(): boolean {
    return this.#literalsMean && this.peek() === code.bracket
  }

  /**
   * The content of the quoted string that begins here, without its escapes; `undefined` when it does
   * not end. RFC 5322 §3.2.4.
   */
  readQuoted(): string | undefined {
    const opened = this.at++
    let content = ''
    let from = this.at
    for (;;) {
      const c = this.peek()
      if (c === -1) {
        this.error('unterminated-quoted-string', opened)
        this.#quotesMean = false
        this.at = opened + 1
        return undefined
      }
      if (c === code.quote) {
        content += this.text.slice(from, this.at++)
        return content
      }
      if (c === code.backslash) {
        content += this.text.slice(from, this.at)
        from = this.at + 1
        this.#quotedPair()
      } else if (c === code.cr || c === code.lf) {
        content += this.text.slice(from, this.at)
        this.#newline()
        from = this.at
      } else {
        this.#plain(c)
      }
    }
  }

  /** The domain literal that begins here, brackets included, without white space. §3.4.1. */
  readLiteral(): string {
    const opened = this.at++
    let content = '['
    for (;;) {
      const c = this.peek()
      if (c === -1) {
        this.error('unterminated-literal', opened)
        this.#literalsMean = false
        this.at = opened + 1
        return ''
      }
      if (c === code.bracketEnd) {
        this.at++
        return `${content}]`
      }
      if (c === code.space || c === code.tab) {
        this.at++
      } else if (c === code.cr || c === code.lf) {
        this.#newline()
      } else {
        const from = this.at
        if (c === code.backslash) {
          this.obsolete('character')
          this.#quotedPair()
        } else {
          if (c === code.bracket) this.error('unexpected-character')
          this.#plain(c)
        }
        content += this.text.slice(from, this.at)
      }
    }
  }

  /** Comments nest without bound, so their depth is counted, not recursed into. */
  #comment(): void {
    const opened = this.at++
    for (let depth = 1; depth > 0; ) {
      const c = this.peek()
      if (c === -1) {
        this.error('unterminated-comment', opened)
        this.#commentsMean = false
        this.at = opened + 1
        return
      }
      if (c === code.open) depth++
      if (c === code.close) depth--
      if (c === code.backslash) this.#quotedPair()
      else if (c === code.cr || c === code.lf) this.#newline()
      else this.#plain(c)
    }
    if (this.comment === '') this.comment = this.text.slice(opened + 1, this.at - 1)
  }

  /** `\` and what it quotes. RFC 5322 §3.2.1, §4.1. */
  #quotedPair(): void {
    const next = this.at + 1 < this.text.length ? this.text.charCodeAt(this.at + 1) : -1
    if (next === -1) {
      this.at++
      return
    }
    if ((next < 32 && next !== code.tab) || next === 127) this.obsolete('character')
    this.at += 2
  }

  /** One character of a quoted string, a comment or a literal. */
  #plain(c: number): void {
    if (c === 0) this.error('unexpected-character')
    else if (isObsoleteControl(c)) this.obsolete('character')
    this.at++
  }

  /** A fold is CRLF before white space; any other CR or LF is wrong, and passed over. */
  #newline(): boolean {
    const next = this.at + 2 < this.text.length ? this.text.charCodeAt(this.at + 2) : -1
    const folds = next === code.space || next === code.tab
    if (folds && this.text.startsWith('\r\n', this.at)) {
      this.at += 2
      return true
    }
    this.error('bare-newline')
    this.at++
    return false
  }
}
