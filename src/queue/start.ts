import type { Permission } from './destination-health.ts'

/** What is known of a destination, and of what waits for it, when something might start. */
export interface Standing {
  readonly may: Permission
  /** Items that wait for it. */
  readonly waiting: number
  /** Further connections that it may have now. */
  readonly free: number
  /** A connection to it has sent all and waits for more. */
  readonly kept: boolean
  /** Most items in one batch. */
  readonly maxBatch: number
}

/** What may start now to one destination. */
export type Start =
  /** A batch of so many items over a connection of its own. */
  | { readonly type: 'begin'; readonly count: number }
  /** A batch of one item, to find out whether the destination is up again. */
  | { readonly type: 'probe' }
  /** So many items go over the connection that waits for more. */
  | { readonly type: 'join'; readonly count: number }
  /** What waits is put off until then, untried. */
  | { readonly type: 'put-off'; readonly until: number; readonly because: string }
  /** Nothing: it goes on when a place is free, or with the end of the batch that finds out. */
  | { readonly type: 'wait'; readonly for: 'place' | 'probe' }

/** A batch is not split into smaller pieces than this to fill all connections. */
const smallBatch = 5

/** Decides what may start now to a destination. Pure: the same standing, the same start. */
export function startNow(standing: Standing): Start {
  const { may, waiting, free, kept, maxBatch } = standing
  switch (may.type) {
    case 'none':
      // To put items off takes a place as well: what its time is over for is tried once more.
      if (free <= 0) return { type: 'wait', for: 'place' }
      if (may.until === undefined) return { type: 'wait', for: 'probe' }
      return { type: 'put-off', until: may.until, because: may.because }
    case 'one':
      return free <= 0 ? { type: 'wait', for: 'place' } : { type: 'probe' }
    case 'all': {
      // A connection that is kept is for a destination that is up: a probe is a batch of its own.
      if (free <= 0 && !kept) return { type: 'wait', for: 'place' }
      const count = Math.min(maxBatch, fairShare(waiting, Math.max(1, free)))
      return kept ? { type: 'join', count } : { type: 'begin', count }
    }
  }
}

/** All connections get a share, but no batch becomes so small that connecting costs more. */
export function fairShare(waiting: number, connections: number): number {
  return Math.max(smallBatch, Math.ceil(waiting / connections))
}
