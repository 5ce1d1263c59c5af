/**
 * Elements that are known, and those in which each may stand: local names in lower case. It tells
 * where an element ended whose closing tag is missing.
 */
export type XmlParents = ReadonlyMap<string, readonly string[]>

const name = '[A-Za-z_:\\x80-\\uffff][\\w:.\\-\\x80-\\uffff]{0,199}'
const attribute = `\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`
const openTag = new RegExp(`<(${name})(?:${attribute}){0,1000}\\s*(/?)>`, 'y')
const closeTag = new RegExp(`</(${name})\\s*>`, 'y')
const entity = /&(?:amp|lt|gt|quot|apos|#[1-9]\d{0,6}|#x[1-9A-Fa-f][0-9A-Fa-f]{0,5});/y
const maxOpen = 200
/** A document with more is none. */
const maxFaults = 100_000

const sliceCharacters = 16_384

/**
 * Mends the faults that cost a value and must not cost the rest: a bare `&` or `<` becomes text, a
 * closing tag that closes nothing is left out, a known element is closed where another one begins
 * that may not stand in it, and characters that XML does not have become U+FFFD. Declarations,
 * comments and document types are left out; CDATA becomes text. Time and memory grow with the text,
 * and it is mended slice by slice, as far as somebody reads on.
 */
export class XmlRepair {
  readonly #text: string
  readonly #parents: XmlParents
  readonly #open: string[] = []
  readonly #counts = { ampersands: 0, brackets: 0, closings: 0, unclosed: 0, characters: 0 }
  readonly #special = /[<&]/g
  /** Ends that were looked for and are not there any more, so that nobody looks again. */
  readonly #missing = new Set<string>()
  #out: string[] = []
  #length = 0
  #at = 0
  #doctype = false

  constructor(text: string, parents: XmlParents) {
    this.#text = text
    this.#parents = parents
  }

  /** It declares a document type, which was left out with the entities in it. */
  get doctype(): boolean {
    return this.#doctype
  }

  /** It has more than 100,000 faults: the rest is not read. */
  get cut(): boolean {
    const { ampersands, brackets, closings, unclosed } = this.#counts
    return ampersands + brackets + closings + unclosed > maxFaults
  }

  /** The next piece of a document that a parser reads to its end; `undefined` behind the last. */
  next(): string | undefined {
    const text = this.#text
    if (this.#at >= text.length || this.cut) return undefined
    this.#out = []
    this.#length = 0
    while (this.#at < text.length && this.#length < sliceCharacters && !this.cut) {
      this.#special.lastIndex = this.#at
      const found = this.#special.exec(text)?.index ?? text.length
      const next = Math.min(found, this.#at + sliceCharacters)
      if (next > this.#at) this.#put(this.#clean(text.slice(this.#at, next)))
      this.#at = next < found || next >= text.length ? next : this.#mend(next)
    }
    return this.#out.join('')
  }

  #mend(at: number): number {
    return this.#text.charAt(at) === '&' ? this.#ampersand(at) : this.#bracket(at)
  }

  #put(piece: string): void {
    this.#out.push(piece)
    this.#length += piece.length
  }

  #clean(piece: string): string {
    return piece.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, () => {
      this.#counts.characters++
      return '\ufffd'
    })
  }

  #ampersand(at: number): number {
    entity.lastIndex = at
    const known = entity.exec(this.#text)?.[0]
    if (known !== undefined) this.#put(known)
    else {
      this.#counts.ampersands++
      this.#put('&amp;')
    }
    return at + (known?.length ?? 1)
  }

  /** Gives where to go on. */
  #bracket(at: number): number {
    const text = this.#text
    switch (text.charAt(at + 1)) {
      case '?':
        return this.#skip(at, '?>')
      case '!':
        if (text.startsWith('<!--', at)) return this.#skip(at, '-->')
        if (text.startsWith('<![CDATA[', at)) return this.#cdata(at)
        if (/^<!doctype/i.test(text.slice(at, at + 9))) return this.#documentType(at)
        return this.#asText(at)
      case '/': {
        closeTag.lastIndex = at
        const closed = closeTag.exec(text)
        return closed === null ? this.#asText(at) : this.#close(at, closed[0], closed[1] ?? '')
      }
      default: {
        openTag.lastIndex = at
        const opened = openTag.exec(text)
        return opened === null ? this.#asText(at) : this.#openTag(at, opened)
      }
    }
  }

  #asText(at: number): number {
    this.#counts.brackets++
    this.#put('&lt;')
    return at + 1
  }

  #skip(at: number, end: string): number {
    const found = this.#find(end, at)
    return found === undefined ? this.#asText(at) : found + end.length
  }

  #cdata(at: number): number {
    const end = this.#find(']]>', at)
    if (end === undefined) return this.#asText(at)
    const content = this.#clean(this.#text.slice(at + 9, end))
    this.#put(content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'))
    return end + 3
  }

  /** Its inner part may hold tags of its own; without an end only the word goes. */
  #documentType(at: number): number {
    this.#doctype = true
    const end = this.#find('>', at)
    const inner = this.#text.indexOf('[', at)
    if (end === undefined) return this.#asText(at)
    if (inner < 0 || inner > end) return end + 1
    const close = this.#find(']', inner)
    const last = close === undefined ? undefined : this.#find('>', close)
    return (last ?? end) + 1
  }

  #close(at: number, tag: string, written: string): number {
    const exact = this.#open.lastIndexOf(written)
    const same = (one: string): boolean => localName(one) === localName(written)
    const place = exact >= 0 ? exact : this.#open.findLastIndex(same)
    if (place < 0) this.#counts.closings++
    else {
      // Of another spelling than its beginning, and what stands open inside is closed with it.
      if (exact < 0) this.#counts.unclosed++
      this.#closeDownTo(place + 1)
      this.#put(`</${this.#open.pop() ?? ''}>`)
    }
    return at + tag.length
  }

  #openTag(at: number, opened: RegExpExecArray): number {
    const [tag, written = '', empty] = opened
    this.#closeBefore(localName(written))
    if (empty === '' && this.#open.length < maxOpen) this.#open.push(written)
    this.#put(this.#clean(tag))
    return at + tag.length
  }

  /** Closes known elements in which an element of this name may not stand, up to one in which it may. */
  #closeBefore(opened: string): void {
    const parents = this.#parents.get(opened)
    if (parents === undefined) return
    for (let depth = this.#open.length; depth > 0; depth--) {
      const within = localName(this.#open[depth - 1] ?? '')
      if (parents.includes(within)) return this.#closeDownTo(depth)
      // In what nobody knows anything may stand.
      if (!this.#parents.has(within)) return
    }
  }

  #closeDownTo(depth: number): void {
    while (this.#open.length > depth) {
      this.#counts.unclosed++
      this.#put(`</${this.#open.pop() ?? ''}>`)
    }
  }

  #find(end: string, at: number): number | undefined {
    if (this.#missing.has(end)) return undefined
    const found = this.#text.indexOf(end, at)
    if (found >= 0) return found
    this.#missing.add(end)
    return undefined
  }

  /** What was mended so far: one sentence for each kind of fault. */
  get faults(): readonly string[] {
    const { ampersands, brackets, closings, unclosed, characters } = this.#counts
    const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
    const told: readonly (readonly [number, string])[] = [
      [ampersands, 'an "&" that is no entity of XML, taken as text'],
      [brackets, 'a "<" that begins no tag, taken as text'],
      [closings, 'a closing tag that closes nothing, left out'],
      [unclosed, 'a tag that is not closed, closed where the next thing begins'],
      [characters, 'a character that XML does not have'],
    ]
    return told.flatMap(([count, what]) =>
      count === 0 ? [] : [`It has ${what} (${times(count)}).`],
    )
  }
}

function localName(tag: string): string {
  return tag.slice(tag.lastIndexOf(':') + 1).toLowerCase()
}
