/** RFC 3464 §2.3.3. */
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** What became of one recipient, and what its sender asked to be told. */
export interface DsnRecipient {
  /** Where the letter went. */
  readonly address: string
  /** What stood in RCPT, where it led to this address. Absent: they are the same. */
  readonly rcptTo?: string
  /** ORCPT with its encoding undone: `rfc822` and the address (RFC 3461 §4.2). */
  readonly originalRecipient?: { readonly addressType: string; readonly address: string }
  /** NOTIFY (RFC 3461 §4.1); absent when the sender did not say. */
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[]
  readonly action: DsnAction
  /** Enhanced status code, `5.1.1`. Its class is made to fit the action. */
  readonly status: string
  /** What happened, one sentence in our own words. */
  readonly because: string
  /** The server that was spoken to, when there was one. */
  readonly remote?: { readonly name?: string; readonly ip?: string }
  /** Its words, which are a stranger's: they are cleaned and cut here. */
  readonly reply?: {
    readonly code: number
    readonly enhanced: string | null
    readonly lines: readonly string[]
  }
  /** What happened step by step, in sentences, oldest first. */
  readonly steps?: readonly string[]
  readonly lastAttemptAt?: number
  /** When this server will give up; for `delayed`. */
  readonly willRetryUntil?: number
}

/** What a notification is made from. Times are Unix milliseconds. */
export interface NotificationInput {
  /** Who sent the message; empty for the null reverse-path. */
  readonly reversePath: string
  /** The message came with SMTPUTF8, so its sender can take a report in UTF-8 (RFC 6533). */
  readonly smtpUtf8: boolean
  /**
   * The report goes on to another server, and nobody knows what that one takes (RFC 6533 §4.5). Absent:
   * it is filed here.
   */
  readonly goesOn?: boolean
  readonly ret?: 'full' | 'headers'
  /** ENVID with its encoding undone. */
  readonly envelopeId?: string
  /** The id that a person can ask about. */
  readonly reference: string
  readonly arrivedAt: number
  /** The host that the message came from (RFC 3464 §2.2.4). */
  readonly receivedFrom?: string
  /** The message from its first octet on. `complete` says whether this is all of it. */
  readonly original: { readonly octets: Uint8Array; readonly complete: boolean }
  readonly recipients: readonly DsnRecipient[]
  readonly reporter: {
    readonly hostname: string
    /** `postmaster@` the host name when not given. */
    readonly postmaster?: string
  }
  readonly now: number
  readonly offsetMinutes?: number
  /** Numbers in [0, 1), for the Message-ID and the boundary. */
  readonly random: () => number
  /** A longer message is returned as its header only; 65,536 when not given. */
  readonly maxReturnedOctets?: number
}
