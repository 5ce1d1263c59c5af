import type { MailDomain, PathRemark } from '../address/mailbox.ts'
import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { CommonOutput } from '../wire/engine.ts'
import type { MailParameters, RcptParameters } from './parameters.ts'
import type { Reply } from './reply.ts'

/** What the driver tells the server engine. */
export type ServerInput =
  /** The connection is there; with implicit TLS, after the handshake. Once, first of all. */
  | { readonly type: 'connected'; readonly tls: TlsSession | null }
  /**
   * Octets from the peer, after decryption. The engine keeps the array (and gives parts of it back
   * as message content), so the driver must not write into it again.
   */
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** The answer to the question asked last. */
  | { readonly type: 'answer'; readonly answer: Answer }
  /** The handshake that `startTls` asked for is done. */
  | { readonly type: 'tlsStarted'; readonly tls: TlsSession }
  /** It has failed, and the connection with it. */
  | { readonly type: 'tlsFailed' }
  /** The time asked for by the last `wake` is over. */
  | { readonly type: 'deadline' }
  /** No more octets will come. What came before is still worked off. */
  | { readonly type: 'peerClosed' }
  /** End with 421 as soon as nothing is under way; a message that is arriving may still finish. */
  | { readonly type: 'shutdown' }
  /** End with 421 now, in the middle of a message too; only an open question is waited for. */
  | { readonly type: 'graceOver' }

/** What the server engine wants of its driver, to be done in this order. */
export type ServerOutput =
  | CommonOutput
  /**
   * A line of the client for the record, without CRLF; passwords are masked. `command`: the one that
   * it is, or belongs to, as records name it (`MAIL FROM`); empty when it is none.
   */
  | {
      readonly type: 'heard'
      readonly exchange: number
      readonly command: string
      readonly text: string
    }
  /**
   * Say this. The number is that of the line which is answered; one that no line had when nobody has
   * asked. `refuses`: the command that the engine refuses with it by itself, for its form, its order,
   * or what is not to be had; `null` for every other reply, also where policy refuses.
   */
  | {
      readonly type: 'reply'
      readonly exchange: number
      readonly reply: Reply
      readonly refuses: string | null
    }
  /** Answer this with one `answer` input; until then octets wait. `session`: what is known before. */
  | { readonly type: 'ask'; readonly question: Question; readonly session: Session }
  /** Decoded message content: after DATA was accepted, until `messageEnd`. */
  | { readonly type: 'message'; readonly octets: Uint8Array }
  /** The content is over, exactly once for each accepted `data` question. `message` is asked next. */
  | { readonly type: 'messageEnd'; readonly ending: 'complete'; readonly facts: MessageFacts }
  /** The same, and the engine refuses it: forget it. The `reply` is said next. */
  | {
      readonly type: 'messageEnd'
      readonly ending: 'refused'
      readonly facts: MessageFacts
      readonly reply: Reply
    }
  /** The same, but the end was never seen: forget it. `closing` as below. */
  | {
      readonly type: 'messageEnd'
      readonly ending: 'abandoned'
      readonly facts: MessageFacts
      readonly closing: CloseReason | null
    }
  /**
   * A transaction with an accepted sender was dropped before its content: RSET, EHLO, QUIT, gone.
   * `closing`: why the session ends with it; `null` when it goes on.
   */
  | { readonly type: 'transactionDropped'; readonly closing: CloseReason | null }
  /** Start the TLS handshake as server, then say `tlsStarted` or `tlsFailed`. */
  | { readonly type: 'startTls' }
  /** Send what is still to be sent, then close. Nothing comes after it. */
  | { readonly type: 'close'; readonly reason: CloseReason; readonly session: Session }

export type CloseReason =
  | 'quit'
  | 'peerClosed'
  | 'timeout'
  | 'refused' // policy answered with 421, or refused the connection
  | 'tooManyErrors'
  | 'tooMuch' // a limit on commands, rejections, log-ins or buffered octets was reached
  | 'earlyTalk' // octets came before the greeting
  | 'notSmtp' // HTTP or TLS octets where commands are expected, or chunks that cannot be followed
  | 'shutdown'

/** A decision that belongs to policy. */
export type Question =
  /** May this peer speak? Accept: 220 greeting. Reject: 554 (then only QUIT), or 421 and close. */
  | { readonly type: 'connect' }
  | ({ readonly type: 'helo' } & Greeting)
  /** Are these credentials good? Reject with 535 5.7.8, or 454 4.7.0 when it cannot be told. */
  | {
      readonly type: 'auth'
      readonly mechanism: 'PLAIN' | 'LOGIN'
      /** Who to act for; empty means: as the user. RFC 4616 §2. */
      readonly authorizationId: string
      readonly username: string
      readonly password: string
    }
  | {
      readonly type: 'sender'
      readonly reversePath: ReversePath
      /** Where it goes beyond RFC 5321, each once. */
      readonly remarks: readonly PathRemark[]
      readonly parameters: MailParameters
    }
  | {
      readonly type: 'recipient'
      readonly forwardPath: ForwardPath
      readonly remarks: readonly PathRemark[]
      readonly parameters: RcptParameters
    }
  /** May the content come? Accept: 354 (or the first BDAT is taken). */
  | { readonly type: 'data' }
  /** The whole content was delivered: take it (and only then accept) or refuse it. */
  | { readonly type: 'message'; readonly facts: MessageFacts }

