import type { Clock } from '../base/clock.ts'
import type { Settlement, Store } from '../store/store.ts'
import type { Batch, BatchOutcome, DispatcherProblem, Postponement } from './batch.ts'
import type { KnownDestinations } from './known-destinations.ts'
import { Settler } from './settler.ts'

export interface BatchRunnerOptions {
  readonly store: Pick<Store, 'settle'>
  readonly clock: Clock
  /** Tries to deliver. Must end some time; a rejection counts as a crash. */
  readonly deliverBatch: (batch: Batch) => Promise<BatchOutcome>
  /** Settlements that put items off; without it, destinations that are down are tried all the same. */
  readonly postponeBatch?: (
    postponement: Postponement,
  ) => readonly Settlement[] | Promise<readonly Settlement[]>
  readonly onProblem: (problem: DispatcherProblem) => void
}

/**
 * Leads batches from their start to the store: tried or put off, learnt from, settled. Never rejects:
 * items that were not settled stay leased, and are tried again when their leases are over.
 */
export class BatchRunner {
  readonly #options: BatchRunnerOptions
  readonly #destinations: KnownDestinations
  readonly #settler: Settler

  constructor(options: BatchRunnerOptions, destinations: KnownDestinations) {
    const { store, clock, onProblem } = options
    this.#options = options
    this.#destinations = destinations
    this.#settler = new Settler(store, clock, (queueIds, error) =>
      onProblem({ type: 'settle-failed', queueIds, error }),
    )
  }

  /** Whether batches can be put off at all. */
  get postpones(): boolean {
    return this.#options.postponeBatch !== undefined
  }

  async deliver(batch: Batch): Promise<void> {
    const { deliverBatch, clock, onProblem } = this.#options
    const queueIds = idsOf(batch)
    try {
      const outcome = await deliverBatch(batch)
      this.#destinations.learn(batch.destination, outcome, clock.now())
      await this.#settler.settle(outcome.settlements)
      const settled = new Set(outcome.settlements.map(({ queueId }) => queueId))
      const left = queueIds.filter((id) => !settled.has(id))
      if (left.length > 0) onProblem({ type: 'item-not-settled', queueIds: left, error: undefined })
    } catch (error) {
      this.#destinations.learn(batch.destination, { reachable: 'unknown' }, clock.now())
      onProblem({ type: 'delivery-crashed', queueIds, error })
    }
  }

  async postpone(postponement: Postponement): Promise<void> {
    const { postponeBatch, onProblem } = this.#options
    try {
      await this.#settler.settle((await postponeBatch?.(postponement)) ?? [])
    } catch (error) {
      onProblem({ type: 'delivery-crashed', queueIds: idsOf(postponement), error })
    }
  }

  /** The dispatcher stops: what cannot be settled now is settled no more. */
  hurry(): void {
    this.#settler.hurry()
  }
}

function idsOf({ items }: Batch): readonly string[] {
  return items.map(({ id }) => id)
}
