import type { JourneyFilter } from '../journey/filter.ts'
import type { MailboxRole } from '../journey/mailbox-role.ts'

/**
 * The store port: what must be durable, in the words of mail and not of SQL.
 *
 * Every method that writes resolves after the commit is on disk, and rejects with a `WaybillError`
 * (`store-full`, `store-busy`, `store-broken`) when nothing of it was written. Calls that arrive
 * together share one transaction and one fsync (group commit); each stands or falls whole.
 * Times are Unix milliseconds. The contract tests in `contract.ts` run on every adapter.
 */

import type { AccountReader } from './account-port.ts'
import type { AccountPort } from './ports/accounts.ts'
import type { Act, ActPort, ActQuery } from './ports/acts.ts'
import type { StrangerLimits } from './strangers.ts'

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
}

/** One recipient of one message that must go to another server. */
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
  /** What is told of other messages in the same transaction. Their status stays as it is. */
  readonly laterSteps?: readonly LaterSteps[]
}

export interface QueueItem extends NewQueueItem {
  readonly attempts: number
  readonly held: boolean
  /** Why the last attempt did not succeed; empty before the first. */
  readonly lastProblem: string
}

/** What became of a leased item. Each is one step of its journey, settled in one transaction. */
export interface Settlement {
  readonly queueId: string
  readonly owner: string
  readonly outcome:
    | { readonly type: 'delivered' }
    | { readonly type: 'failed' }
    | {
        readonly type: 'deferred'
        readonly nextAttemptAt: number
        readonly problem: string
        /** `false`: it was put off untried, and no attempt is counted. */
        readonly attempted?: boolean
      }
  /** JSON of the steps to append to the item's journey, and the facts they refer to. */
  readonly steps: string
  readonly shared: readonly SharedFact[]
  /**
   * The recipient's new status and its summary. They are the journey's as well, unless it has other
   * recipients: then one word and one sentence are made of all (`wholeStatus`, `wholeSummary`).
   */
  readonly status: string
  readonly summary: string
  /** A delivery status notification, accepted in the same transaction. */
  readonly notification?: Acceptance
  /**
   * Those of one call that have the same word here stand or fall together: when one of them is no
   * longer leased by its owner, none of them is settled. For what is told of several in one letter.
   */
  readonly together?: string
}

export interface JourneyRow {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly startedAt: number
  readonly status: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly subject: string
  readonly summary: string
  /** The addresses in From, with commas between; empty when there are none. */
  readonly author: string
  /** The Message-ID field; empty when there is none. */
  readonly headerMessageId: string
  /** When it was written down, by the clock of the machine, which no lab moves. */
  readonly writtenAt: number
}

export interface StoredJourney extends JourneyRow {
  readonly json: string
  /** JSON of the steps appended later, in order. */
  readonly appended: readonly string[]
  readonly messageId: string | undefined
}

export interface MailboxRow {
  /** In its mailbox; given in ascending order and never twice. */
  readonly uid: number
  readonly account: string
  /** `undefined` for a mailbox that has no role. */
  readonly role: MailboxRole | undefined
  /** Its name for people. */
  readonly mailbox: string
  readonly messageId: string
  readonly journeyId: string
  readonly receivedAt: number
  readonly size: number
}

/** Where a message lies. */
export type MailPlace = Pick<MailboxRow, 'account' | 'mailbox' | 'uid'>

/** A stored message, opened for reading. Must be read to its end or closed. */
export interface OpenMessage {
  readonly id: string
  /** Octets of the whole: prefix and content less what is left out. */
  readonly size: number
  /** The message as it is sent and shown, in chunks of at most 64 KiB. */
  chunks(): AsyncIterable<Uint8Array>
  /** The content as it came in, before anything of ours. Replay needs it. */
  original(): AsyncIterable<Uint8Array>
}

/** Newest first. */
export interface JourneyQuery {
  readonly limit: number
  /** Only journeys that started before this time. */
  readonly before?: number
  /** Only journeys behind the one with this id in the list: for paging, exact at equal times. */
  readonly behind?: string
  readonly direction?: 'in' | 'out'
  readonly status?: string
}

export type FoundJourney =
  | { readonly type: 'found'; readonly journey: StoredJourney }
  | { readonly type: 'none' }
  | { readonly type: 'ambiguous'; readonly ids: readonly string[] }

export interface MailboxQuery {
  readonly account?: string
  readonly role?: MailboxRole
  /** Only what has a greater uid: for paging through one mailbox. */
  readonly afterUid?: number
  readonly limit?: number
}

export interface DkimKeyRow {
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa' | 'ed25519'
  /** PKCS#8 PEM. */
  readonly privateKey: string
  readonly createdAt: number
  /** Only active keys sign; a retired one may still be published. */
  readonly active: boolean
}

/** Journeys that a filter lets through, newest first in the order in which they were written. */
export interface FoundJourneys {
  readonly rows: readonly JourneyRow[]
  /** `false`: only the newest `searchLimit` journeys were looked at. */
  readonly searchedAll: boolean
}

/** How many journeys a search looks at, unless an index leads to those that are meant. */
export const searchLimit: number = 100_000

