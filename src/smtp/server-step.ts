import type { ServerMechanism } from '../sasl/mechanism.ts'
import type { Reply } from './reply.ts'
import type { CloseReason, MessageFacts, Question, TlsSession } from './server-types.ts'

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
