import type { MailboxRole } from '../../journey/recipients.ts'

/** A message in a mailbox. */
export interface MailboxRow {
  /** Of the mailbox. */
  readonly mailboxId: number
  /** In its mailbox; given in ascending order and never twice. */
  readonly uid: number
  readonly account: string
  /** `undefined` for a mailbox that has no role. */
  readonly role: MailboxRole | undefined
  /** Its name for people. */
  readonly mailbox: string
  readonly messageId: string
  readonly journeyId: string
  /** Its internal date (RFC 9051 §2.3.3). */
  readonly receivedAt: number
  readonly size: number
  /** Grows with every change in its mailbox (RFC 7162 §3.1). */
  readonly modseq: number
  readonly flags: readonly string[]
}

export interface MailboxQuery {
  /** By its id. */
  readonly mailbox?: number
  readonly account?: string
  readonly role?: MailboxRole
  /** Only what has a greater uid: for paging through one mailbox. */
  readonly afterUid?: number
  readonly limit?: number
}

/** A mailbox, as IMAP sees it (RFC 9051 §2.3.1, RFC 7162 §3.1.2). */
export interface StoredMailbox {
  /** Never given twice. */
  readonly id: number
  readonly account: string
  readonly role: MailboxRole | undefined
  readonly name: string
  readonly uidValidity: number
  /** Greater than every uid that was given. */
  readonly uidNext: number
  readonly highestModseq: number
  /** Removals with greater change numbers are all known: see `changed`. */
  readonly forgottenModseq: number
  readonly messages: number
  readonly unseen: number
  readonly octets: number
}

/** New flags for messages of a mailbox. */
export interface FlagChange {
  readonly mailbox: number
  readonly uids: readonly number[]
  readonly how: 'add' | 'remove' | 'replace'
  /** `\\Seen`, `\\Flagged`, keywords: without spaces, compared as they are written. */
  readonly flags: readonly string[]
  /** Messages with a greater change number are left alone (RFC 7162 §3.1.3). */
  readonly unchangedSince?: number
}

/** What happened in a mailbox behind a change number. */
export interface MailboxChanges {
  /** New messages and those with other flags, by ascending uid. */
  readonly items: readonly MailboxRow[]
  /** Uids of removed messages; `undefined`: some were forgotten, so all uids must be compared. */
  readonly expunged: readonly number[] | undefined
}

/** Where a message lies, as people name it. */
export type MailPlace = Pick<MailboxRow, 'account' | 'mailbox' | 'uid'>

/** Messages that go, and when that is. */
export interface MailRemoval {
  readonly items: readonly MailPlace[]
  readonly at: number
}

/** The mailboxes of all accounts. Messages come into them by `post.accept`. */
export interface MailboxPort {
  /** Of one account, or of all, in the order of their making. */
  list(account?: string): Promise<readonly StoredMailbox[]>
  /** Of one mailbox by ascending uid; of several by the time of their receipt. */
  items(query: MailboxQuery): Promise<readonly MailboxRow[]>
  changed(query: { readonly mailbox: number; readonly after: number }): Promise<MailboxChanges>
  /** Gives the uids that were left alone because of `unchangedSince`. */
  setFlags(change: FlagChange): Promise<readonly number[]>
  /**
   * Takes messages out of mailboxes, for good: the octets go with the last place that has them, and
   * journeys keep what was written down of them. Gives how many there were.
   */
  remove(removal: MailRemoval): Promise<number>
}
