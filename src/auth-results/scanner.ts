/**
 * The tokens of an Authentication-Results field, read once from left to right, never back. Tolerant:
 * what cannot be read is passed over, and comments nest without bound, counted and not recursed into.
 */
export class ResultScanner {
  readonly text: string
  at = 0
  /** The first comment since it was last cleared, without its parentheses and backslashes. */
  comment = ''

  constructor(text: string) {
    this.text = text
  }

  get ended(): boolean {
    return this.at >= this.text.length
  }

  is(character: string): boolean {
    return this.text.startsWith(character, this.at)
  }

  /** Passes over `character` when it stands here. */
  take(character: string): boolean {
    if (!this.is(character)) return false
    this.at += character.length
    return true
  }

  /** White space, folds and comments (CFWS). */
  skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at)
      if (c === 32 || c === 9 || c === 13 || c === 10) this.at++
      else if (c === 40) this.#comment()
      else return
    }
  }

  /** Up to white space or one of `=;.()"/` and `@`; empty when one stands here. */
  word(): string {
    return this.#until(wordEnd)
  }

  /** A value: a quoted string, or anything up to white space, a comment or a semicolon. */
  value(): string {
    let value = ''
    for (;;) {
      if (this.is('"')) value += this.#quoted()
      const plain = this.#until(valueEnd)
      value += plain
      // `"a b"@example.com`, and never twice the same place
      if (!this.is('"')) return value
    }
  }

  /** Passes over everything up to the next semicolon that is not quoted and not in a comment. */
  skipStatement(): void {
    while (!this.ended && !this.is(';')) {
      if (this.is('"')) this.#quoted()
      else if (this.is('(')) this.#comment()
      else this.at++
    }
  }

  #until(end: Uint8Array): string {
    const start = this.at
    while (this.at < this.text.length && end[this.text.charCodeAt(this.at)] !== 1) this.at++
    return this.text.slice(start, this.at)
  }

  #quoted(): string {
    let content = ''
    let from = ++this.at
    for (; this.at < this.text.length; this.at++) {
      const c = this.text.charCodeAt(this.at)
      if (c === 34) break
      if (c !== 92) continue
      content += this.text.slice(from, this.at)
      from = ++this.at
    }
    content += this.text.slice(from, this.at)
    this.at++
    return content.replace(/\r\n(?=[ \t])/g, '')
  }

  #comment(): void {
    const start = ++this.at
    let depth = 1
    for (; this.at < this.text.length && depth > 0; this.at++) {
      const c = this.text.charCodeAt(this.at)
      if (c === 92) this.at++
      else if (c === 40) depth++
      else if (c === 41) depth--
    }
    if (this.comment !== '') return
    const text = this.text.slice(start, depth === 0 ? this.at - 1 : this.at)
    this.comment = text.replace(/\r\n(?=[ \t])/g, '').replace(/\\(.)/g, '$1')
  }
}

function endsAt(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const c of ` \t\r\n()";${characters}`) table[c.charCodeAt(0)] = 1
  return table
}

const wordEnd = endsAt('=./@')
const valueEnd = endsAt('')
