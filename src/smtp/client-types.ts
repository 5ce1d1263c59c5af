import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { ScramProof, ScramWish } from '../sasl/mechanism.ts'
import type { CommonOutput } from '../wire/engine.ts'
import type { Extensions } from './ehlo.ts'
import type { NotifyWhen, OriginalRecipient } from './parameters.ts'
import type { Reply } from './reply.ts'

const minuteMs = 60_000

/** How a client engine behaves unless told otherwise: all but the host name. */
export const defaultClientOptions: Omit<ClientOptions, 'hostname'> = {
  protocol: 'smtp',
  tls: 'whenOffered',
  auth: null,
  chunking: 'whenOffered',
  eightBitToSevenBitPeer: 'fail',
  // RFC 5321 §4.5.3.2
  timeouts: {
    greetingMs: 5 * minuteMs,
    commandMs: 5 * minuteMs,
    mailMs: 5 * minuteMs,
    rcptMs: 5 * minuteMs,
    dataMs: 2 * minuteMs,
    blockMs: 3 * minuteMs,
    messageMs: 10 * minuteMs,
    tlsMs: minuteMs,
    quitMs: 5000,
  },
  maxReplyBytes: 64 * 1024,
}

/** What the driver tells the client engine. */
export type ClientInput =
  /** The connection is there; with implicit TLS, after the handshake. Once, first of all. */
  | { readonly type: 'connected' }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** Send this. May come at any time, even before `connected`; one at a time. */
  | { readonly type: 'transaction'; readonly transaction: ClientTransaction }
  /** The next part of the content, as `wantMessage` asked. */
  | { readonly type: 'message'; readonly octets: Uint8Array; readonly last: boolean }
  /** The content cannot be read to its end: break off, so that nothing half is taken. */
  | { readonly type: 'messageFailed' }
  | { readonly type: 'tlsStarted' }
  | { readonly type: 'tlsFailed' }
  /** What `derive` asked for. */
  | { readonly type: 'derived'; readonly proof: ScramProof }
  /** The time asked for by the last `wake` is over. */
  | { readonly type: 'deadline' }
  | { readonly type: 'peerClosed' }
  /** Say QUIT when nothing is under way, then close. */
  | { readonly type: 'quit' }
  /** We end it ourselves, whatever is under way. `why` stands behind "because". */
  | { readonly type: 'breakOff'; readonly why: string }

/** What the client engine wants of its driver, to be done in this order. */
export type ClientOutput =
  | CommonOutput
  /** Start the TLS handshake as client, then say `tlsStarted` or `tlsFailed`. */
  | { readonly type: 'startTls' }
  /** Hash this for a log-in, then say `derived`. It holds the password. */
  | { readonly type: 'derive'; readonly wish: ScramWish }
  /**
   * Greeted, and free for a `transaction` or `quit`. `tlsRefusal`: how the server refused STARTTLS,
   * which it had offered, where we went on without. `refusedLogins`: the mechanisms that it had
   * offered and refused, before the log-in by another one.
   */
  | {
      readonly type: 'ready'
      readonly extensions: Extensions
      readonly tlsRefusal: Reply | null
      readonly refusedLogins: readonly RefusedLogin[]
    }
  /** Give the next `message` when the octets sent so far have left. */
  | { readonly type: 'wantMessage' }
  /** What we do now, and wait for an answer to: told when it is something else than before. */
  | { readonly type: 'doing'; readonly atCommand: AtCommand }
  /** All of the message is said, and its answer is to come: to break off now may send it twice. */
  | { readonly type: 'allSent' }
  /** The transaction is over. Exactly once for each, also when the connection breaks. */
  | { readonly type: 'outcome'; readonly recipients: readonly RecipientOutcome[] }
  /** The session has failed and takes no more transactions; `close` follows, maybe after QUIT. */
  | { readonly type: 'sessionFailed'; readonly failure: Setback }
  | { readonly type: 'close' }
  /** One line of the dialogue for the record, without CRLF. Passwords are masked. */
  | { readonly type: 'line'; readonly from: 'client' | 'server'; readonly text: string }

/** One message to send: envelope and what has to be known of the content beforehand. */
export interface ClientTransaction {
  readonly reversePath: ReversePath
  readonly recipients: readonly ClientRecipient[]
  /** Octets of the content, before dot-stuffing; `null` when not known. */
  readonly size: number | null
  /** The content has octets over 127. */
  readonly eightBit: boolean
  /** An address is not ASCII, so the peer must offer SMTPUTF8. RFC 6531 §3.1. */
  readonly smtpUtf8: boolean
  /** The header is not ASCII: SMTPUTF8 is said where it is offered. RFC 6531 §3.4. */
  readonly utf8Header: boolean
  readonly ret: 'FULL' | 'HDRS' | null
  readonly envid: string | null
  /** REQUIRETLS is said where it is offered. RFC 8689 §4.2.1. Absent: no. */
  readonly requireTls?: boolean
  /**
   * Only so far, and no message is sent: `accepted` then means that the server said yes up to there.
   * Behind DATA only closing the connection ends it, because no content may be half.
   */
  readonly stopAfter?: 'MAIL' | 'RCPT' | 'DATA'
}

