import { displayUtf8 } from '../base/octets.ts'
import { LineReader, type OctetQueue, type ReadLine } from '../wire/octet-queue.ts'
import type { Reply } from './reply.ts'

/** A reply, or why what came is none. After `malformed` nothing can be trusted any more. */
export type ReadReply =
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'malformed'; readonly problem: string }

/** Octets of one reply line. RFC 5321 §4.5.3.1.5 allows 512; some servers write more. */
const maxLineOctets = 4096
/** How much of what is no reply is told. */
const maxToldLength = 200

// RFC 5321 §4.2: the code, then a space or, when more lines follow, a hyphen. The text may miss.
// §4.3.2 has the first digit decide, whatever the others are: 471 and 577 are replies too.
const replyLine = /^([2-5][0-9][0-9])(?:([ -])(.*))?$/s
const enhancedCode = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/

interface Line {
  readonly code: number
  readonly text: string
}

/**
 * Takes replies from a queue of octets: bounded in length, and forgiving where the meaning is plain.
 * The text of a reply may hold an LF or CR of its own, and lines with other codes or none: the words
 * are kept, and the worst code counts.
 */
export class ReplyReader {
  readonly #queue: OctetQueue
  readonly #reader: LineReader
  readonly #maxOctets: number
  #lines: Line[] = []
  #octets = 0
  /** Read already, and not looked at. */
  #next: ReadLine | undefined
  /** The peer ends lines with LF alone, or did once: what has no code may be the rest of a text. */
  #ragged = false

  constructor(queue: OctetQueue, maxOctets: number) {
    this.#queue = queue
    this.#reader = new LineReader(queue)
    this.#maxOctets = maxOctets
  }

  /** The next reply; `undefined` until more octets come. `heard` gets each line as it is. */
  next(heard: (line: string) => void): ReadReply | undefined {
    for (;;) {
      const line = this.#take()
      if (line === undefined) return undefined
      if (line.type !== 'line' && line.type !== 'bareNewline') {
        return malformed('a line of the reply is too long')
      }
      const text = textOf(line.octets)
      heard(text)
      this.#octets += line.octets.length + 2
      if (this.#octets > this.#maxOctets) return malformed('the reply is too long')
      if (line.type === 'bareNewline') this.#ragged = true
      const [, code, separator, rest = ''] = replyLine.exec(text) ?? []
      if (code === undefined) {
        const last = this.#lines.at(-1)
        if (last !== undefined) this.#lines.push({ ...last, text })
        else if (!this.#ragged) return malformed(withoutCode(text))
        continue
      }
      this.#lines.push({ code: Number(code), text: rest })
      if (separator === '-') continue
      if (line.type === 'bareNewline') this.#takeRest(heard)
      return { type: 'reply', reply: this.#finish() }
    }
  }

  /** Forgets all that waits, and what was read of a reply. */
  forget(): void {
    this.#queue.clear()
    this.#reader.reset()
    this.#next = undefined
    this.#startAnew()
  }

  #take(): ReadLine | undefined {
    const line = this.#next ?? this.#reader.next(maxLineOctets)
    this.#next = undefined
    return line
  }

  /** What stands behind an LF in the text of the last line, as far as it has come. */
  #takeRest(heard: (line: string) => void): void {
    for (;;) {
      const line = this.#take()
      if (line === undefined) return
      const text = line.type === 'bareNewline' ? textOf(line.octets) : undefined
      const last = this.#lines.at(-1)
      const full = this.#octets > this.#maxOctets
      if (text === undefined || last === undefined || replyLine.test(text) || full) {
        this.#next = line
        return
      }
      heard(text)
      this.#octets += text.length + 2
      this.#lines.push({ ...last, text })
    }
  }

  #startAnew(): void {
    this.#lines = []
    this.#octets = 0
  }

  #finish(): Reply {
    // RFC 5321 §4.2.1 has the code be the same on all lines. Where it is not, the worst one counts:
    // who is told no in one of them is told no.
    const code = Math.max(...this.#lines.map((line) => line.code))
    const [, enhanced] =
      enhancedCode.exec(this.#lines.find((line) => line.code === code)?.text ?? '') ?? []
    // RFC 2034 §4: the class is that of the code. If not, it is just text.
    const fits = enhanced !== undefined && enhanced[0] === String(code)[0]
    const lines = this.#lines.map(({ text }) => (fits ? without(text, enhanced) : text))
    this.#startAnew()
    return { code, enhanced: fits ? enhanced : null, lines }
  }
}

/** A CR that stands alone is a space to whoever reads. */
function textOf(octets: Uint8Array): string {
  return displayUtf8(octets).replaceAll('\r', ' ')
}

function withoutCode(text: string): string {
  const told = text.slice(0, maxToldLength)
  return told === '' ? 'the answer is an empty line' : `the answer has no reply code: "${told}"`
}

function without(line: string, enhanced: string): string {
  if (line === enhanced) return ''
  return line.startsWith(`${enhanced} `) ? line.slice(enhanced.length + 1) : line
}

function malformed(problem: string): ReadReply {
  return { type: 'malformed', problem }
}
