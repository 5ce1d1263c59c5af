import { octetString } from '../base/octets.ts'
import { type MediaType, plainText } from '../message/media-type.ts'
import { maxDepth, maxParts, type Part, type PartTree } from './part.ts'
import { type PartFacts, readPartHeader } from './part-header.ts'

const LF = 10
const CR = 13
const DASH = 45

/** RFC 2046 §5.1.1 has 70; some write more. Behind it white space may stand. */
const maxBoundary = 250

/** RFC 5322 §2.2, and a first line that is folded. */
const field = /^(?:[!-9;-~]{1,200}[ \t]{0,20}:|[ \t])/

/** RFC 2046 §5.1.5: what a part of a digest is when it does not say. */
const enclosedMessage: MediaType = { type: 'message', subtype: 'rfc822', parameters: new Map() }

/**
 * The tree of the parts of a message, in one pass over its lines.
 *
 * Nothing is decoded and nothing is refused: a missing end is the end of what holds it, a multipart
 * without a boundary is one part, and an enclosed message that is encoded (RFC 2046 §5.2.1 forbids
 * it) stays closed. Lines end with CRLF or LF.
 *
 * @param limits for tests; see `maxParts` and `maxDepth`
 * @see RFC 2045, RFC 2046 §5.1, RFC 2387
 */
export function readParts(
  message: Uint8Array,
  limits: { readonly parts: number; readonly depth: number } = { parts: maxParts, depth: maxDepth },
): PartTree {
  const scan = new Scan(message, limits)
  for (let at = 0; at < message.length && !scan.isFull; at = scan.line(at));
  return scan.end()
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
  readonly #message: Uint8Array
  readonly #limits: { readonly parts: number; readonly depth: number }
  readonly #parts: Part[] = []
  /** From the message itself to the innermost part that is open. */
  readonly #open: OpenPart[] = []
  /** Which open multiparts have this boundary: of equal ones the innermost counts. */
  readonly #boundaries = new Map<string, OpenPart[]>()
  /** What the line belongs to; between parts it belongs to none. */
  #in: 'header' | 'body' | 'between' = 'header'
  #begun = 0
  #more = false
  isFull = false

  constructor(message: Uint8Array, limits: { readonly parts: number; readonly depth: number }) {
    this.#message = message
    this.#limits = limits
    this.#begin(0)
  }

  /** Takes the line that begins at `at` and says where the next one begins. */
  line(at: number): number {
    const message = this.#message
    const feed = message.indexOf(LF, at)
    const next = feed < 0 ? message.length : feed + 1
    let end = feed < 0 ? next : feed
    if (end > at && message[end - 1] === CR) end--
    const isDelimiter =
      message[at] === DASH && message[at + 1] === DASH && this.#delimiter(at, end, next)
    if (isDelimiter || this.#in !== 'header') return next
    if (end === at) this.#endHeader(next)
    else if (this.#beginsWithText(at, end)) this.#endHeader(at)
    return next
  }

  end(): PartTree {
    this.#closeDownTo(0, this.#message.length)
    return { parts: this.#parts.toSorted((a, b) => a.n - b.n), more: this.#more }
  }

  #begin(headerAt: number): void {
    const n = this.#begun++
    this.#open.push({ n, depth: this.#open.length, headerAt })
    this.#in = 'header'
  }

  /** RFC 2046 §5.1.1: a line that begins a part or ends a multipart, of any that is open. */
  #delimiter(at: number, end: number, next: number): boolean {
    if (this.#boundaries.size === 0 || end - at > maxBoundary + 80) return false
    const text = octetString(this.#message, at + 2, end).replace(/[ \t]{1,80}$/, '')
    const opens = this.#boundaries.get(text)?.at(-1)
    const closes = text.endsWith('--') ? this.#boundaries.get(text.slice(0, -2))?.at(-1) : undefined
    const of = opens ?? closes
    if (of === undefined) return false
    // The line end before a delimiter belongs to it.
    this.#closeDownTo(of.depth + 1, this.#lineEndBefore(at))
    this.#in = 'between'
    if (opens === undefined) this.#forget(of)
    else if (this.#begun < this.#limits.parts) this.#begin(next)
    else this.isFull = this.#more = true
    return true
  }

  /** RFC 2046 §5.1: a part without a header begins with an empty line, which some leave out. */
  #beginsWithText(at: number, end: number): boolean {
    const part = this.#open.at(-1)
    const held = this.#open.at(-2)?.boundary !== undefined
    return held && part?.headerAt === at && !field.test(octetString(this.#message, at, end))
  }

  #lineEndBefore(at: number): number {
    const feed = at > 0 && this.#message[at - 1] === LF ? at - 1 : at
    return feed > 0 && feed < at && this.#message[feed - 1] === CR ? feed - 1 : feed
  }

  #endHeader(bodyAt: number): void {
    const part = this.#open.at(-1)
    if (part === undefined) return
    const facts = this.#factsOf(part, bodyAt)
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

  #factsOf({ headerAt, depth }: OpenPart, bodyAt: number): PartFacts {
    const inDigest = this.#open[depth - 1]?.body?.facts.type === 'multipart/digest'
    const header = this.#message.subarray(headerAt, bodyAt)
    return readPartHeader(header, inDigest ? enclosedMessage : plainText)
  }

  /** Ends all parts of this depth and deeper ones. */
  #closeDownTo(depth: number, end: number): void {
    while (this.#open.length > depth) {
      const part = this.#open.pop()
      if (part === undefined) return
      this.#forget(part)
      // A header without an end is a part without a body.
      const { at, facts } = part.body ?? { at: end, facts: this.#factsOf(part, end) }
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
