import type { QueueItem } from '../store/ports/queue.ts'

/**
 * The items that are leased and not yet under way, by destination, in the order of their leases.
 * Destinations take turns: whoever was served goes to the end of the line.
 */
export class WaitingItems {
  readonly #byDestination = new Map<string, QueueItem[]>()
  #total = 0

  /** How many items wait in all. */
  get total(): number {
    return this.#total
  }

  add(item: QueueItem): void {
    this.#total++
    const line = this.#byDestination.get(item.destination)
    if (line === undefined) this.#byDestination.set(item.destination, [item])
    else line.push(item)
  }

  /** The destinations that have items, whose turn it is first. A snapshot. */
  destinations(): readonly string[] {
    return Array.from(this.#byDestination.keys())
  }

  count(destination: string): number {
    return this.#byDestination.get(destination)?.length ?? 0
  }

  /**
   * Takes the first `count` items, and with the last of them the others of its message that stand
   * right behind it, so that one message is sent once for all its recipients; `max` at most.
   */
  take(
    destination: string,
    { count, max }: { readonly count: number; readonly max: number },
  ): readonly QueueItem[] {
    const line = this.#byDestination.get(destination)
    if (line === undefined) return []
    let end = Math.min(count, max, line.length)
    const last = line[end - 1]?.messageId
    while (end < Math.min(max, line.length) && line[end]?.messageId === last) end++
    const taken = line.splice(0, end)
    this.#total -= taken.length
    this.#byDestination.delete(destination)
    if (line.length > 0) this.#byDestination.set(destination, line)
    return taken
  }

  /** Takes these out that wait, and gives their ids. */
  remove(ids: ReadonlySet<string>): readonly string[] {
    const removed: string[] = []
    for (const [destination, line] of this.#byDestination) {
      const left = line.filter(({ id }) => !ids.has(id))
      if (left.length === line.length) continue
      removed.push(...line.flatMap(({ id }) => (ids.has(id) ? [id] : [])))
      if (left.length > 0) this.#byDestination.set(destination, left)
      else this.#byDestination.delete(destination)
    }
    this.#total -= removed.length
    return removed
  }

  /** Takes them all out. */
  clear(): void {
    this.#byDestination.clear()
    this.#total = 0
  }
}
