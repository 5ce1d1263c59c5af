import { concat, octetString } from '../base/octets.ts'
import { type MediaType, plainText } from '../message/media-type.ts'
import { maxDepth, maxParts, type Part, type PartTree } from './part.ts'
import { maxHeaderOctets, type PartFacts, readPartHeader } from './part-header.ts'

const LF = 10
const CR = 13
const DASH = 45
const crlf = new Uint8Array([CR, LF])

/** RFC 2046 §5.1.1 has 70; some write more. Behind it white space may stand. */
const maxBoundary = 250

/** RFC 5322 §2.2, and a first line that is folded. */
const field = /^(?:[!-9;-~]{1,200}[ \t]{0,20}:|[ \t])/

/** RFC 2046 §5.1.5: what a part of a digest is when it does not say. */
const enclosedMessage: MediaType = { type: 'message', subtype: 'rfc822', parameters: new Map() }

/** Enough of a line to know what it is: a delimiter, a field, text. */
const lineHead = maxBoundary + 82

/** For tests; see `maxParts` and `maxDepth`. */
interface Limits {
  readonly parts: number
  readonly depth: number
}

/**
 * The tree of the parts of a message, in one pass over its lines.
 *
 * Nothing is decoded and nothing is refused: a missing end is the end of what holds it, a multipart
 * without a boundary is one part, and an enclosed message that is encoded (RFC 2046 §5.2.1 forbids
 * it) stays closed. Lines end with CRLF or LF.
 *
 * @see RFC 2045, RFC 2046 §5.1, RFC 2387
 */
export function readParts(message: Uint8Array, limits?: Limits): PartTree {
  const reader = new PartReader(limits)
  reader.push(message)
  return reader.end()
}

/**
 * As `readParts`, for a message whose octets come cut anywhere. Holds the header of one part, of that
 * 256 KiB, and what is known of the parts; bodies pass.
 */
export class PartReader {
  readonly #scan: Scan
  /** The line that has no end yet: its first octets, and how many it has. */
  #head: Uint8Array[] = []
  #length = 0
  #lastIsCr = false
  #octets = 0

  constructor(limits: Limits = { parts: maxParts, depth: maxDepth }) {
    this.#scan = new Scan(limits)
  }

  push(chunk: Uint8Array): void {
    this.#octets += chunk.length
    let at = 0
    for (let feed = chunk.indexOf(LF); feed >= 0; feed = chunk.indexOf(LF, at)) {
      if (this.#scan.isFull) return
      if (this.#length > 0) {
        this.#hold(chunk.subarray(at, feed))
        this.#heldLine(1)
      } else {
        const end = feed > at && chunk[feed - 1] === CR ? feed - 1 : feed
        this.#scan.line(chunk.subarray(at, end), end - at, feed + 1 - end)
      }
      at = feed + 1
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at))
  }

  end(): PartTree {
    if (this.#length > 0 && !this.#scan.isFull) this.#heldLine(0)
    return this.#scan.end(this.#octets)
  }

  #hold(octets: Uint8Array): void {
    if (octets.length === 0) return
    const most = this.#scan.inHeader ? maxHeaderOctets : lineHead
    // A copy: whoever gives the octets may use their place again.
    if (this.#length < most) this.#head.push(octets.slice(0, most - this.#length))
    this.#length += octets.length
    this.#lastIsCr = octets.at(-1) === CR
  }

  /** @param feeds 1 with an LF behind it, 0 at the end of the message */
  #heldLine(feeds: 0 | 1): void {
    const head = concat(this.#head)
    const length = this.#lastIsCr ? this.#length - 1 : this.#length
    const ending = this.#length - length + feeds
    this.#scan.line(head.length > length ? head.subarray(0, length) : head, length, ending)
    this.#head = []
    this.#length = 0
    this.#lastIsCr = false
  }
}

/** A part whose end has not been seen. */
interface OpenPart {
  readonly n: number
  readonly depth: number
  readonly headerAt: number
  /** Set when its header has ended. */
  body?: { readonly at: number; readonly facts: PartFacts }
  boundary?: string
}

class Scan {
  readonly #limits: Limits
  readonly #parts: Part[] = []
  /** From the message itself to the innermost part that is open. */
  readonly #open: OpenPart[] = []
  /** Which open multiparts have this boundary: of equal ones the innermost counts. */
  readonly #boundaries = new Map<string, OpenPart[]>()
  /** What the line belongs to; between parts it belongs to none. */
  #in: 'header' | 'body' | 'between' = 'header'
  /** The lines of the header that is being read, as far as they count. */
  #header: Uint8Array[] = []
  #headerOctets = 0
  /** Where the next line begins, and how long the end of the one before it was. */
  #at = 0
  #lastEnding = 0
  #begun = 0
  #more = false
  isFull = false

  constructor(limits: Limits) {
    this.#limits = limits
    this.#begin(0)
  }

  get inHeader(): boolean {
    return this.#in === 'header'
  }

