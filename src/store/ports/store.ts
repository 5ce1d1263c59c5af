import type { AccountPort } from './accounts.ts'
import type { ActPort } from './acts.ts'
import type { ChangePort } from './changes.ts'
import type { ApiKeyPort, SecondFactorPort } from './credentials.ts'
import type { ContentIntake, MessagePort } from './contents.ts'
import type { JourneyPort } from './journeys.ts'
import type { KeyPort } from './keys.ts'
import type { MailboxPort } from './mailboxes.ts'
import type { PostPort } from './post.ts'
import type { QueuePort } from './queue.ts'
import type { ReceiptPort } from './receipts.ts'
import type { RegisterPort } from './register.ts'
import type { Retention } from './retention.ts'

/**
 * The store: what must be durable, in the words of mail and not of SQL, as small ports. Whoever needs
 * some of it takes those.
 *
 * Every method that writes resolves after the commit is on disk, and rejects with a `WaybillError`
 * (`store-full`, `store-busy`, `store-broken`) when nothing of it was written. Calls that arrive
 * together share one transaction and one fsync (group commit); each stands or falls whole.
 * What reads sees all that was written before. Times are Unix milliseconds. The contract tests in
 * `contract.ts` run on every adapter.
 */
export interface Store extends ChangePort {
  readonly post: PostPort
  readonly contents: ContentIntake
  readonly messages: MessagePort
  readonly queue: QueuePort
  readonly mailboxes: MailboxPort
  readonly journeys: JourneyPort
  readonly accounts: AccountPort
  readonly keys: KeyPort
  readonly acts: ActPort
  readonly apiKeys: ApiKeyPort
  readonly secondFactors: SecondFactorPort
  readonly receipts: ReceiptPort
  readonly register: RegisterPort
  readonly retention: Retention
  /** Kept with every change, never counted. */
  counts(): Promise<StoreCounts>
  /** Commits what is under way, then closes. */
  close(): Promise<void>
}

/** How much there is. */
export interface StoreCounts {
  readonly messages: number
  readonly queued: number
  /** Of those in the queue. */
  readonly held: number
  readonly journeys: number
}
