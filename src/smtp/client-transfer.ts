import { abort, type Move, type Transfer } from './client-move.ts'
import type {
  AtCommand,
  ClientOptions,
  ClientTimeouts,
  ClientTransaction,
  RecipientOutcome,
  Setback,
} from './client-types.ts'
import { DataEncoder } from './data-encoder.ts'
import { Envelope } from './envelope.ts'
import type { Extensions } from './ehlo.ts'
import { refusedBy, setback } from './failure.ts'
import type { Reply } from './reply.ts'

/** What this server cannot do for this message, known without asking. */
export function obstacleTo(
  transaction: ClientTransaction,
  { size, smtpUtf8, eightBitMime }: Extensions,
  options: Pick<ClientOptions, 'eightBitToSevenBitPeer'>,
): Setback | undefined {
  if (transaction.smtpUtf8 && !smtpUtf8) return setback('smtpUtf8NotOffered', 'MAIL')
  const sevenBit = !eightBitMime && options.eightBitToSevenBitPeer === 'fail'
  if (transaction.eightBit && sevenBit) return setback('eightBitNotOffered', 'MAIL')
  // RFC 1870 §6.1; 0 means no fixed limit.
  const tooBig = size !== null && size > 0 && (transaction.size ?? 0) > size
  return tooBig ? setback('messageTooBig', 'MAIL') : undefined
}

/** Which part of the transaction is under way. `sent`: all is said, and the reply is to come. */
type Part = 'envelope' | 'content' | 'sent'

/** One message on its way to the server by DATA: its envelope, its content, and what becomes of both. */
export class DataTransfer implements Transfer {
  readonly #envelope: Envelope
  readonly #timeouts: ClientTimeouts
  readonly #encoder = new DataEncoder()
  /** RFC 2033 §4.2: one reply to the content for each recipient that was taken, in their order. */
  readonly #eachAnswered: boolean
  #part: Part = 'envelope'

  constructor(
    transaction: ClientTransaction,
    extensions: Extensions,
    { timeouts, protocol }: Pick<ClientOptions, 'timeouts' | 'protocol'>,
  ) {
    this.#envelope = new Envelope(transaction, extensions, 'DATA')
    this.#timeouts = timeouts
    this.#eachAnswered = protocol === 'lmtp'
  }

  get wantsContent(): boolean {
    return this.#part === 'content'
  }

  get allSent(): boolean {
    return this.#part === 'sent'
  }

  get doing(): AtCommand {
    return this.#part === 'envelope' ? this.#envelope.awaited : 'MESSAGE'
  }

  begin(): Move {
    return this.#envelopeMoves()
  }

  take(reply: Reply): Move {
    switch (this.#part) {
      case 'envelope':
        this.#envelope.take(reply)
        return this.#envelopeMoves()
      case 'content':
        return this.#earlyVerdict(reply)
      case 'sent':
        return this.#answered(reply)
    }
  }

  content(octets: Uint8Array, last: boolean): Move {
    const encoded = this.#encoder.push(octets)
    if (!last) return this.#wantContent([encoded])
    return this.#end([encoded, this.#encoder.end()])
  }

  giveUp(failure: Setback): readonly RecipientOutcome[] {
    return this.#envelope.giveUp(failure)
  }

  #envelopeMoves(): Move {
    const envelope = this.#envelope
    switch (envelope.state) {
      case 'waiting': {
        const lines = envelope.nextCommands().map((text) => ({ text, shown: text }))
        const { mailMs, rcptMs, dataMs } = this.#timeouts
        const waitMs = { MAIL: mailMs, RCPT: rcptMs, DATA: dataMs }[envelope.awaited]
        return { type: 'say', lines, waitMs }
      }
      case 'content':
        return this.#wantContent([])
      case 'nothing':
        // RFC 2033 §4.2: where nobody was taken DATA must fail, and no reply would come to the dot.
        if (this.#eachAnswered) return abort(setback('malformedReply', 'DATA'))
        return this.#end([this.#encoder.end()])
      case 'over':
        return { type: 'over', recipients: envelope.outcomes(), reset: envelope.begun }
      case 'stopped':
        return abort(setback('brokenOff', 'DATA', 'The connection was ended behind DATA, as asked'))
      case 'broken':
        return abort(setback('malformedReply', envelope.awaited))
    }
  }

  #wantContent(octets: readonly Uint8Array[]): Move {
    this.#part = 'content'
    return { type: 'content', octets, next: 'more', waitMs: this.#timeouts.blockMs }
  }

  #end(octets: readonly Uint8Array[]): Move {
    this.#part = 'sent'
    return { type: 'content', octets, next: 'verdict', waitMs: this.#timeouts.messageMs }
  }

  #answered(reply: Reply): Move {
    if (this.#eachAnswered) this.#envelope.finishNext(reply)
    else this.#envelope.finish(reply)
    if (this.#envelope.state !== 'over') {
      return { type: 'say', lines: [], waitMs: this.#timeouts.messageMs }
    }
    return { type: 'over', recipients: this.#envelope.outcomes(), reset: false }
  }

  /** A reply in the middle of the content: the rest is of no use, and only closing ends DATA. */
  #earlyVerdict(reply: Reply): Move {
    if (reply.code < 400) return abort(setback('malformedReply', 'MESSAGE'))
    if (this.#eachAnswered) {
      // It is said of the first one. The others have not been heard of, and the letter is not whole.
      this.#envelope.finishNext(reply)
      const text = 'The server refused the message for another recipient before it had all of it'
      return abort(setback('malformedReply', 'MESSAGE', text))
    }
    this.#envelope.finish(reply)
    return abort(refusedBy(reply, 'MESSAGE'))
  }
}