export interface ClientRecipient {
  readonly forwardPath: ForwardPath
  readonly notify: readonly NotifyWhen[] | null
  readonly orcpt: OriginalRecipient | null
}

/** What became of one recipient, in the order of `recipients`. */
export type RecipientOutcome =
  /**
   * The peer has the message for this recipient. `dsn`: it took over our DSN parameters. `filed`: it
   * speaks LMTP, has no queue, and so has delivered it (RFC 2033 §1).
   */
  | {
      readonly result: 'accepted'
      readonly reply: Reply
      readonly dsn: boolean
      readonly filed?: true
    }
  | Setback

/** `deferred`: to be tried again. `failed`: never to be tried again at this peer. */
export type Setback = Failure & { readonly result: 'deferred' | 'failed' }

/** Why something did not work. */
export interface Failure {
  readonly because: FailureCause
  /** What we were doing. */
  readonly atCommand: AtCommand
  /** RFC 3463 code: the peer's, or ours when the peer gave none. */
  readonly status: string
  /** The peer's words, when there are any. */
  readonly reply: Reply | null
  /** One sentence in our own words. */
  readonly text: string
}

export type AtCommand =
  | 'CONNECT'
  | 'EHLO'
  | 'HELO'
  | 'LHLO' // EHLO of LMTP, RFC 2033 §4.1
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'MESSAGE' // the content, to its final dot or its last chunk
  | 'RSET'
  | 'QUIT'

export type FailureCause =
  | 'reply' // the peer said so: `reply` has it
  | 'timeout'
  | 'connectionLost'
  /** All was sent, the answer never came: the peer may have it. RFC 1047. */
  | 'unknownAfterMessage'
  | 'malformedReply'
  | 'tlsNotOffered'
  | 'tlsFailed'
  | 'authNotOffered'
  /** It offers CHUNKING and knows no BDAT: it has read the content as commands. */
  | 'chunkingFailed'
  | 'smtpUtf8NotOffered'
  | 'eightBitNotOffered'
  | 'messageTooBig'
  | 'messageUnreadable'
  /** We ended the session ourselves. */
  | 'brokenOff'

/** How a client engine behaves. `defaultClientOptions` has all but the host name. */
export interface ClientOptions {
  /** Our name for EHLO: a domain or an address literal. */
  readonly hostname: string
  /** `lmtp`: greeted by LHLO, and each recipient has an answer to the message. RFC 2033. */
  readonly protocol: 'smtp' | 'lmtp'
  /** `active`: the connection is encrypted before the first octet (port 465). */
  readonly tls: 'never' | 'whenOffered' | 'required' | 'active'
  /** Log in before the first message; only over TLS unless `allowClearText`. */
  readonly auth: ClientAuth | null
  /** `whenOffered`: content goes by BDAT where CHUNKING is offered, else always by DATA. RFC 3030. */
  readonly chunking: 'never' | 'whenOffered'
  /** Content with octets over 127 for a peer without 8BITMIME: RFC 6152 §3 forbids `send`. */
  readonly eightBitToSevenBitPeer: 'fail' | 'send'
  readonly timeouts: ClientTimeouts
  readonly maxReplyBytes: number
  /** `ready` comes after this much of the handshake, for who only wants to see so far. */
  readonly stopAfter?: 'banner' | 'ehlo' | 'starttls'
}

export interface ClientAuth {
  readonly username: string
  readonly password: string
  readonly authorizationId: string
  readonly allowClearText: boolean
  /**
   * For SCRAM: printable ASCII without a comma that nobody can guess, another for each session. Absent:
   * SCRAM is not used.
   */
  readonly nonce?: string | undefined
  /**
   * Where the server refuses SCRAM itself, the next mechanism that it offers is tried, which shows it
   * the password. Only for a server that must prove by its certificate who it is. Absent: no.
   */
  readonly fallsBack?: boolean
}

/** A mechanism of log-in that the server offers and refused, though it takes another one. */
export interface RefusedLogin {
  readonly mechanism: string
  readonly reply: Reply
}

/** RFC 5321 §4.5.3.2 gives the least values, which are the defaults. */
export interface ClientTimeouts {
  readonly greetingMs: number
  readonly commandMs: number
  readonly mailMs: number
  readonly rcptMs: number
  readonly dataMs: number
  readonly blockMs: number
  readonly messageMs: number
  readonly tlsMs: number
  readonly quitMs: number
}
