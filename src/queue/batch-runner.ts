import type { Clock } from '../base/clock.ts'
import type { Ending } from '../base/ending.ts'
import type { QueueItem, QueuePort } from '../store/ports/queue.ts'
import type { Batch, BatchOutcome, Items, Postponement, Settling } from '../post/batch.ts'
import type { Leases } from './leases.ts'
import { Settler } from './settler.ts'
import { watch } from './watchdog.ts'

/** What goes wrong around deliveries, for the log. Nothing is lost by any of these. */
export interface DispatcherProblem {
  readonly type:
    | 'lease-failed'
    | 'delivery-crashed'
    | 'delivery-stuck'
    | 'settle-failed'
    | 'item-not-settled'
  readonly queueIds: readonly string[]
  readonly error: unknown
}

export interface BatchRunnerOptions {
  readonly queue: Pick<QueuePort, 'settle'>
  readonly clock: Clock
  /** Tries to deliver. Must end some time; a rejection counts as a crash. */
  readonly deliverBatch: (batch: Batch) => Promise<BatchOutcome>
  /** Settlements that put items off; without it, destinations that are down are tried all the same. */
  readonly postponeBatch?: (postponement: Postponement) => Settling | Promise<Settling>
  readonly onProblem: (problem: DispatcherProblem) => void
}

/** What stands around a batch while it is under way. */
export interface Around {
  /** A server has said what becomes of a letter. */
  heard(): void
  /** As `Batch.arrive`. */
  arrive(site: string): boolean
  /** What is known of the destination now. */
  learn(outcome: Pick<BatchOutcome, 'reachable' | 'problem' | 'pause'>): void
  /** Asked for items that join the batch. */
  readonly more: Batch['more']
}

/** How soon items are tried that a batch did not come to in its time. */
const soonMs = 60_000

/**
 * Leads batches from their start to the store: tried or put off, learnt from, settled. Never rejects:
 * items that were not settled stay leased, and are tried again when their leases are over.
 */
export class BatchRunner {
  readonly #options: BatchRunnerOptions
  readonly #settler: Settler
  readonly #leases: Pick<Leases, 'begin' | 'isWithdrawn'>
  readonly #leaseMs: number

  constructor(
    options: BatchRunnerOptions,
    known: {
      readonly leases: Pick<Leases, 'begin' | 'isWithdrawn'>
      readonly leaseMs: number
    },
  ) {
    const { queue, clock, onProblem } = options
    this.#options = options
    this.#leases = known.leases
    this.#leaseMs = known.leaseMs
    this.#settler = new Settler(queue, clock, (queueIds, error) =>
      onProblem({ type: 'settle-failed', queueIds, error }),
    )
  }

  /** Whether batches can be put off at all. */
  get postpones(): boolean {
    return this.#options.postponeBatch !== undefined
  }

  /** The store does not take what became of letters: to send more of them would be to send twice. */
  get storeFails(): boolean {
    return this.#settler.failing
  }

  /** @returns `no-room`: there was none at the site of the items, and nothing became of any of them */
  async deliver(items: Items, ending: Ending, around: Around): Promise<'over' | 'no-room'> {
    const { clock, onProblem } = this.#options
    const open = new Map(items.items.map((item) => [item.id, item]))
    let letGo = false
    let room = true
    const settle = async (settling: Settling): Promise<void> => {
      // What a batch says that was given up is not heard: its items may be under way again.
      if (letGo) return
      for (const { queueId } of settling.settlements) open.delete(queueId)
      await this.#settler.settle(settling)
    }
    const batch: Batch = {
      ...items,
      ending,
      arrive: (site) => {
        room = !letGo && around.arrive(site)
        return room
      },
      // A batch that was given up begins nothing more: its items may be under way again.
      begin: (id) => !letGo && open.has(id) && this.#leases.begin(id),
      settle: (settling) => {
        if (!letGo) around.heard()
        return settle(settling)
      },
      more: async () => {
        const joined = letGo ? [] : await around.more()
        for (const item of joined) open.set(item.id, item)
        return joined
      },
    }
    const watched = { clock, afterMs: this.#leaseMs, ending, why: timeOver }
    const ended = await watch(watched, () => this.#tried(batch, around, settle))
    letGo = true
    if (!room && ended === 'done') return 'no-room'
    if (ended === 'stuck') {
      around.learn({ reachable: 'unknown' })
      onProblem({ type: 'delivery-stuck', queueIds: Array.from(open.keys()), error: undefined })
    } else if (ended === 'done') {
      const left = Array.from(open.values()).filter(({ id }) => !this.#leases.isWithdrawn(id))
      if (left.length > 0) await this.#leftOver(batch, left)
    }
    return 'over'
  }

  async postpone(postponement: Postponement): Promise<void> {
    const { postponeBatch, onProblem } = this.#options
    try {
      const settling = await postponeBatch?.(postponement)
      if (settling !== undefined) await this.#settler.settle(settling)
    } catch (error) {
      onProblem({ type: 'delivery-crashed', queueIds: idsOf(postponement), error })
    }
  }

  /** The dispatcher stops: what cannot be settled now is settled no more. */
  hurry(): void {
    this.#settler.hurry()
  }

  async #tried(batch: Batch, around: Around, settle: Batch['settle']): Promise<'done' | 'crashed'> {
    const { deliverBatch, onProblem } = this.#options
    try {
      const outcome = await deliverBatch(batch)
      around.learn(outcome)
      await settle(outcome)
      return 'done'
    } catch (error) {
      around.learn({ reachable: 'unknown' })
      onProblem({ type: 'delivery-crashed', queueIds: idsOf(batch), error })
      return 'crashed'
    }
  }

  /** Items that were not begun: no fault where the batch was asked to end. */
  async #leftOver(batch: Batch, items: readonly QueueItem[]): Promise<void> {
    const { clock, onProblem } = this.#options
    const { destination, owner, ending } = batch
    if (ending.stage === 'go-on') {
      const queueIds = items.map(({ id }) => id)
      onProblem({ type: 'item-not-settled', queueIds, error: undefined })
    } else if (ending.why === timeOver) {
      const until = clock.now() + soonMs
      await this.postpone({ destination, items, owner, until, because: leftOut })
    }
  }
}

/** Why the watchdog ends a batch, behind "because". */
const timeOver = 'the letters to this destination took longer than their time'
const leftOut = 'The letters before it took so long that its turn did not come.'

function idsOf({ items }: Items): readonly string[] {
  return items.map(({ id }) => id)
}