/**
 * What policy says. Without `reply` the engine's own words are used. A reply to an accept has a 2xx
 * code, one to a reject 4xx or 5xx; 421 also closes the connection.
 */
export type Answer =
  | { readonly type: 'accept'; readonly reply?: Reply }
  | { readonly type: 'reject'; readonly reply: Reply }

/** What was seen while a message passed. */
export interface MessageFacts {
  /** Octets of the content, dot-stuffing undone, also those beyond the limit. */
  readonly octets: number
  /** An octet over 127 was there. */
  readonly eightBit: boolean
  /** A NUL octet was there. */
  readonly nul: boolean
  /** A CR or LF that is not part of CRLF was there. RFC 5321 §2.3.8. */
  readonly bareNewline: boolean
  /** Longer than `maxMessageBytes`. */
  readonly tooBig: boolean
}

/** What is known of a TLS session: its version, as `TLSv1.3`, and its cipher. */
export interface TlsSession {
  readonly protocol: string
  readonly cipher: string
}

/** What is known of a session; outputs bring it. */
export interface Session {
  /** `null` in clear text. */
  readonly tls: TlsSession | null
  readonly greeting: Greeting | null
  /** The name given at a successful AUTH. */
  readonly user: string | null
  readonly transaction: Transaction | null
}

/** How the client presented itself. */
export interface Greeting {
  readonly verb: 'EHLO' | 'HELO'
  readonly name: string
  /** `null` when the name is no valid domain or address literal. */
  readonly domain: MailDomain | null
}

/** An accepted MAIL and its accepted recipients. */
export interface Transaction {
  readonly reversePath: ReversePath
  readonly parameters: MailParameters
  readonly recipients: readonly AcceptedRecipient[]
  /** `chunks` once the content has begun to come with BDAT. */
  readonly content: 'none' | 'chunks'
}

export interface AcceptedRecipient {
  readonly forwardPath: ForwardPath
  readonly parameters: RcptParameters
}

/** How a server engine behaves. `defaultServerOptions` has all but the host name. */
export interface ServerOptions {
  /** Our name in the greeting and in the EHLO reply. */
  readonly hostname: string
  /** Behind the host name in the greeting: `220 mx.example ESMTP Waybill`. */
  readonly greetingText: string
  /** Whether TLS can be asked for, is there from the start, or is not to be had. */
  readonly tls: 'none' | 'starttls' | 'implicit'
  /**
   * AUTH is offered over TLS only. `required`: no MAIL without it. `any`: in clear text too, for who
   * takes every password, so that none protects anything.
   */
  readonly auth: 'off' | 'optional' | 'required' | 'any'
  /** Largest content taken, in octets; announced as SIZE. */
  readonly maxMessageBytes: number
  /** Optional extensions offered beside PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES and SIZE. */
  readonly extensions: {
    readonly smtpUtf8: boolean
    readonly dsn: boolean
    readonly chunking: boolean
    /** Over TLS. Who offers it promises to keep to it on the further way. RFC 8689 §2. */
    readonly requireTls: boolean
  }
  /** Octets before the greeting: `refuse` greets with 554 and closes. RFC 5321 §3.1. */
  readonly earlyTalk: 'refuse' | 'allow'
  readonly limits: ServerLimits
  readonly timeouts: ServerTimeouts
  /**
   * `lenient`: addresses beyond the letter of RFC 5321 are taken where they can be meant in one way
   * only, and each question says what is remarkable about its own. See `PathRemark`.
   */
  readonly addresses: 'strict' | 'lenient'
}

export interface ServerLimits {
  /** Octets of a command line with CRLF. RFC 5321 §4.5.3.1.4 asks for 512 and more by extension. */
  readonly commandLine: number
  /** Octets of an AUTH line with CRLF. RFC 4954 §4 asks for 12,288. */
  readonly authLine: number
  /** Recipients of one transaction; the next gets 452 4.5.3. RFC 5321 §4.5.3.1.8 asks for 100. */
  readonly recipients: number
  /** Errors of form or order; this one is answered with 421. */
  readonly errors: number
  /** Senders, recipients and messages refused by policy; this one is answered with 421. */
  readonly rejections: number
  /** Refused log-ins; this one is answered with 421. */
  readonly authFailures: number
  /** Commands that carry no mail (NOOP, RSET, EHLO, VRFY …) between two messages. */
  readonly idleCommands: number
  /** Octets waiting while a question is open; more of them and the connection is closed. */
  readonly waitingOctets: number
}

export interface ServerTimeouts {
  /** Between commands. RFC 5321 §4.5.3.2.7 asks for at least five minutes. */
  readonly commandMs: number
  /** In this time a message must grow by `minDataBytes`. */
  readonly dataMs: number
  readonly minDataBytes: number
  /** For the TLS handshake. */
  readonly tlsMs: number
}
