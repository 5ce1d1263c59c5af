import type { QueueItem } from '../store/ports/queue.ts'
import { Line, type Taking } from './line.ts'

/**
 * The items that are leased and not yet under way, by destination. Destinations take turns: whoever
 * was served goes to the end of the line.
 */
export class WaitingItems {
  readonly #lines = new Map<string, Line>()
  #total = 0

  /** How many items wait in all. */
  get total(): number {
    return this.#total
  }

  add(item: QueueItem): void {
    this.#lineOf(item.destination).add(item)
    this.#total++
  }

  /** Gives items of one destination back that were taken. */
  putBack(destination: string, items: readonly QueueItem[]): void {
    if (items.length === 0) return
    this.#lineOf(destination).putBack(items)
    this.#total += items.length
  }

  /** The destinations that have items, whose turn it is first. A snapshot. */
  destinations(): readonly string[] {
    return Array.from(this.#lines.keys())
  }

  count(destination: string): number {
    return this.#lines.get(destination)?.count ?? 0
  }

  /** As `Line.take`. */
  take(destination: string, taking: Taking): readonly QueueItem[] {
    const line = this.#lines.get(destination)
    if (line === undefined) return []
    const taken = line.take(taking)
    this.#total -= taken.length
    this.#lines.delete(destination)
    if (line.count > 0) this.#lines.set(destination, line)
    return taken
  }

  /** Takes these out that wait, and gives their ids. */
  remove(ids: ReadonlySet<string>): readonly string[] {
    const removed: string[] = []
    for (const [destination, line] of this.#lines) {
      removed.push(...line.remove(ids))
      if (line.count === 0) this.#lines.delete(destination)
    }
    this.#total -= removed.length
    return removed
  }

  /** Takes them all out. */
  clear(): void {
    this.#lines.clear()
    this.#total = 0
  }

  #lineOf(destination: string): Line {
    const known = this.#lines.get(destination)
    if (known !== undefined) return known
    const line = new Line()
    this.#lines.set(destination, line)
    return line
  }
}
