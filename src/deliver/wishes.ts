import type { Batch } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { TlsWish } from '../transport/demand.ts'

/**
 * What the message of an item asks of TLS. A bounce goes on when nobody promises what it asks for,
 * since it would be lost else (RFC 8689 §5).
 */
export function wishOf({ dsn: { tls }, reversePath }: QueueItem): TlsWish {
  if (tls === undefined || (tls === 'required' && reversePath === '')) return 'none'
  return tls
}

/**
 * A batch in parts that ask the same of TLS: what one letter demands of a server must not be taken
 * from, or given to, another that shares its connection.
 */
export class ByWish {
  readonly #batch: Batch
  readonly #waiting = new Map<TlsWish, QueueItem[]>()

  constructor(batch: Batch) {
    this.#batch = batch
    this.#sort(batch.items)
  }

  /** The next part; `undefined` when nothing waits. */
  next(): { readonly wish: TlsWish; readonly batch: Batch } | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [wish] = first
    const more = async (): Promise<readonly QueueItem[]> => {
      this.#sort(await this.#batch.more())
      return this.#take(wish)
    }
    const { destination, owner, ending } = this.#batch
    const batch: Batch = {
      destination,
      owner,
      ending,
      items: this.#take(wish),
      arrive: (site) => this.#batch.arrive(site),
      begin: (id) => this.#batch.begin(id),
      settle: (settling) => this.#batch.settle(settling),
      more,
    }
    return { wish, batch }
  }

  /** What waits in other parts. */
  get rest(): readonly QueueItem[] {
    return Array.from(this.#waiting.values()).flat()
  }

  #sort(items: readonly QueueItem[]): void {
    for (const item of items) {
      const wish = wishOf(item)
      const same = this.#waiting.get(wish)
      if (same === undefined) this.#waiting.set(wish, [item])
      else same.push(item)
    }
  }

  #take(wish: TlsWish): readonly QueueItem[] {
    const items = this.#waiting.get(wish) ?? []
    this.#waiting.delete(wish)
    return items
  }
}
