import type { Ending } from '../base/ending.ts'
import type { Refuser } from '../source/independent.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'

/**
 * What the queue and the delivery hand to each other.
 */

/** Items for one destination that belong together. */
export interface Items {
  readonly destination: string
  readonly items: readonly QueueItem[]
  /** Goes into each settlement. */
  readonly owner: string
}

/** Items that are delivered together. */
export interface Batch extends Items {
  /** Asked to end when the dispatcher stops, or the time of the batch is over. */
  readonly ending: Ending
  /**
   * Told once it is known which servers the items go to (`siteOf`), before any is connected to.
   * `false`: there are as many connections to that site as may be, or nothing is sent there now; the
   * batch begins nothing then, and its items wait for their turn.
   */
  arrive(site: string): boolean
  /**
   * Asked of each item before something becomes of it. `false`: it was withdrawn, because somebody
   * wants it kept back or given up; then it is left out, and not settled.
   */
  begin(queueId: string): boolean
  /**
   * Takes what became of some of the items, as soon as it is known, and brings it into the store.
   * Never rejects. An item that was not settled is tried again.
   */
  settle(settling: Settling): Promise<void>
  /**
   * Further items, for a connection that has come to the end of these: what waits for the destination,
   * or comes within a moment. Empty when there is nothing, or others need the place.
   */
  more(): Promise<readonly QueueItem[]>
}

/** What became of items, to be brought into the store. */
export interface Settling {
  readonly settlements: readonly Settlement[]
  /**
   * Some leases were lost meanwhile, and what stands `together` with those was not settled either:
   * this gives its settlements again without them, and what is told of them with other words. Absent:
   * nothing stands together.
   */
  readonly again?: (lost: readonly string[]) => Promise<Settling>
}

/**
 * What is known after a batch, and what became of the items that were not settled before. They are
 * settled when what is known of the destination is learnt, so that nobody who sees them finds it
 * forgotten again.
 */
export interface BatchOutcome extends Settling {
  /**
   * `yes`: a server of the destination answered, whatever it said. `no`: none could be reached, so
   * other messages for it need not try now. `unknown`: no connection was needed to decide.
   */
  readonly reachable: 'yes' | 'no' | 'unknown'
  /** For `no`: what happened, for the record of the messages that are held back. */
  readonly problem?: string
  /** A server said what further letters would hear, too: they are kept back for a while. */
  readonly pause?: Pause
}

/** Nothing more is sent to a destination, or from our address to its site, for a while. */
export interface Pause {
  readonly of: 'destination' | 'source'
  readonly forMs: number
  /** In a sentence, with what the server said. */
  readonly because: string
  /** Who said of our address that it is listed, or not trusted. Absent: that was not said. */
  readonly refuser?: Refuser
}

/** Items that are not tried, because their destination was found down a moment ago. */
export interface Postponement extends Items {
  /** Not before this time; Unix milliseconds. */
  readonly until: number
  readonly because: string
  /** Whose time is over is given up: no attempt could begin. Else it is put off like the others. */
  readonly endsExpired?: boolean
  /** It is paused, so `because` says all; else the destination did not answer. */
  readonly paused?: boolean
}
