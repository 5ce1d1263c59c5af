import type { QueueItem } from '../store/ports/queue.ts'
import type { Taking } from './line.ts'
import { WaitingItems } from './waiting-items.ts'

interface Lease {
  readonly attempts: number
  /** The store gives the item to nobody before, unless it was settled. */
  until: number
  /** The item was settled and is due again, but its old batch has not quite ended. */
  again: QueueItem | undefined
  /** Waiting, in a batch that has not come to it, under way, or in a batch that leaves it out. */
  turn: 'waits' | 'taken' | 'begun' | 'withdrawn'
}

/**
 * The items that the store has leased to us, waiting and under way. Each is held once: an item that
 * comes again while its batch lasts has a longer lease, or waits for the end of that batch.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>()
  readonly #waiting = new WaitingItems()

  /** Items held, waiting and under way. */
  get count(): number {
    return this.#leases.size
  }

  /** Whether this item is held, waiting or under way. */
  has(id: string): boolean {
    return this.#leases.has(id)
  }

  /** Items that wait. */
  get waiting(): number {
    return this.#waiting.total
  }

  /** The senders that have so many waiting items, or more. */
  sendersWith(count: number): readonly string[] {
    return this.#waiting.sendersWith(count)
  }

  /** The destinations that have waiting items, whose turn it is first. A snapshot. */
  destinations(): readonly string[] {
    return this.#waiting.destinations()
  }

  /** How many items wait for this destination. */
  waitingFor(destination: string): number {
    return this.#waiting.count(destination)
  }

  /** The store has leased the item to us at `now`. */
  hold(item: QueueItem, { now, until }: { readonly now: number; readonly until: number }): void {
    const lease = this.#leases.get(item.id)
    if (lease === undefined) {
      this.#add(item, until)
      return
    }
    // An item of ours that comes again was settled (attempts differ, or its lease was still good: it
    // was put off without one), or its lease had expired and now it has a new one.
    const settled = item.attempts !== lease.attempts || now < lease.until
    lease.until = until
    if (settled) lease.again = item
  }

  /**
   * Takes waiting items for a batch, as `WaitingItems.take` does, and of these only the ones whose
   * lease still lasts; others may be another process's by now.
   */
  take(
    destination: string,
    { now, ...limits }: Taking & { readonly now: number },
  ): readonly QueueItem[] {
    return this.#waiting.take(destination, limits).filter(({ id }) => {
      const living = (this.#leases.get(id)?.until ?? 0) > now
      if (!living) this.#leases.delete(id)
      else this.#turn(id, 'taken')
      return living
    })
  }

  /** Its batch comes to it; `false` when it was withdrawn. One that has begun may begin again. */
  begin(id: string): boolean {
    return !this.isWithdrawn(id) && this.#turn(id, 'begun')
  }

  /** Its batch has it, but leaves it out. */
  isWithdrawn(id: string): boolean {
    return this.#leases.get(id)?.turn === 'withdrawn'
  }

  /**
   * Lets go of those of these that have not begun: they wait, their batches have not come to them, or
   * they wait for the end of the batch that they were in before.
   */
  withdraw(ids: readonly string[]): {
    readonly withdrawn: readonly string[]
    /** Truly under way. */
    readonly begun: readonly string[]
  } {
    const withdrawn = Array.from(this.#waiting.remove(new Set(ids)))
    for (const id of withdrawn) this.#leases.delete(id)
    const begun: string[] = []
    for (const id of ids) {
      const lease = this.#leases.get(id)
      if (lease === undefined || (lease.turn === 'withdrawn' && lease.again === undefined)) continue
      if (lease.turn === 'begun' && lease.again === undefined) {
        begun.push(id)
        continue
      }
      withdrawn.push(id)
      lease.again = undefined
      // The lease ends in the store: the item that comes next is another one.
      if (lease.turn === 'taken') lease.turn = 'withdrawn'
      lease.until = Infinity
    }
    return { withdrawn, begun }
  }

  /** The batch with this item has ended. */
  letGo(id: string): void {
    const lease = this.#leases.get(id)
    this.#leases.delete(id)
    if (lease?.again !== undefined) this.#add(lease.again, lease.until)
  }

  /**
   * The batch with these has ended and begun none of them, as there was no room: they wait again,
   * before all others of their senders.
   */
  putBack(destination: string, items: readonly QueueItem[]): void {
    const back = items.filter(({ id }) => this.#leases.get(id)?.turn === 'taken')
    for (const { id } of back) this.#turn(id, 'waits')
    this.#waiting.putBack(destination, back)
    for (const item of items) if (!back.includes(item)) this.letGo(item.id)
  }

  /** Lets go of all; in the store the leases last until they end or are released. */
  clear(): void {
    this.#waiting.clear()
    this.#leases.clear()
  }

  #turn(id: string, turn: Lease['turn']): boolean {
    const lease = this.#leases.get(id)
    if (lease !== undefined) lease.turn = turn
    return lease !== undefined
  }

  #add(item: QueueItem, until: number): void {
    this.#leases.set(item.id, { attempts: item.attempts, until, again: undefined, turn: 'waits' })
    this.#waiting.add(item)
  }
}
