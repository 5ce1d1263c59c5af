import type { ScramWish } from '../sasl/mechanism.ts'
import type { AtCommand, RecipientOutcome, Setback } from './client-types.ts'
import { refusedBy, setback } from './failure.ts'
import type { Reply } from './reply.ts'

/**
 * What the client does next. `Handshake` and `Transfer` find it in replies; `ClientDialogue` carries
 * it out.
 */
export type Move =
  /** Say these lines, maybe none, and give the server this time to reply. */
  | { readonly type: 'say'; readonly lines: readonly Line[]; readonly waitMs: number }
  /** Start the TLS handshake. What waits came in clear text, and is thrown away. */
  | { readonly type: 'startTls'; readonly waitMs: number }
  /** Something must be hashed for the log-in. */
  | { readonly type: 'derive'; readonly wish: ScramWish; readonly waitMs: number }
  /** Greeted, encrypted and logged in as far as it is wanted. */
  | { readonly type: 'ready' }
  /**
   * Say these lines and send these parts of the content behind them. `next`: `more` asks the driver for
   * the next part, `reply` waits for the server before it does, `verdict` means that this was all.
   */
  | {
      readonly type: 'content'
      readonly lines?: readonly Line[]
      readonly octets: readonly Uint8Array[]
      readonly next: 'more' | 'reply' | 'verdict'
      readonly waitMs: number
    }
  /** Every recipient has an outcome. With `reset` the server still holds our MAIL. */
  | {
      readonly type: 'over'
      readonly recipients: readonly RecipientOutcome[]
      readonly reset: boolean
    }
  /** The session is of no use, but the server still listens: QUIT. */
  | { readonly type: 'fail'; readonly failure: Setback }
  /** The session is of no use, and the server does not listen or cannot be trusted: close. */
  | { readonly type: 'abort'; readonly failure: Setback }

/** One message on its way to the server: what replies and content mean to it. */
export interface Transfer {
  /** The driver was asked for a part of the content. */
  readonly wantsContent: boolean
  /** The server has the whole message, and may have taken it when the connection breaks. RFC 1047. */
  readonly allSent: boolean
  /** The server has taken a chunk of content by BDAT. */
  readonly takesChunks?: boolean
  /** The first chunk of a session waits for its answer: one octet of the content was said. */
  readonly triesChunks?: boolean
  /** What we are doing, for a failure to name. */
  readonly doing: AtCommand
  begin(): Move
  take(reply: Reply): Move
  /** The next part of the content, as it was asked for. */
  content(octets: Uint8Array, last: boolean): Move
  /** What becomes of each recipient when the session fails: `failure`, where nothing is known. */
  giveUp(failure: Setback): readonly RecipientOutcome[]
}

/** A command line without CRLF, and how it stands in the record. */
export interface Line {
  readonly text: string
  readonly shown: string
}

export function say(text: string, waitMs: number, shown: string = text): Move {
  return { type: 'say', lines: [{ text, shown }], waitMs }
}

export function abort(failure: Setback): Move {
  return { type: 'abort', failure }
}

/** What to do about a reply where only 2xx lets us go on; `undefined` when it does. */
export function obstacleIn(reply: Reply, atCommand: AtCommand): Move | undefined {
  if (reply.code < 300) return undefined
  if (reply.code >= 400) return { type: 'fail', failure: refusedBy(reply, atCommand) }
  return abort(setback('malformedReply', atCommand, `${reply.code} is no answer here`))
}