  /**
   * Takes the next line.
   *
   * @param head its octets, or so many of the first that they tell what it is
   * @param length how many it has, and `ending` how many its end has
   */
  line(head: Uint8Array, length: number, ending: number): void {
    const at = this.#at
    const next = at + length + ending
    this.#at = next
    const dashes = head[0] === DASH && head[1] === DASH
    const isDelimiter = dashes && this.#delimiter(head, at, { length, next })
    this.#lastEnding = ending
    if (isDelimiter || this.#in !== 'header') return
    if (length === 0) this.#endHeader(next)
    else if (this.#beginsWithText(head, at)) this.#endHeader(at)
    else this.#keep(head)
  }

  /** @param octets of the whole message */
  end(octets: number): PartTree {
    this.#closeDownTo(0, octets)
    return { parts: this.#parts.toSorted((a, b) => a.n - b.n), more: this.#more }
  }

  #keep(line: Uint8Array): void {
    const room = maxHeaderOctets - this.#headerOctets
    if (room <= 0) return
    this.#header.push(line.slice(0, room), crlf)
    this.#headerOctets += line.length + crlf.length
  }

  #begin(headerAt: number): void {
    const n = this.#begun++
    this.#open.push({ n, depth: this.#open.length, headerAt })
    this.#in = 'header'
    this.#header = []
    this.#headerOctets = 0
  }

  /** RFC 2046 §5.1.1: a line that begins a part or ends a multipart, of any that is open. */
  #delimiter(head: Uint8Array, at: number, line: { length: number; next: number }): boolean {
    if (this.#boundaries.size === 0 || line.length > maxBoundary + 80) return false
    const text = octetString(head, 2).replace(/[ \t]{1,80}$/, '')
    const opens = this.#boundaries.get(text)?.at(-1)
    const closes = text.endsWith('--') ? this.#boundaries.get(text.slice(0, -2))?.at(-1) : undefined
    const of = opens ?? closes
    if (of === undefined) return false
    // The line end before a delimiter belongs to it.
    this.#closeDownTo(of.depth + 1, at - this.#lastEnding)
    this.#in = 'between'
    if (opens === undefined) this.#forget(of)
    else if (this.#begun < this.#limits.parts) this.#begin(line.next)
    else this.isFull = this.#more = true
    return true
  }

  /** RFC 2046 §5.1: a part without a header begins with an empty line, which some leave out. */
  #beginsWithText(head: Uint8Array, at: number): boolean {
    const part = this.#open.at(-1)
    const held = this.#open.at(-2)?.boundary !== undefined
    return held && part?.headerAt === at && !field.test(octetString(head))
  }

  #endHeader(bodyAt: number): void {
    const part = this.#open.at(-1)
    if (part === undefined) return
    const facts = this.#factsOf(part)
    part.body = { at: bodyAt, facts }
    this.#in = 'body'
    const boundary = facts.parameters.get('boundary')?.trimEnd()
    const holds = facts.type.startsWith('multipart/') && boundary !== undefined && boundary !== ''
    const encloses = isMessage(facts.type) && /^(?:7bit|8bit|binary)$/.test(facts.encoding)
    if (!holds && !encloses) return
    if (part.depth + 1 >= this.#limits.depth || (encloses && this.#begun >= this.#limits.parts)) {
      this.#more = true
    } else if (encloses) {
      this.#begin(bodyAt)
    } else if (boundary !== undefined) {
      this.#in = 'between'
      part.boundary = boundary
      const same = this.#boundaries.get(boundary)
      if (same === undefined) this.#boundaries.set(boundary, [part])
      else same.push(part)
    }
  }

  /** Of the part whose header has been read last. */
  #factsOf({ depth }: OpenPart): PartFacts {
    const inDigest = this.#open[depth - 1]?.body?.facts.type === 'multipart/digest'
    return readPartHeader(concat(this.#header), inDigest ? enclosedMessage : plainText)
  }

  /** Ends all parts of this depth and deeper ones. */
  #closeDownTo(depth: number, end: number): void {
    while (this.#open.length > depth) {
      const part = this.#open.pop()
      if (part === undefined) return
      this.#forget(part)
      // A header without an end is a part without a body.
      const { at, facts } = part.body ?? { at: end, facts: this.#factsOf(part) }
      const parent = this.#open.at(-1)?.n
      const { n, headerAt } = part
      const held = parent === undefined ? {} : { parent }
      const size = Math.max(0, end - at)
      this.#parts.push({ n, ...held, depth: part.depth, ...facts, headerAt, at, size })
    }
  }

  #forget(part: OpenPart): void {
    if (part.boundary === undefined) return
    const same = (this.#boundaries.get(part.boundary) ?? []).filter((one) => one !== part)
    if (same.length === 0) this.#boundaries.delete(part.boundary)
    else this.#boundaries.set(part.boundary, same)
    delete part.boundary
  }
}

/** RFC 2046 §5.2.1, RFC 6532 §3.7. */
function isMessage(type: string): boolean {
  return type === 'message/rfc822' || type === 'message/global'
}
