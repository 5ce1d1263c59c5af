import type { QueueItem } from '../store/ports/queue.ts'
import { senderOf } from '../store/sender.ts'
import { Line, type Taking } from './line.ts'

/**
 * The items that are leased and not yet under way, by destination. Senders take turns, and so do the
 * destinations of each: whoever was served goes to the end.
 */
export class WaitingItems {
  readonly #lines = new Map<string, Line>()
  /** How many items each sender has; whose turn it is first stands first. */
  readonly #senders = new Map<string, number>()
  #total = 0

  /** How many items wait in all. */
  get total(): number {
    return this.#total
  }

  add(item: QueueItem): void {
    this.#lineOf(item.destination).add(item)
    this.#count(senderOf(item), 1)
  }

  /** Gives items of one destination back that were taken. */
  putBack(destination: string, items: readonly QueueItem[]): void {
    if (items.length === 0) return
    this.#lineOf(destination).putBack(items)
    for (const item of items) this.#count(senderOf(item), 1)
  }

  /** The senders that have so many items, or more. */
  sendersWith(count: number): readonly string[] {
    return Array.from(this.#senders).flatMap(([sender, its]) => (its >= count ? [sender] : []))
  }

  /**
   * The destinations that have items, whose turn it is first: the higher priorities, then one of each
   * sender, and so on. A snapshot.
   */
  destinations(): readonly string[] {
    if (this.#senders.size < 2) return this.#byPriority(Array.from(this.#lines.keys()))
    const turns = new Map<string, string[]>()
    for (const sender of this.#senders.keys()) turns.set(sender, [])
    for (const [destination, line] of this.#lines) {
      for (const sender of line.senders()) turns.get(sender)?.push(destination)
    }
    return this.#byPriority(inTurns(Array.from(turns.values())))
  }

  count(destination: string): number {
    return this.#lines.get(destination)?.count ?? 0
  }

  /** As `Line.take`. */
  take(destination: string, taking: Taking): readonly QueueItem[] {
    const line = this.#lines.get(destination)
    if (line === undefined) return []
    const taken = line.take(taking)
    this.#lines.delete(destination)
    if (line.count > 0) this.#lines.set(destination, line)
    for (const sender of new Set(taken.map(senderOf))) {
      const its = taken.filter((item) => senderOf(item) === sender).length
      const left = (this.#senders.get(sender) ?? 0) - its
      this.#senders.delete(sender)
      if (left > 0) this.#senders.set(sender, left)
    }
    this.#total -= taken.length
    return taken
  }

  /** Takes these out that wait, and gives their ids. */
  remove(ids: ReadonlySet<string>): readonly string[] {
    const removed: QueueItem[] = []
    for (const [destination, line] of this.#lines) {
      removed.push(...line.remove(ids))
      if (line.count === 0) this.#lines.delete(destination)
    }
    for (const item of removed) this.#count(senderOf(item), -1)
    return removed.map(({ id }) => id)
  }

  /** Takes them all out. */
  clear(): void {
    this.#lines.clear()
    this.#senders.clear()
    this.#total = 0
  }

  #byPriority(destinations: readonly string[]): readonly string[] {
    const priority = (name: string): number => this.#lines.get(name)?.priority ?? 0
    if (destinations.every((name) => priority(name) === 0)) return destinations
    return destinations.toSorted((a, b) => priority(b) - priority(a))
  }

  #lineOf(destination: string): Line {
    const known = this.#lines.get(destination)
    if (known !== undefined) return known
    const line = new Line()
    this.#lines.set(destination, line)
    return line
  }

  #count(sender: string, by: number): void {
    const count = (this.#senders.get(sender) ?? 0) + by
    if (count > 0) this.#senders.set(sender, count)
    else this.#senders.delete(sender)
    this.#total += by
  }
}

/** One of each list, then the next one of each, and so on; each name once. */
function inTurns(lists: readonly (readonly string[])[]): readonly string[] {
  const order = new Set<string>()
  let open = lists.map((list) => list.values())
  while (open.length > 0) {
    open = open.filter((names) => {
      for (const name of names) {
        if (order.has(name)) continue
        order.add(name)
        return true
      }
      return false
    })
  }
  return Array.from(order)
}
