import type { QueuePort } from '../store/ports/queue.ts'
import type { BatchRunnerOptions } from './batch-runner.ts'
import type { ConcurrencyPolicy } from './concurrency.ts'
import type { BackOffPolicy } from './destination-health.ts'
import type { LeaserOptions } from './leaser.ts'
import type { PersonsPauses } from './permits.ts'
import type { Limits } from './places.ts'

/** What a dispatcher works with. */
export interface DispatcherOptions extends BatchRunnerOptions, LeaserOptions {
  readonly queue: Pick<QueuePort, 'lease' | 'settle' | 'nextDueAt' | 'releaseLeases'>
  /** Numbers in [0, 1), for the back-off. */
  readonly random: () => number
  readonly limits?: Limits
  readonly concurrency?: ConcurrencyPolicy
  readonly backOff?: BackOffPolicy
  /** What people have paused; absent: nothing. */
  readonly pauses?: PersonsPauses
  /** How long a batch may take, and an attempt before another process may repeat it; one hour. */
  readonly leaseMs?: number
  /** Items in one batch; 50. */
  readonly maxBatch?: number
  /** How long a connection that has sent all is kept for letters that come meanwhile; 0. */
  readonly keepConnectionMs?: number
  /** Items that are leased and wait, at a time; 2,000. What is under way is bounded by the places. */
  readonly maxWaiting?: number
}
