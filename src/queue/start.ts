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
  /** Letters that its rates let go now; `Infinity` without rates. */
  readonly allowance: number
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
  | {
      readonly type: 'put-off'
      readonly by: 'back-off' | 'pause' | 'quiet-hours'
      readonly until: number
      readonly because: string
    }
  /**
   * Nothing: it goes on when a place is free, with the end of the batch that finds out, or when its
   * rates let a letter go.
   */
  | { readonly type: 'wait'; readonly for: 'place' | 'probe' | 'rate' }

/** A batch is not split into smaller pieces than this to fill all connections. */
const smallBatch = 5

/** Decides what may start now to a destination. Pure: the same standing, the same start. */
export function startNow(standing: Standing): Start {
  const { may, waiting, free, kept, allowance, maxBatch } = standing
  switch (may.type) {
    case 'none': {
      const { by, until, because } = may
      // Whose time is over is tried once more where nobody answers, and that takes a place.
      if (by === 'back-off' && free <= 0) return { type: 'wait', for: 'place' }
      if (until === undefined) return { type: 'wait', for: 'probe' }
      return { type: 'put-off', by, until, because }
    }
    case 'one':
      if (free <= 0) return { type: 'wait', for: 'place' }
      return allowance < 1 ? { type: 'wait', for: 'rate' } : { type: 'probe' }
    case 'all': {
      // A connection that is kept is for a destination that is up: a probe is a batch of its own.
      if (free <= 0 && !kept) return { type: 'wait', for: 'place' }
      if (allowance < 1) return { type: 'wait', for: 'rate' }
      const count = Math.min(maxBatch, allowance, fairShare(waiting, Math.max(1, free)))
      return kept ? { type: 'join', count } : { type: 'begin', count }
    }
  }
}

/** All connections get a share, but no batch becomes so small that connecting costs more. */
export function fairShare(waiting: number, connections: number): number {
  return Math.max(smallBatch, Math.ceil(waiting / connections))
}
