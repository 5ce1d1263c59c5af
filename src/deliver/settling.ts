import type { JourneyBuilder } from '../journey/builder.ts'
import type { Batch, Postponement, Settling } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Attempt } from './attempt.ts'
import type { Settlements } from './settlements.ts'

/**
 * Settles the letters of one batch as they are done. The store is never more than one letter behind:
 * what a kill could repeat is the letter that is being settled and the one that is being sent.
 */
export class SettlingInTurn {
  readonly #settlements: Settlements
  readonly #batch: Pick<Batch, 'owner' | 'settle' | 'begin' | 'destination'>
  readonly #log: JourneyBuilder
  #last: Promise<void> = Promise.resolve()

  constructor(
    settlements: Settlements,
    batch: Pick<Batch, 'owner' | 'settle' | 'begin' | 'destination'>,
    log: JourneyBuilder,
  ) {
    this.#settlements = settlements
    this.#batch = batch
    this.#log = log
  }

  /** Resolves when the next letter may be sent. */
  async settle(attempts: readonly Attempt[]): Promise<void> {
    if (attempts.length === 0) return
    const settling = await this.#made(attempts)
    await this.#last
    this.#last = this.#batch.settle(settling)
  }

  /**
   * Has letters wait that would hear what another one has heard. Resolves as `settle` does.
   *
   * @param log what was done for them all the same; absent: nothing
   */
  async putOff(
    waiting: readonly QueueItem[],
    {
      until,
      because,
      endsExpired = false,
    }: Pick<Postponement, 'until' | 'because' | 'endsExpired'>,
    log?: JourneyBuilder,
  ): Promise<void> {
    const { owner, destination } = this.#batch
    const items = waiting.filter(({ id }) => this.#batch.begin(id))
    if (items.length === 0) return
    const when = { until, because, endsExpired, paused: true }
    const postponement = { owner, destination, items, ...when }
    const settling = await this.#settlements.ofPostponed(postponement, log)
    await this.#last
    this.#last = this.#batch.settle(settling)
  }

  /** Resolves when all is in the store, with what is left to be settled. */
  async last(attempts: readonly Attempt[]): Promise<Settling> {
    const settling = await this.#made(attempts)
    await this.#last
    return settling
  }

  #made(attempts: readonly Attempt[]): Promise<Settling> {
    return this.#settlements.of(attempts, { log: this.#log, owner: this.#batch.owner })
  }
}
