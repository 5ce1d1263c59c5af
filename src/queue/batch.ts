import type { QueueItem, Settlement } from '../store/store.ts'

/** Items for one destination that are delivered together. */
export interface Batch {
  readonly destination: string
  readonly items: readonly QueueItem[]
  /** Goes into each settlement. */
  readonly owner: string
}

/** What became of a batch. */
export interface BatchOutcome {
  /** One for each item; an item without one is tried again when its lease is over. */
  readonly settlements: readonly Settlement[]
  /**
   * `yes`: a server of the destination answered, whatever it said. `no`: none could be reached, so
   * other messages for it need not try now. `unknown`: no connection was needed to decide.
   */
  readonly reachable: 'yes' | 'no' | 'unknown'
  /** For `no`: what happened, for the record of the messages that are held back. */
  readonly problem?: string
}

/** A batch that is not tried, because its destination was found down a moment ago. */
export interface Postponement extends Batch {
  /** Not before this time; Unix milliseconds. */
  readonly until: number
  readonly because: string
}

/** What goes wrong around deliveries, for the log. Nothing is lost by any of these. */
export interface DispatcherProblem {
  readonly type: 'lease-failed' | 'delivery-crashed' | 'settle-failed' | 'item-not-settled'
  readonly queueIds: readonly string[]
  readonly error: unknown
}