/** The reading side, for console, command line and tests. Another process may use it meanwhile. */
export interface StoreReader extends AccountReader {
  /**
   * `last`, `last:2` (by the order of writing), at least 4 characters from the start or the end of an
   * id, `Ref …` as replies have it, or a Message-ID.
   */
  findJourney(ref: string): FoundJourney
  listJourneys(query: JourneyQuery): readonly JourneyRow[]
  searchJourneys(query: { readonly filter: JourneyFilter; readonly limit: number }): FoundJourneys
  sharedFacts(hashes: readonly string[]): ReadonlyMap<string, string>
  openMessage(id: string): OpenMessage | undefined
  /** Of one mailbox by ascending uid; of several by the time of their receipt. */
  listMailbox(query: MailboxQuery): readonly MailboxRow[]
  /** The next attempts first. */
  listQueue(query: {
    readonly limit: number
    readonly filter?: JourneyFilter
  }): readonly QueueItem[]
  dkimKeys(domain: string): readonly DkimKeyRow[]
  acts(query: ActQuery): readonly Act[]
  /** Kept with every change, never counted. */
  counts(): StoreCounts
  close(): void
}

/** How much there is. */
export interface StoreCounts {
  readonly messages: number
  readonly queued: number
  /** Of those in the queue. */
  readonly held: number
  readonly journeys: number
}

export interface Store {
  /**
   * Commits an acceptance. Resolves only after it is durable: then `250` may leave. Its octets must
   * not change until then. Ids are the caller's; one that is taken already is a fault of ours.
   */
  accept(acceptance: Acceptance): Promise<void>
  /**
   * Takes up to `limit` due items (not held, not leased to a living lease) until `leaseUntil`.
   * An expired lease is due again: a crash repeats an attempt, it never loses one.
   */
  lease(input: {
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
    readonly limit: number
    /**
     * No schedule puts an item off beyond this: one that is due later was put off before the clock
     * was set back, and is due now. Absent: none is.
     */
    readonly farthest?: number
  }): Promise<readonly QueueItem[]>
  /**
   * Takes these items until `leaseUntil`, due or not, held or not; all but those that somebody else
   * leases now. For a person who wants something else to become of them.
   */
  take(input: {
    readonly queueIds: readonly string[]
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  }): Promise<readonly QueueItem[]>
  /**
   * Settles leased items. An item leased by another owner meanwhile is left alone, and so is one
   * whose lease was ended by `releaseLeases`: its settlement is dropped with its notification, and so
   * is all that stands `together` with it. Gives the ids of the items whose leases were lost.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly string[]>
  /** Ends every lease: called once at start, when no other process can hold one. */
  releaseLeases(): Promise<void>
  /** Keeps items from being leased until `release`. Gives how many were not held before. */
  hold(queueIds: readonly string[]): Promise<number>
  /** Ends a hold and sets the next attempt, held or not ("try now"). Gives how many there were. */
  release(queueIds: readonly string[], nextAttemptAt: number): Promise<number>
  /**
   * Takes messages out of mailboxes, for good: the octets go with the last place that has them, and
   * journeys keep what was written down of them. Gives how many there were.
   */
  removeMail(input: { readonly items: readonly MailPlace[]; readonly at: number }): Promise<number>
  /** When the next item is due; `undefined` when nothing waits. */
  nextDueAt(): Promise<number | undefined>
  putDkimKey(key: DkimKeyRow): Promise<void>
  readonly accounts: AccountPort
  readonly acts: ActPort
  /** The reading side over the same data. */
  readonly read: StoreReader
  /** Commits what is under way, then closes. */
  close(): Promise<void>
}

/**
 * Takes the octets of one message as they come and keeps at most about 512 KiB of them in memory:
 * what is longer goes to a file. The hash is computed on the way.
 */
export interface ContentSink {
  /**
   * Takes one chunk; it may be reused afterwards. A promise means: wait for it before the next one.
   * Rejects with `store-full` or `content-unwritten`; call `abort` then.
   */
  push(chunk: Uint8Array): void | Promise<void>
  /** The end of the message. What it gives is durable only after `accept`. */
  finish(): Promise<NewContent>
  /**
   * After `finish`: the first octets of the content alone; the rest is not wanted and goes. Of a
   * content that is not longer, all of it.
   */
  shorten(content: NewContent, octets: number): Promise<NewContent>
  /**
   * The message is not wanted: what was kept of it goes. Also for content that `finish` gave and no
   * `accept` was called with. Never rejects, may be called twice.
   */
  abort(): void
}

/** Where contents begin: the receiving side opens one sink for each message. */
export interface ContentIntake {
  /**
   * @param from whose message it is; those of strangers get a share of the disk only, and `push`
   *   rejects with `store-full` when it is used up
   */
  newContent(from?: 'stranger' | 'own'): ContentSink
}

/** What may go. Messages and contents go with the last thing that refers to them. */
export interface PruneRequest {
  /** Journeys that started before this time go, unless an item of theirs is still in the queue. */
  readonly journeysBefore: number
  /** The same for connections that brought no letter; as `journeysBefore` when absent. */
  readonly scansBefore?: number
  /** Contents of letters that were refused before this time; as their journeys when absent. */
  readonly refusedBefore?: number
  /** How much strangers may make us keep: the oldest goes first. The store's own when absent. */
  readonly strangers?: StrangerLimits
}

export interface PruneResult {
  readonly journeys: number
  readonly messages: number
  readonly contents: number
  readonly facts: number
}

export interface Retention {
  /**
   * Removes in many small transactions, so that mail goes on meanwhile, with a `pause` between any
   * two, which may end it there. A message that is in the queue, in a mailbox or part of a journey
   * that stays is kept.
   */
  prune(request: PruneRequest, pause?: () => Promise<'go-on' | 'enough'>): Promise<PruneResult>
}

/** All that an adapter gives: the port of the agents, and what intake and housekeeping need. */
export interface FullStore extends Store, ContentIntake, Retention {}
