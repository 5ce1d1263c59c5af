import type { Clock } from '../base/clock.ts'
import type { Settlement, Store } from '../store/store.ts'

const firstWaitMs = 1000
const longestWaitMs = 30_000

/** Brings settlements into the store: a settlement that is lost is a delivery that is repeated. */
export class Settler {
  readonly #store: Pick<Store, 'settle'>
  readonly #clock: Clock
  readonly #onFailure: (queueIds: readonly string[], error: unknown) => void
  /** Ends the waits between attempts. */
  readonly #waits = new Set<() => void>()
  #hurried = false
  /** Settlements that the store has refused and that are tried again. */
  #refused = 0

  /** `onFailure` hears of each attempt that failed. */
  constructor(
    store: Pick<Store, 'settle'>,
    clock: Clock,
    onFailure: (queueIds: readonly string[], error: unknown) => void,
  ) {
    this.#store = store
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** The store has refused something, and has not taken it since. */
  get failing(): boolean {
    return this.#refused > 0
  }

  /** Tries until it is done; once hurried, one more time. Never rejects. */
  async settle(settlements: readonly Settlement[]): Promise<void> {
    if (settlements.length === 0 || (await this.#once(settlements))) return
    this.#refused++
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      await this.#wait(waitMs)
      const last = this.#hurried
      if ((await this.#once(settlements)) || last) break
    }
    this.#refused--
  }

  async #once(settlements: readonly Settlement[]): Promise<boolean> {
    try {
      await this.#store.settle(settlements)
      return true
    } catch (error) {
      const queueIds = settlements.map(({ queueId }) => queueId)
      this.#onFailure(queueIds, error)
      return false
    }
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
