import type { Acceptance, NewQueueItem, SharedFact } from './post.ts'
import type { RegisterEntry } from './register.ts'
import type { QueueFilter } from './queue-filter.ts'
import type { QueueShape, ShapeQuery } from './queue-shape.ts'

export interface QueueItem extends NewQueueItem {
  readonly attempts: number
  readonly held: boolean
  /** Why it is held; empty when it is not, and when nobody said why. */
  readonly holdReason: string
  /** The hold ends by itself at this time; absent: it does not, or there is none. */
  readonly heldUntil?: number
  /** Why the last attempt did not succeed; empty before the first. */
  readonly lastProblem: string
  /** Told by `list` alone: whoever has taken it has it until then, unless it is settled before. */
  readonly leasedUntil?: number
  /** What that meant, as `AnswerKind` says it; absent where nobody knows. */
  readonly lastKind?: string
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
        /** What a refusal meant. */
        readonly kind?: string
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
  /**
   * Accepted in the same transaction: a delivery status notification, and the mailbox entry of a letter
   * that had waited for its time here.
   */
  readonly notification?: Acceptance
  /** What is remembered from now on, in the same transaction. */
  readonly register?: readonly RegisterEntry[]
  /**
   * Those of one call that have the same word here stand or fall together: when one of them is no
   * longer leased by its owner, none of them is settled. For what is told of several in one letter.
   */
  readonly together?: string
}

export interface LeaseRequest {
  readonly owner: string
  readonly now: number
  readonly leaseUntil: number
  readonly limit: number
  /**
   * No schedule puts an item off beyond this: one that is due later was put off before the clock was
   * set back, and is due now. Absent: none is.
   */
  readonly farthest?: number
  /**
   * Beside those, a few items of each sender in turn, so that who has a great many does not keep back
   * who has one. They stand behind the others. Absent: none.
   */
  readonly turns?: SenderTurns
}

/** Which senders (`senderOf`) have their turn in a lease. */
export interface SenderTurns {
  /** The last one that had its turn; the one behind it in the order of its name is next. */
  readonly after: string
  /** Items of each. */
  readonly each: number
  /** Items in all. */
  readonly limit: number
  /** Senders that have enough already. */
  readonly apart: readonly string[]
}

/** Items that somebody wants whatever they wait for. */
export interface TakeRequest {
  readonly queueIds: readonly string[]
  readonly owner: string
  readonly now: number
  readonly leaseUntil: number
}

/** Leases of an owner; of items that somebody else leases by now nothing is changed. */
export interface LeasesOf {
  readonly owner: string
  readonly queueIds: readonly string[]
}

/** How items are held. */
export interface Hold {
  /** For people; may be empty. */
  readonly reason: string
  /** It ends by itself then. Absent: it does not. */
  readonly until?: number
  /** What their journeys are told, of those with which something is done. */
  readonly told?: readonly ToldItem[]
}

/** How items go on. */
export interface Release {
  readonly queueIds: readonly string[]
  readonly nextAttemptAt: number
  /** What the journeys of those are told that were held. */
  readonly told?: readonly ToldItem[]
}

/** What the journey of an item is told in the same transaction. */
export interface ToldItem {
  readonly queueId: string
  /** JSON of the steps to append. */
  readonly steps: string
}

export interface QueueQuery {
  readonly limit: number
  readonly filter?: QueueFilter
  /** Only what waits of the journey with this id. */
  readonly journey?: string
  /** Only those of these ids. */
  readonly ids?: readonly string[]
  /**
   * In the order of the ids and not of the attempts, and only those behind this one (empty: from the
   * first): so a queue is gone through in pages, though its attempts change meanwhile.
   */
  readonly after?: string
}

/** What must go to other servers. Items come into it by `post.accept`. */
export interface QueuePort {
  /**
   * Takes up to `limit` due items (not held, not leased to a living lease) until `leaseUntil`: those
   * of a higher priority first, then those that are due longer. A hold whose time is over is none.
   * An expired lease is due again: a crash repeats an attempt, it never loses one.
   */
  lease(request: LeaseRequest): Promise<readonly QueueItem[]>
  /**
   * Takes these items until `leaseUntil`, due or not, held or not; all but those that somebody else
   * leases now. For a person who wants something else to become of them.
   */
  take(request: TakeRequest): Promise<readonly QueueItem[]>
  /**
   * Settles leased items. An item leased by another owner meanwhile is left alone, and so is one
   * whose lease was ended by `releaseLeases`: its settlement is dropped with its notification, and so
   * is all that stands `together` with it. Gives the ids of the items whose leases were lost.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly string[]>
  /**
   * Ends every lease, when no other process can hold one; or those that an owner gives up, who has not
   * begun anything with the items: they are as before.
   */
  releaseLeases(of?: LeasesOf): Promise<void>
  /**
   * Keeps items from being leased until `release`, or until the time that is said. Of those that are
   * held already, the last hold says why and until when; without `how` they stay as they are.
   * Gives how many were not held before.
   */
  hold(queueIds: readonly string[], how?: Hold): Promise<number>
  /** Ends a hold and sets the next attempt, held or not ("try now"). Gives how many there were. */
  release(
    queueIds: Release['queueIds'],
    nextAttemptAt: number,
    told?: Release['told'],
  ): Promise<number>
  /** When the next item is due, or the next hold ends; `undefined` when nothing waits. */
  nextDueAt(): Promise<number | undefined>
  /** The next attempts first. */
  list(query: QueueQuery): Promise<readonly QueueItem[]>
  /** How much waits for whom since when: counted where it lies, no item is brought. */
  shape(query: ShapeQuery): Promise<QueueShape>
}
