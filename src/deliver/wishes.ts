import type { Batch } from '../post/batch.ts'
import type { Step } from '../journey/steps.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { TlsWish } from '../transport/demand.ts'
import type { Lane } from './source-book.ts'

/**
 * What the message of an item asks of TLS. A bounce goes on when nobody promises what it asks for,
 * since it would be lost else (RFC 8689 §5).
 */
export function wishOf({ dsn: { tls }, reversePath }: QueueItem): TlsWish {
  if (tls === undefined || (tls === 'required' && reversePath === '')) return 'none'
  return tls
}

/** What the items of one part of a batch share. */
interface Shared {
  readonly wish: TlsWish
  /** Absent: they go from the address that the system chooses. */
  readonly lane: Lane | undefined
}

/** Items that go over the same connections. */
export interface Part extends Shared {
  readonly items: readonly QueueItem[]
  /** What these have met already: they were sent from a source that is refused. */
  readonly met?: readonly Step[]
}

interface WaitingPart extends Part {
  readonly items: QueueItem[]
}

/**
 * A batch in parts that ask the same of TLS, and go from the same source: what one letter demands of a
 * server must not be taken from, or given to, another that shares its connection.
 */
export class ByWish {
  readonly #batch: Batch
  readonly #laneOf: (item: QueueItem) => Lane | undefined
  readonly #waiting = new Map<string, WaitingPart>()
  #apart = 0

  /** @param laneOf for the choice of a source; absent: there is none */
  constructor(batch: Batch, laneOf: (item: QueueItem) => Lane | undefined = () => undefined) {
    this.#batch = batch
    this.#laneOf = laneOf
    this.wait(batch.items)
  }

  /** The next part; `undefined` when nothing waits. */
  next(): Part | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [key, part] = first
    this.#waiting.delete(key)
    return part
  }

  /**
   * A part as a batch of its own, for so many of its items; the others wait.
   *
   * @param admit says how many of those that join it may
   */
  batchOf(
    part: Part,
    count: number = part.items.length,
    admit: (joining: number) => Promise<number> = (joining) => Promise.resolve(joining),
  ): Batch {
    const rest = part.items.slice(count)
    if (part.met === undefined) this.wait(rest)
    else this.again(part, rest, part.met)
    const more = async (): Promise<readonly QueueItem[]> => {
      // What was met is theirs alone.
      if (part.met !== undefined) return []
      this.wait(await this.#batch.more())
      const key = keyOf(part)
      const joining = this.#waiting.get(key)?.items ?? []
      this.#waiting.delete(key)
      const admitted = joining.length === 0 ? 0 : await admit(joining.length)
      this.wait(joining.slice(admitted))
      return joining.slice(0, admitted)
    }
    const { destination, owner, ending } = this.#batch
    return {
      destination,
      owner,
      ending,
      items: part.items.slice(0, count),
      arrive: (site) => this.#batch.arrive(site),
      begin: (id) => this.#batch.begin(id),
      settle: (settling) => this.#batch.settle(settling),
      more,
    }
  }

  /** What waits in other parts. */
  get rest(): readonly QueueItem[] {
    return Array.from(this.#waiting.values()).flatMap(({ items }) => items)
  }

  /** Items of a part have one more turn, without others: their journeys tell what they have met. */
  again({ wish, lane }: Part, items: readonly QueueItem[], met: readonly Step[]): void {
    if (items.length === 0) return
    const key = `${keyOf({ wish, lane })} apart ${++this.#apart}`
    this.#waiting.set(key, { wish, lane, items: Array.from(items), met })
  }

  /** These have their turn later. */
  wait(items: readonly QueueItem[]): void {
    for (const item of items) {
      const shared = { wish: wishOf(item), lane: this.#laneOf(item) }
      const key = keyOf(shared)
      const same = this.#waiting.get(key)
      if (same === undefined) this.#waiting.set(key, { ...shared, items: [item] })
      else same.items.push(item)
    }
  }
}

function keyOf({ wish, lane }: Shared): string {
  return lane === undefined ? wish : `${wish} ${lane.pool} ${lane.by} ${lane.home}`
}
