import { abort, type Line, type Move, type Transfer } from './client-move.ts'
import type {
  AtCommand,
  ClientOptions,
  ClientTimeouts,
  ClientTransaction,
  RecipientOutcome,
  Setback,
} from './client-types.ts'
import { DataEncoder } from './data-encoder.ts'
import type { Extensions } from './ehlo.ts'
import { Envelope } from './envelope.ts'
import { setback } from './failure.ts'
import { describeReply, type Reply } from './reply.ts'

/** So many octets a chunk has, and at most one part of the driver's more; that much is held. */
const chunkBytes = 256 * 1024

/** Whether a message goes by BDAT. Who wants to stop behind a command must have that command. */
export function goesInChunks(
  { stopAfter }: ClientTransaction,
  { chunking }: Extensions,
  options: Pick<ClientOptions, 'chunking'>,
): boolean {
  return chunking && options.chunking === 'whenOffered' && stopAfter === undefined
}

/**
 * One message on its way to the server by BDAT: RFC 3030 §2, §4.2.
 *
 * There are servers, and relays before them, that offer CHUNKING and refuse a chunk without reading it:
 * what stands in the letter is a command to them then. So nothing is said before somebody is taken,
 * though RFC 3030 §4.2 allows that, and the first chunk of a session is one octet, of which no command
 * can be made (Postfix refuses an empty one); when the server has taken it, the rest follows. With
 * PIPELINING further chunks wait for no reply. LMTP waits for each: how many replies come behind LAST
 * depends on who was taken (RFC 2033 §4.2).
 */
export class ChunkTransfer implements Transfer {
  readonly #envelope: Envelope
  readonly #timeouts: ClientTimeouts
  readonly #encoder = new DataEncoder('BDAT')
  readonly #eachAnswered: boolean
  readonly #pipelining: boolean
  #wants = false
  #lastSaid = false
  /** The driver has given all of the content. */
  #whole = false
  /** The server has refused a chunk, so nothing more is said (RFC 3030 §2); what was, it answers. */
  #refused = false
  /** The server has answered a chunk as who knows BDAT does. */
  #proven: boolean
  /** Chunks without a reply. */
  #owed = 0
  #held: Uint8Array[] = []
  #heldBytes = 0

  /** @param proven an earlier message of this session went by BDAT */
  constructor(
    transaction: ClientTransaction,
    extensions: Extensions,
    { timeouts, protocol }: Pick<ClientOptions, 'timeouts' | 'protocol'>,
    proven = false,
  ) {
    this.#envelope = new Envelope(transaction, extensions, 'BDAT')
    this.#timeouts = timeouts
    this.#proven = proven
    this.#eachAnswered = protocol === 'lmtp'
    this.#pipelining = extensions.pipelining && !this.#eachAnswered
  }

  get wantsContent(): boolean {
    return this.#wants
  }

  get allSent(): boolean {
    return this.#lastSaid
  }

  get takesChunks(): boolean {
    return this.#proven
  }

  get triesChunks(): boolean {
    return this.#owed > 0 && !this.#proven
  }

  get doing(): AtCommand {
    return this.#envelope.answered ? 'MESSAGE' : this.#envelope.awaited
  }

  begin(): Move {
    return this.#sayEnvelope()
  }

  take(reply: Reply): Move {
    const envelope = this.#envelope
    if (envelope.answered) return this.#chunkAnswered(reply)
    envelope.take(reply)
    switch (envelope.state) {
      case 'waiting':
        return this.#sayEnvelope()
      case 'content':
        return this.#want()
      case 'broken':
        return abort(setback('malformedReply', envelope.awaited))
      case 'over':
        return this.#over(true)
      case 'nothing':
      case 'stopped':
        throw new Error('ChunkTransfer: a state of DATA')
    }
  }

