import type { Clock } from '../base/clock.ts'
import type { QueueItem } from '../store/ports/queue.ts'

/**
 * What is known of a route grows old, and nobody may have a place for ever: a batch ends behind so many
 * items, or so much time.
 */
export const maxJoined = 100
export const maxBatchLifeMs = 30_000

interface Waiter {
  readonly destination: string
  readonly take: (items: readonly QueueItem[]) => void
}

/**
 * Batches that have come to their end and keep their connection for a moment: letters that come now
 * for the same destination go over it, instead of over a new one.
 */
export class KeptConnections {
  readonly #clock: Clock
  readonly #keepMs: number
  /** The one that has waited longest is the first. */
  readonly #waiters = new Set<Waiter>()

  /** @param keepMs how long each is kept; 0: not at all */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Waits for items; none when nobody gives any in time, or the place is needed. */
  wait(destination: string): Promise<readonly QueueItem[]> {
    if (this.#keepMs === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(this.#keepMs, () => waiter.take([]))
      const waiter: Waiter = {
        destination,
        take: (items) => {
          cancel()
          this.#waiters.delete(waiter)
          resolve(items)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** Whether a connection to this destination waits for items. */
  has(destination: string): boolean {
    return this.#find(destination) !== undefined
  }

  /** Gives items to the connection that has waited longest for some. */
  give(destination: string, items: readonly QueueItem[]): void {
    const waiter = this.#find(destination)
    if (waiter === undefined) throw new Error('KeptConnections: nobody waits')
    waiter.take(items)
  }

  /** Others need a place: the connection that has waited longest is kept no more. */
  releaseOne(): void {
    for (const waiter of this.#waiters) {
      waiter.take([])
      return
    }
  }

  /** None is kept any more. */
  releaseAll(): void {
    for (const waiter of Array.from(this.#waiters)) waiter.take([])
  }

  #find(destination: string): Waiter | undefined {
    for (const waiter of this.#waiters) if (waiter.destination === destination) return waiter
    return undefined
  }
}
