import { encodeUtf8 } from '../base/octets.ts'
import { type LineEnding, withLineEnding } from './line-endings.ts'

const LF = 10
const GREATER = 62
const from = encodeUtf8('From ')

/** A message for an mbox file. */
export interface MboxMessage {
  /** The envelope's sender; empty for the null reverse-path. */
  readonly reversePath: string
  /** Unix milliseconds. */
  readonly receivedAt: number
  /** The message as it is stored, with CRLF line ends, cut anywhere. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * Formats one message for an mbox file of the "mboxrd" kind: a `From ` line, the message in which
 * every line of `>`s and `From ` has one `>` more, and an empty line. Messages written one behind
 * the other make a file, and each can be read back to the octet (with `lf`: to the line).
 *
 * Holds no more than a chunk at a time. RFC 4155, of which only the quoting is another: its plain
 * format would make a line `From ` in a text the start of a message.
 */
export async function* formatMbox(
  message: MboxMessage,
  lineEnding: LineEnding = 'lf',
): AsyncGenerator<Uint8Array, void, undefined> {
  const newLine = lineEnding === 'lf' ? '\n' : '\r\n'
  yield encodeUtf8(fromLine(message.reversePath, message.receivedAt) + newLine)
  const quoter = new FromQuoter()
  for await (const chunk of withLineEnding(message.chunks, lineEnding)) {
    const quoted = quoter.push(chunk)
    if (quoted.length > 0) yield quoted
  }
  const rest = quoter.end()
  if (rest.length > 0) yield rest
  yield encodeUtf8(quoter.atLineStart ? newLine : newLine + newLine)
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/**
 * `From sender@north.example Mon Nov 23 18:29:07 2026`, the time in UTC. RFC 4155 appendix A.
 * White space and controls in the address become `_`, so that the line has its four parts.
 */
export function fromLine(reversePath: string, receivedAt: number): string {
  const sender = reversePath === '' ? 'MAILER-DAEMON' : reversePath
  const safe = sender.toWellFormed().replace(/[\x00-\x20\x7f-\xa0\u2028\u2029]/g, '_')
  const date = new Date(receivedAt)
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
  const weekday = days[date.getUTCDay()] ?? ''
  const month = months[date.getUTCMonth()] ?? ''
  return `From ${safe} ${weekday} ${month} ${day} ${time} ${date.getUTCFullYear()}`
}

/**
 * Quotes `From ` lines in octets cut anywhere. The new `>` is put behind those that are there, where
 * it makes the same line as before them, so that no run of `>` has to be held back.
 */
class FromQuoter {
  /** `start`: at the start of a line, or behind `>`s there. `word`: in what may become `From `. */
  #state: 'start' | 'word' | 'text' = 'start'
  #matched = 0
  #lastOctet = LF

  /** Whether what was written so far ends with a line end. */
  get atLineStart(): boolean {
    return this.#lastOctet === LF
  }

  push(chunk: Uint8Array): Uint8Array {
    // Each quoted line is at least five octets long, and four may be held from before.
    const out = new Uint8Array(chunk.length + Math.ceil((chunk.length + 4) / 5) + 4)
    let length = 0
    for (const octet of chunk) {
      if (this.#state !== 'text' && octet === from[this.#matched]) {
        this.#state = 'word'
        this.#matched++
        if (this.#matched < from.length) continue
        out[length++] = GREATER
        out.set(from, length)
        length += from.length
        this.#matched = 0
        this.#state = 'text'
        continue
      }
      if (this.#matched > 0) {
        out.set(from.subarray(0, this.#matched), length)
        length += this.#matched
        this.#matched = 0
        this.#state = 'text'
      }
      out[length++] = octet
      if (octet === LF) this.#state = 'start'
      else if (octet !== GREATER) this.#state = 'text'
    }
    const last = this.#matched > 0 ? from[this.#matched - 1] : out[length - 1]
    if (chunk.length > 0 && last !== undefined) this.#lastOctet = last
    return out.subarray(0, length)
  }

  /** What was held back. */
  end(): Uint8Array {
    const held = from.subarray(0, this.#matched)
    this.#matched = 0
    return held
  }
}
