import { concat, octetString } from '../base/octets.ts'

/** A message of an mbox file. */
export interface MboxEntry {
  /** The address in its `From ` line, empty for `MAILER-DAEMON`; absent when there is none in it. */
  readonly sender: string | undefined
  /** The message with the line ends of the file, or what there is of it when it is too long. */
  readonly octets: Uint8Array
  /** It is longer than `maxOctets`: the rest is not in `octets`. */
  readonly tooLong: boolean
}

const LF = 10
const CR = 13
const F = 70
const GREATER = 62

/** A line is decided about when this much of it is there. */
const maxFromLine = 1000

/** `From joe@north.example Mon Nov 23 18:29:07 2026`; what stands behind the time differs. */
const fromLine = /^From (.{0,320}?) +[A-Z][a-z]{2} +[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d/

/**
 * Reads an mbox file as its octets arrive, cut anywhere. A message begins at a `From ` line with a
 * date at the start of the file or behind an empty line; lines of `>`s and `From ` lose one `>`, as
 * "mboxrd" wants it (RFC 4155 leaves the quoting open). Holds one message.
 */
export class MboxReader {
  readonly #maxOctets: number
  /** The beginning of a line that cannot be decided about yet. */
  #held: Uint8Array = new Uint8Array(0)
  /** Inside of a line whose beginning has been dealt with. */
  #inLine = false
  #afterEmptyLine = true
  #entry: OpenEntry | undefined

  constructor(options: { readonly maxOctets: number }) {
    this.#maxOctets = options.maxOctets
  }

  /** The messages that are complete now. */
  push(chunk: Uint8Array): readonly MboxEntry[] {
    const octets = this.#held.length === 0 ? chunk : concat([this.#held, chunk])
    this.#held = new Uint8Array(0)
    return this.#read(octets, false)
  }

  /** The file has ended: what is left. */
  end(): readonly MboxEntry[] {
    const octets = this.#held
    this.#held = new Uint8Array(0)
    return [...this.#read(octets, true), ...this.#finish()]
  }

  #read(octets: Uint8Array, last: boolean): MboxEntry[] {
    const done: MboxEntry[] = []
    /** From here on it belongs to the message and is not kept yet. */
    let kept = 0
    let start = 0
    while (start < octets.length) {
      const found = octets.indexOf(LF, start)
      const end = found < 0 ? octets.length : found + 1
      if (!this.#inLine) {
        const undecided = found < 0 && !last && octets.length - start < maxFromLine
        if (undecided) {
          this.#keep(octets.subarray(kept, start))
          this.#held = octets.slice(start)
          return done
        }
        const entry = this.#afterEmptyLine ? beginEntry(octets, start, end) : undefined
        if (entry !== undefined) {
          this.#keep(octets.subarray(kept, start))
          done.push(...this.#finish())
          this.#entry = entry
          kept = end
        } else if (isQuotedFrom(octets, start, end)) {
          this.#keep(octets.subarray(kept, start))
          kept = start + 1
        }
        this.#afterEmptyLine = isEmptyLine(octets, start, end)
      }
      this.#inLine = found < 0
      start = end
    }
    this.#keep(octets.subarray(kept))
    return done
  }

  /** Copies nothing: who pushes must not change the octets afterwards. */
  #keep(octets: Uint8Array): void {
    const entry = this.#entry
    if (entry === undefined || octets.length === 0) return
    const room = this.#maxOctets - entry.octets
    if (room > 0) entry.chunks.push(octets.subarray(0, room))
    entry.octets += octets.length
  }

  #finish(): readonly MboxEntry[] {
    const entry = this.#entry
    if (entry === undefined) return []
    this.#entry = undefined
    const octets = withoutLastEmptyLine(concat(entry.chunks))
    return [{ sender: entry.sender, octets, tooLong: entry.octets > this.#maxOctets }]
  }
}

interface OpenEntry {
  readonly sender: string | undefined
  readonly chunks: Uint8Array[]
  octets: number
}

/** What a `From ` line says; `undefined` when it is none. */
function beginEntry(octets: Uint8Array, start: number, end: number): OpenEntry | undefined {
  if (octets[start] !== F || octets[start + 4] !== 32) return undefined
  const match = fromLine.exec(octetString(octets, start, Math.min(end, start + maxFromLine)))
  const sender = match?.[1]
  if (sender === undefined) return undefined
  const isNull = sender === 'MAILER-DAEMON' || sender === '<>'
  return { sender: isNull ? '' : sender.includes('@') ? sender : undefined, chunks: [], octets: 0 }
}

/** `>From `, `>>From ` and so on. */
function isQuotedFrom(octets: Uint8Array, start: number, end: number): boolean {
  if (octets[start] !== GREATER) return false
  let at = start
  while (at < end && octets[at] === GREATER) at++
  return octets[at] === F && octetString(octets, at, Math.min(end, at + 5)) === 'From '
}

function isEmptyLine(octets: Uint8Array, start: number, end: number): boolean {
  return octets[start] === LF || (octets[start] === CR && end - start === 2)
}

/** The empty line before the next `From ` line is not part of the message. */
function withoutLastEmptyLine(octets: Uint8Array): Uint8Array {
  const { length } = octets
  if (octets[length - 1] !== LF) return octets
  const at = octets[length - 2] === CR ? length - 2 : length - 1
  return at === 0 || octets[at - 1] === LF ? octets.subarray(0, at) : octets
}
