import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Directory } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Dialer } from '../io/dialer.ts'
import type { Post } from '../post/post.ts'
import type { Self } from '../route/self.ts'
import type { OpenMessage } from '../store/ports/messages.ts'
import type { QueueItem } from '../store/ports/queue.ts'

/** What the delivering agent works with; `app` joins it. */
export interface DeliverWorld {
  readonly hostname: string
  /** Our names and addresses: mail that would come back to them runs in a circle. */
  readonly self: Self
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  readonly log: Log
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  random(): number
  openMessage(id: string): Promise<OpenMessage | undefined>
  /** When to try again after this attempt; `undefined` when it was the last. */
  retryAt(item: QueueItem, now: number): number | undefined
  /** Whether the sender is to be told now that it takes longer, at a deferral until then. */
  warnOfDelay(item: QueueItem, nextAttemptAt: number): boolean
  /** Whether a notice goes to somebody here, who has a postmaster here. */
  readonly directory: Pick<Directory, 'lead'>
  /** Makes notices ready to be put down. */
  readonly post: Pick<Post, 'own'>
}
