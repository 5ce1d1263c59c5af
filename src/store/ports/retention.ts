import type { StrangerLimits } from '../strangers.ts'

/** What may go. Messages and contents go with the last thing that refers to them. */
export interface PruneRequest {
  /** Journeys that started before this time go, unless an item of theirs is still in the queue. */
  readonly journeysBefore: number
  /** The same for connections that brought no letter; as `journeysBefore` when absent. */
  readonly scansBefore?: number
  /** Contents of letters that were refused before this time; as their journeys when absent. */
  readonly refusedBefore?: number
  /** What is remembered until a time, of the register, goes when that is not after this one. */
  readonly expiredBy?: number
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
