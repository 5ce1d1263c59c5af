import type { ServerMechanism } from '../sasl/mechanism.ts'
import type { Reply } from './reply.ts'
import type {
  CloseReason,
  MessageFacts,
  Question,
  ServerOutput,
  TlsSession,
} from './server-types.ts'

/**
 * What the server does next. Lines, content, answers and time all end in one of these, found by
 * rules that know nothing of each other; `ServerDialogue` carries them out.
 */
export type Step =
  /** Reply, and wait for the next command. */
  | { readonly type: 'reply'; readonly reply: Reply }
  /** The same for what counts against the client; the last straw is answered with its ending. */
  | { readonly type: 'refuse'; readonly reply: Reply; readonly counts: Strike }
  | { readonly type: 'ask'; readonly question: Question }
  /** The first chunk of a message: asks whether content may come, before it is read. */
  | { readonly type: 'askForChunk'; readonly chunk: Chunk }
  /** Policy accepts; with `reply` in its own words. */
  | {
      readonly type: 'accepted'
      readonly question: AcceptedQuestion
      readonly reply: Reply | undefined
    }
  | { readonly type: 'beginData' }
  | { readonly type: 'beginChunks'; readonly chunk: Chunk }
  /** A chunk follows. With `refusal` its octets are thrown away, and then this is the reply. */
  | { readonly type: 'readChunk'; readonly chunk: Chunk; readonly refusal: Reply | null }
  /** The content flows: another while for it. */
  | { readonly type: 'readOn' }
  /** The content is at its true end; with `refusal` the message is not taken, whoever it is for. */
  | { readonly type: 'judge'; readonly facts: MessageFacts; readonly refusal: Reply | null }
  /** Policy does not take the message. */
  | { readonly type: 'refuseMessage'; readonly reply: Reply }
  /** A greeting that lets nobody in. */
  | { readonly type: 'refuseSession'; readonly reply: Reply }
  /** Say the challenge of a log-in; the next line is its response. */
  | {
      readonly type: 'challenge'
      readonly mechanism: ServerMechanism
      readonly octets: Uint8Array
    }
  | { readonly type: 'startTls' }
  /** TLS is active: nothing of what was said before counts. RFC 3207 §4.2. */
  | { readonly type: 'startAnew'; readonly tls: TlsSession }
  /** Forget the transaction. */
  | { readonly type: 'reset' }
  | Ending
  | { readonly type: 'close'; readonly reason: CloseReason }

/** Nothing good can come any more: reply and close. */
export interface Ending {
  readonly type: 'hangUp'
  readonly reply: Reply
  readonly reason: CloseReason
}

/** A question whose accept is answered with a reply; that of `data` is the content. */
export type AcceptedQuestion = Exclude<Question, { readonly type: 'data' }>

/** What counts against a client: wrong form or order, a refusal of policy, a log-in that failed. */
export type Strike = 'error' | 'rejection' | 'failedLogin'

/** A chunk that BDAT announced. */
export interface Chunk {
  readonly octets: number
  readonly last: boolean
}

/** The client did something wrong in form or order. */
export function error(reply: Reply): Step {
  return { type: 'refuse', reply, counts: 'error' }
}

export function hangUp(reply: Reply, reason: CloseReason): Ending {
  return { type: 'hangUp', reply, reason }
}

/** A command that has no reply yet. */
interface OpenExchange {
  /** As the record names it. */
  readonly command: string
  /** Nobody but the engine has had a say in it. */
  readonly own: boolean
}

type ReplyOutput = ServerOutput & { readonly type: 'reply' }
type HeardOutput = ServerOutput & { readonly type: 'heard' }

/**
 * Numbers what is said and answered: a command, the lines that are asked for within it, and its
 * replies are one exchange. What is said without being asked is an exchange of its own.
 */
export class Exchanges {
  #number = 0
  #open: OpenExchange | undefined

  /** A command is heard. `text`: the line as it may be shown. */
  begin(text: string): HeardOutput {
    const command = commandIn(text)
    this.#number++
    this.#open = { command, own: true }
    return { type: 'heard', exchange: this.#number, command, text }
  }

  /** A line is heard that was asked for: it belongs to its command. */
  goOn(text: string): HeardOutput {
    const command = this.#open?.command ?? ''
    return { type: 'heard', exchange: this.#number, command, text }
  }

  /** Policy is asked about the command, or knows already what becomes of it. */
  asked(): void {
    if (this.#open !== undefined) this.#open = { ...this.#open, own: false }
  }

  /** A reply behind which the exchange goes on. */
  askForMore(reply: Reply): ReplyOutput {
    return { type: 'reply', exchange: this.#number, reply, refuses: null }
  }

  /** The reply that ends the exchange, or that nobody has asked for. */
  end(reply: Reply): ReplyOutput {
    const refuses = this.#open?.own === true && reply.code >= 400 ? this.#open.command : null
    return this.#said(reply, refuses)
  }

  /** The same where the reply is about the connection and not about the command. */
  breakOff(reply: Reply): ReplyOutput {
    return this.#said(reply, null)
  }

  #said(reply: Reply, refuses: string | null): ReplyOutput {
    if (this.#open === undefined) this.#number++
    this.#open = undefined
    return { type: 'reply', exchange: this.#number, reply, refuses }
  }
}

/** The command in a line that may be shown, as records name it; empty when there is none. */
function commandIn(text: string): string {
  const verb = /^[a-z]{1,20}(?![a-z])/i.exec(text)?.[0].toUpperCase() ?? ''
  if (verb === 'MAIL') return 'MAIL FROM'
  if (verb === 'RCPT') return 'RCPT TO'
  return verb
}
