import type { NewReceipt } from './receipts.ts'
import type { RegisterEntry } from './register.ts'
import type { MailboxRole } from '../../journey/recipients.ts'

/** The octets of a message as they came in, never changed. Stored once for equal content. */
export interface NewContent {
  /** SHA-256 of the octets, lower-case hexadecimal. */
  readonly sha256: string
  readonly size: number
  /**
   * A file is taken over by the store, whatever becomes of the call: already fsynced by its writer,
   * in the data folder, moved into place here or removed. `ContentSink.finish` gives such a file.
   */
  readonly source:
    | { readonly type: 'octets'; readonly octets: Uint8Array }
    | { readonly type: 'file'; readonly path: string }
}

/**
 * A message made of content: `prefix` (our own header fields), then the content without the ranges
 * of `omit` (such as forged Authentication-Results fields with our name), each `[start, end)`.
 */
export interface NewMessage {
  readonly id: string
  readonly content: NewContent
  readonly prefix: Uint8Array
  /** In order, within the content, not overlapping. */
  readonly omit: readonly (readonly [start: number, end: number])[]
}

/** What the sender asked to be told (RFC 3461). */
export interface DsnRequest {
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[]
  readonly ret?: 'full' | 'headers'
  readonly envelopeId?: string
  /** `rfc822;user@example.org`, as given. */
  readonly originalRecipient?: string
  /** The address of RCPT, where it led to this recipient. Absent: they are the same. */
  readonly rcptTo?: string
  /** Further addresses of RCPT that led to this recipient with the same wishes: one copy serves all. */
  readonly alsoRcptTo?: readonly string[]
  /** Stands in MAIL FROM in place of the reverse-path: another one of the same sender (VERP). */
  readonly returnPath?: string
  /**
   * ENVID where the sender gave none. It is ours, so it stands in no report of our own (RFC 3461
   * §6.3 a).
   */
  readonly ownEnvelopeId?: string
  /**
   * What the message asks of TLS on its further way (RFC 8689): REQUIRETLS, or `TLS-Required: No`.
   * Absent: nothing.
   */
  readonly tls?: 'required' | 'waived'
  /**
   * It is for a mailbox here and waits for its time: it is filed in the one with this role, and no
   * server is asked. Absent: it goes to another server.
   */
  readonly filedIn?: MailboxRole
  /** Nobody vouched for the sender, so `notify` is `never` whatever was asked. */
  readonly unproven?: true
}

/** One recipient of one message that must go to another server, or waits for its time here. */
export interface NewQueueItem {
  readonly id: string
  readonly messageId: string
  readonly journeyId: string
  /** Empty for the null reverse-path. */
  readonly reversePath: string
  readonly recipient: string
  /** The domain (or address literal) that deliveries are grouped by. */
  readonly destination: string
  readonly smtpUtf8: boolean
  readonly eightBit: boolean
  readonly dsn: DsnRequest
  readonly createdAt: number
  readonly nextAttemptAt: number
  readonly expiresAt: number
  /** The login that it was sent with; absent: nobody was logged in. */
  readonly account?: string
  /** From -10 to 10, the higher first; 0 when absent. */
  readonly priority?: number
  /**
   * It was given to be sent then: the first attempt is not before, and a time far away is no sign of
   * a clock that was set back. Gone when the first attempt was.
   */
  readonly notBefore?: number
}

export interface NewMailboxItem {
  /** The address of an account; it is made when it is not there. */
  readonly account: string
  readonly role: MailboxRole
  readonly messageId: string
  readonly journeyId: string
  readonly receivedAt: number
}

/** A journey as the store sees it: some fields to find it by, and its record, opaque here. */
export interface NewJourney {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly startedAt: number
  /** `accepted`, `delivered`, `marked`, `refused`, `dropped`, `deferred`, `failed`, … */
  readonly status: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly subject: string
  readonly summary: string
  readonly json: string
  /** What the record refers to by hash (DNS answers, certificates), stored once for all journeys. */
  readonly shared: readonly SharedFact[]
  /** The message this journey belongs to; its content is kept for replay as long as the journey. */
  readonly messageId?: string
  /** The addresses in From, with commas between. */
  readonly author?: string
  /** The Message-ID field. */
  readonly headerMessageId?: string
  /** The client's address. */
  readonly ip?: string
  /** The account that was logged in. */
  readonly login?: string
  /** How it stands with each recipient; absent: all of `rcptTo` as the journey. */
  readonly recipients?: readonly JourneyRecipient[]
}

/** A recipient of a journey: what its letter has come to there. */
export interface JourneyRecipient {
  readonly address: string
  readonly status: string
  /** The accounts here that have the letter, with spaces between. */
  readonly accounts: string
}

export interface SharedFact {
  readonly hash: string
  readonly json: string
}

/** Steps for a journey that was put down before. One that is gone by now is passed over. */
export interface LaterSteps {
  readonly journeyId: string
  /** JSON of the steps, and the facts they refer to. */
  readonly steps: string
  readonly shared: readonly SharedFact[]
  /**
   * What they say of some of its recipients: the new status, and the sentence for the whole. Absent:
   * each status stays as it is.
   */
  readonly recipients?: readonly {
    readonly address: string
    readonly status: string
    readonly summary: string
  }[]
}

/** What one `250` (or one refusal) puts down, all of it or nothing. */
export interface Acceptance {
  readonly message?: NewMessage
  /**
   * Further messages. They may be made of the same content: a message that goes out and is filed
   * here as well has two prefixes over one content.
   */
  readonly moreMessages?: readonly NewMessage[]
  readonly queue: readonly NewQueueItem[]
  readonly mailbox: readonly NewMailboxItem[]
  readonly journeys: readonly NewJourney[]
  /** What is told of other messages in the same transaction. */
  readonly laterSteps?: readonly LaterSteps[]
  /** That it was taken under a key of its sender: one that is there already is a fault of ours. */
  readonly receipt?: NewReceipt
  /** What is remembered from now on, in the same transaction. */
  readonly register?: readonly RegisterEntry[]
}

/** The one way in: what a `250` acknowledges. */
export interface PostPort {
  /**
   * Commits an acceptance. Resolves only after it is durable: then `250` may leave. Its octets must
   * not change until then. Ids are the caller's; one that is taken already is a fault of ours.
   */
  accept(acceptance: Acceptance): Promise<void>
}