  content(octets: Uint8Array, last: boolean): Move {
    this.#wants = false
    if (this.#refused) return this.#endWhenAnswered()
    // Before these octets come in: behind a chunk that is not the last one something must follow.
    const chunk = !last && this.#heldBytes >= chunkBytes ? this.#takeHeld() : undefined
    this.#hold(this.#encoder.push(octets))
    if (last) this.#hold(this.#encoder.end())
    this.#whole = last
    if (!this.#proven && this.#heldBytes > 1) return this.#sayChunk(this.#takeFirst())
    if (chunk !== undefined) return this.#sayChunk(chunk)
    return last ? this.#sayLast() : this.#want()
  }

  giveUp(failure: Setback): readonly RecipientOutcome[] {
    return this.#envelope.giveUp(failure)
  }

  #sayEnvelope(): Move {
    const lines: readonly Line[] = this.#envelope
      .nextCommands()
      .map((text) => ({ text, shown: text }))
    const { mailMs, rcptMs } = this.#timeouts
    return { type: 'say', lines, waitMs: this.#envelope.awaited === 'MAIL' ? mailMs : rcptMs }
  }

  #sayLast(): Move {
    this.#lastSaid = true
    return this.#sayChunk(this.#takeHeld())
  }

  #sayChunk({ octets, bytes }: Chunk): Move {
    const text = `BDAT ${bytes}${this.#lastSaid ? ' LAST' : ''}`
    const lines = [{ text, shown: text }]
    this.#owed++
    const next = this.#lastSaid ? 'verdict' : this.#pipelining && this.#proven ? 'more' : 'reply'
    this.#wants = next === 'more'
    return { type: 'content', lines, octets, next, waitMs: this.#patienceMs }
  }

  #chunkAnswered(reply: Reply): Move {
    if (this.#owed === 0) return abort(setback('malformedReply', 'MESSAGE'))
    const verdict = this.#lastSaid && this.#owed === 1
    const isLmtpVerdict = verdict && this.#eachAnswered
    if (!isLmtpVerdict) this.#owed--
    if (this.#refused) return this.#endWhenAnswered()
    if (isUnknown(reply) && !this.#proven) {
      const text = `${setback('chunkingFailed', 'MESSAGE').text}: "${describeReply(reply)}"`
      return abort(setback('chunkingFailed', 'MESSAGE', text))
    }
    if (isLmtpVerdict) {
      this.#proven = true
      this.#envelope.finishNext(reply)
      return this.#envelope.state === 'over' ? this.#over(false) : this.#wait()
    }
    if (reply.code >= 300 && reply.code < 400) {
      const text = `${reply.code} is no answer to BDAT`
      return abort(
        setback(this.#lastSaid ? 'unknownAfterMessage' : 'malformedReply', 'MESSAGE', text),
      )
    }
    if (reply.code < 400 && !verdict) {
      const wasFirst = !this.#proven
      this.#proven = true
      if (this.#whole) return this.#lastSaid ? this.#wait() : this.#sayLast()
      return this.#pipelining && !wasFirst ? this.#wait() : this.#want()
    }
    this.#envelope.finish(reply)
    if (verdict && reply.code < 400) return this.#over(false)
    this.#refused = true
    return this.#endWhenAnswered()
  }

  /** Nobody gets the message any more: the session goes on when all that was said is answered. */
  #endWhenAnswered(): Move {
    // A part of the content is on its way from the driver, and would come into the next transaction.
    return this.#owed > 0 || this.#wants ? this.#wait() : this.#over(true)
  }

  /** RFC 3030 §2: behind a refused BDAT nothing is sure until RSET. */
  #over(refused: boolean): Move {
    const reset = refused && this.#envelope.begun
    return { type: 'over', recipients: this.#envelope.outcomes(), reset }
  }

  #want(): Move {
    this.#wants = true
    return { type: 'content', octets: [], next: 'more', waitMs: this.#timeouts.blockMs }
  }

  #wait(): Move {
    return { type: 'say', lines: [], waitMs: this.#patienceMs }
  }

  get #patienceMs(): number {
    return this.#lastSaid ? this.#timeouts.messageMs : this.#timeouts.blockMs
  }

  #hold(octets: Uint8Array): void {
    if (octets.length === 0) return
    this.#held.push(octets)
    this.#heldBytes += octets.length
  }

  /** One octet of what is held. */
  #takeFirst(): Chunk {
    const [first, ...others] = this.#held
    if (first === undefined) throw new Error('ChunkTransfer: nothing is held')
    this.#held = first.length > 1 ? [first.subarray(1), ...others] : others
    this.#heldBytes--
    return { octets: [first.subarray(0, 1)], bytes: 1 }
  }

  #takeHeld(): Chunk {
    const chunk = { octets: this.#held, bytes: this.#heldBytes }
    this.#held = []
    this.#heldBytes = 0
    return chunk
  }
}

/** RFC 5321 §4.2.4: the command is not known, or not here, though somebody was taken. */
function isUnknown({ code }: Reply): boolean {
  return code >= 500 && code <= 504
}

interface Chunk {
  readonly octets: readonly Uint8Array[]
  readonly bytes: number
}
