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
  readonly site: string
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
  readonly #byDestination = new Map<string, Set<Waiter>>()
  readonly #bySite = new Map<string, Set<Waiter>>()

  /** @param keepMs how long each is kept; 0: not at all */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Waits for items; none when nobody gives any in time, or the place is needed. */
  wait(destination: string, site: string = destination): Promise<readonly QueueItem[]> {
    if (this.#keepMs === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(this.#keepMs, () => waiter.take([]))
      const waiter: Waiter = {
        destination,
        site,
        take: (items) => {
          cancel()
          this.#remove(waiter)
          resolve(items)
        },
      }
      this.#waiters.add(waiter)
      add(this.#byDestination, destination, waiter)
      add(this.#bySite, site, waiter)
    })
  }

  /** Whether a connection to this destination waits for items. */
  has(destination: string): boolean {
    return this.#byDestination.has(destination)
  }

  /** Gives items to the connection that has waited longest for some. */
  give(destination: string, items: readonly QueueItem[]): void {
    const [waiter] = this.#byDestination.get(destination) ?? []
    if (waiter === undefined) throw new Error('KeptConnections: nobody waits')
    waiter.take(items)
  }

  /** Others need a place: the connection that has waited longest is kept no more. */
  releaseOne(): void {
    const [waiter] = this.#waiters
    waiter?.take([])
  }

  /**
   * Others need a place at a site: the batch that has waited longest there ends. Its connection may
   * serve them.
   */
  releaseOneOf(site: string): void {
    const [waiter] = this.#bySite.get(site) ?? []
    waiter?.take([])
  }

  /** None is kept any more. */
  releaseAll(): void {
    for (const waiter of Array.from(this.#waiters)) waiter.take([])
  }

  #remove(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    drop(this.#byDestination, waiter.destination, waiter)
    drop(this.#bySite, waiter.site, waiter)
  }
}

function add(map: Map<string, Set<Waiter>>, key: string, waiter: Waiter): void {
  const waiters = map.get(key)
  if (waiters === undefined) map.set(key, new Set([waiter]))
  else waiters.add(waiter)
}

function drop(map: Map<string, Set<Waiter>>, key: string, waiter: Waiter): void {
  const waiters = map.get(key)
  waiters?.delete(waiter)
  if (waiters?.size === 0) map.delete(key)
}
