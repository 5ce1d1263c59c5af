import { displayUtf8 } from '../base/utf8.ts'
import { LineReader } from './line-reader.ts'
import type { OctetQueue } from './octet-queue.ts'
import type { Reply } from './reply.ts'

/** A reply, or why what came is none. After `malformed` nothing can be trusted any more. */
export type ReadReply =
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'malformed'; readonly problem: string }

/** Octets of one reply line. RFC 5321 §4.5.3.1.5 allows 512; some servers write more. */
const maxLineOctets = 4096

// RFC 5321 §4.2: the code, then a space or, when more lines follow, a hyphen. The text may miss.
const replyLine = /^([2-5][0-5][0-9])(?:([ -])(.*))?$/s
const enhancedCode = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/

/** Takes replies from a queue of octets: strict in form, bounded in length. */
export class ReplyReader {
  readonly #queue: OctetQueue
  readonly #reader: LineReader
  readonly #maxOctets: number
  #code = ''
  #lines: string[] = []
  #octets = 0

  constructor(queue: OctetQueue, maxOctets: number) {
    this.#queue = queue
    this.#reader = new LineReader(queue)
    this.#maxOctets = maxOctets
  }

  /** The next reply; `undefined` until more octets come. `heard` gets each line as it is. */
  next(heard: (line: string) => void): ReadReply | undefined {
    for (;;) {
      const line = this.#reader.next(maxLineOctets)
      if (line === undefined) return undefined
      if (line.type === 'bareNewline') return malformed('a CR or LF stands alone in the reply')
      if (line.type !== 'line') return malformed('a line of the reply is too long')
      const text = displayUtf8(line.octets)
      heard(text)
      this.#octets += line.octets.length + 2
      if (this.#octets > this.#maxOctets) return malformed('the reply is too long')
      const [, code, separator, rest = ''] = replyLine.exec(text) ?? []
      if (code === undefined) return malformed('a line of the reply has no reply code')
      // RFC 5321 §4.2.1: the code is the same on all lines.
      if (this.#lines.length > 0 && code !== this.#code) {
        return malformed('the reply code changes from line to line')
      }
      this.#code = code
      this.#lines.push(rest)
      if (separator !== '-') return { type: 'reply', reply: this.#finish() }
    }
  }

  /** Forgets all that waits, and what was read of a reply. */
  forget(): void {
    this.#queue.clear()
    this.#reader.reset()
    this.#startAnew()
  }

  #startAnew(): void {
    this.#code = ''
    this.#lines = []
    this.#octets = 0
  }

  #finish(): Reply {
    const code = Number(this.#code)
    const [, enhanced] = enhancedCode.exec(this.#lines[0] ?? '') ?? []
    // RFC 2034 §4: the class is that of the code. If not, it is just text.
    const fits = enhanced !== undefined && enhanced[0] === this.#code[0]
    const lines = fits ? this.#lines.map((line) => without(line, enhanced)) : this.#lines
    this.#startAnew()
    return { code, enhanced: fits ? enhanced : null, lines }
  }
}

function without(line: string, enhanced: string): string {
  if (line === enhanced) return ''
  return line.startsWith(`${enhanced} `) ? line.slice(enhanced.length + 1) : line
}

function malformed(problem: string): ReadReply {
  return { type: 'malformed', problem }
}
