import { concat, octetString } from '../base/octets.ts'
import { type FromLine, parseFromLine } from './from-line.ts'

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

/** Of the line behind a doubtful one, so much tells whether it is a header field. */
const maxFieldName = 100

/**
 * Reads an mbox file as its octets arrive, cut anywhere. The first `From ` line begins a message in
 * whatever form; others do by what is in them (`FromLine`), behind an empty line or not. Lines of
 * `>`s and `From ` lose one `>`, as "mboxrd" wants it (RFC 4155 leaves the quoting open). A byte
 * order mark at the start is stepped over. Holds one message.
 */
export class MboxReader {
  readonly #maxOctets: number
  /** The beginning of a line that cannot be decided about yet. */
  #held: Uint8Array = new Uint8Array(0)
  /** Inside of a line whose beginning has been dealt with. */
  #inLine = false
  #afterEmptyLine = true
  /** Nothing but empty lines so far. */
  #atFileStart = true
  #mayHaveMark = true
  /** The first `From ` line has nothing behind it: those of the others may stand anywhere. */
  #isBare = false
  #passedOver = 0
  #entry: OpenEntry | undefined

  constructor(options: { readonly maxOctets: number }) {
    this.#maxOctets = options.maxOctets
  }

  /** Octets before the first message: it is no mbox file, or not from its beginning. */
  get passedOver(): number {
    return this.#passedOver
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
        if (!undecided && this.#mayHaveMark) {
          this.#mayHaveMark = false
          if (hasMark(octets, start)) start += mark.length
          kept = start
        }
        const entry = undecided ? 'undecided' : this.#begin(octets, { start, end, last })
        if (entry === 'undecided') {
          this.#keep(octets.subarray(kept, start))
          this.#held = octets.slice(start)
          return done
        }
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
        this.#atFileStart &&= this.#afterEmptyLine
      }
      if (this.#entry === undefined && !this.#atFileStart) this.#passedOver += end - start
      this.#inLine = found < 0
      start = end
    }
    this.#keep(octets.subarray(kept))
    return done
  }

  /** The message that begins with this line, or `undefined`; or the next line must be seen first. */
  #begin(
    octets: Uint8Array,
    line: { readonly start: number; readonly end: number; readonly last: boolean },
  ): OpenEntry | undefined | 'undecided' {
    const { start, end, last } = line
    const from = fromLineAt(octets, start, end)
    if (from === undefined) return undefined
    const entry = { sender: from.sender, chunks: [], octets: 0 }
    if (this.#atFileStart) this.#isBare = from.beginning === 'bare'
    if (this.#atFileStart || from.beginning === 'certain') return entry
    if (from.beginning === 'unlikely') return undefined
    if (!this.#afterEmptyLine && !(from.beginning === 'bare' && this.#isBare)) return undefined
    if (from.beginning === 'likely') return entry
    const next = octetString(octets, end, Math.min(octets.length, end + maxFieldName))
    const whole = last || next.length === maxFieldName || next.includes('\n')
    if (!whole) return 'undecided'
    return /^[\x21-\x39\x3b-\x7e]{1,76}:/.test(next) ? entry : undefined
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

function fromLineAt(octets: Uint8Array, start: number, end: number): FromLine | undefined {
  if (octets[start] !== F || octets[start + 4] !== 32) return undefined
  const line = octetString(octets, start, Math.min(end, start + maxFromLine))
  return parseFromLine(line.replace(/\r?\n$/, ''))
}

const mark = [0xef, 0xbb, 0xbf] as const

function hasMark(octets: Uint8Array, start: number): boolean {
  return mark.every((octet, index) => octets[start + index] === octet)
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
