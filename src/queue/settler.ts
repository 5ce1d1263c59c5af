import type { Clock } from '../base/clock.ts'
import type { QueuePort, Settlement } from '../store/ports/queue.ts'
import type { Settling } from '../post/batch.ts'

const firstWaitMs = 1000
const longestWaitMs = 30_000

/** Brings settlements into the store: a settlement that is lost is a delivery that is repeated. */
export class Settler {
  readonly #queue: Pick<QueuePort, 'settle'>
  readonly #clock: Clock
  readonly #onFailure: (queueIds: readonly string[], error: unknown) => void
  /** Ends the waits between attempts. */
  readonly #waits = new Set<() => void>()
  #hurried = false
  /** Settlements that the store has refused and that are tried again. */
  #refused = 0

  /** `onFailure` hears of each attempt that failed. */
  constructor(
    queue: Pick<QueuePort, 'settle'>,
    clock: Clock,
    onFailure: (queueIds: readonly string[], error: unknown) => void,
  ) {
    this.#queue = queue
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** The store has refused something, and has not taken it since. */
  get failing(): boolean {
    return this.#refused > 0
  }

  /**
   * Tries until it is done; once hurried, one more time. What was not settled because it stood
   * together with an item whose lease was lost is settled without that item. Never rejects.
   */
  async settle(settling: Settling): Promise<void> {
    for (let open = settling; open.settlements.length > 0; ) {
      const lost = await this.#taken(open.settlements)
      if (lost === undefined || lost.length === 0 || open.again === undefined) return
      try {
        open = await open.again(lost)
      } catch (error) {
        // Their leases run out, and they are tried once more.
        this.#tellFailure(open.settlements, error)
        return
      }
    }
  }

  /** The ids of the items whose leases were lost; `undefined` when the store has not taken it. */
  async #taken(settlements: readonly Settlement[]): Promise<readonly string[] | undefined> {
    const lost = await this.#once(settlements)
    if (lost !== undefined) return lost
    this.#refused++
    try {
      for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
        await this.#wait(waitMs)
        const last = this.#hurried
        const taken = await this.#once(settlements)
        if (taken !== undefined || last) return taken
      }
    } finally {
      this.#refused--
    }
  }

  async #once(settlements: readonly Settlement[]): Promise<readonly string[] | undefined> {
    try {
      return await this.#queue.settle(settlements)
    } catch (error) {
      this.#tellFailure(settlements, error)
      return undefined
    }
  }

  #tellFailure(settlements: readonly Settlement[], error: unknown): void {
    const queueIds = settlements.map(({ queueId }) => queueId)
    this.#onFailure(queueIds, error)
  }

  /** From now on there is no time to wait. */
  hurry(): void {
    this.#hurried = true
    for (const end of this.#waits) end()
  }

  async #wait(ms: number): Promise<void> {
    if (this.#hurried) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.setTimer(ms, resolve)
    this.#waits.add(resolve)
    await promise
    this.#waits.delete(resolve)
    cancel()
  }
}
