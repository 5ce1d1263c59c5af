import { senderOf } from '../store/sender.ts'
import type { QueueItem } from '../store/ports/queue.ts'

/** How much is taken out of a line. */
export interface Taking {
  /** Items that are wanted. */
  readonly count: number
  /** With the last one come the others of its letter, so many in all at most. */
  readonly max: number
}

/**
 * What waits for one destination. Senders take turns, a letter each, so that who has a thousand
 * letters here does not keep back who has one; the letters of one sender leave in their order.
 */
export class Line {
  /** Whose turn it is first stands first. */
  readonly #bySender = new Map<string, QueueItem[]>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(item: QueueItem): void {
    this.#count++
    const its = this.#bySender.get(senderOf(item))
    if (its === undefined) this.#bySender.set(senderOf(item), [item])
    else its.push(item)
  }

  /** Gives items back that were taken: they are the first of their senders again. */
  putBack(items: readonly QueueItem[]): void {
    for (const item of items.toReversed()) {
      this.#count++
      const its = this.#bySender.get(senderOf(item))
      if (its === undefined) this.#bySender.set(senderOf(item), [item])
      else its.unshift(item)
    }
  }

  /** Takes letters, whole ones as far as `max` allows, so that each is sent once for all it is for. */
  take({ count, max }: Taking): readonly QueueItem[] {
    const taken: QueueItem[] = []
    while (taken.length < Math.min(count, max)) {
      const letter = this.#next(max - taken.length)
      if (letter.length === 0) break
      taken.push(...letter)
    }
    this.#count -= taken.length
    return taken
  }

  /** Takes these out, and gives their ids. */
  remove(ids: ReadonlySet<string>): readonly string[] {
    const removed: string[] = []
    for (const [sender, its] of this.#bySender) {
      const left = its.filter(({ id }) => !ids.has(id))
      if (left.length === its.length) continue
      removed.push(...its.flatMap(({ id }) => (ids.has(id) ? [id] : [])))
      if (left.length > 0) this.#bySender.set(sender, left)
      else this.#bySender.delete(sender)
    }
    this.#count -= removed.length
    return removed
  }

  /** The first letter of the sender whose turn it is, who goes to the end of the turns. */
  #next(max: number): readonly QueueItem[] {
    for (const [sender, its] of this.#bySender) {
      let end = 1
      while (end < Math.min(max, its.length) && its[end]?.messageId === its[0]?.messageId) end++
      const letter = its.splice(0, end)
      this.#bySender.delete(sender)
      if (its.length > 0) this.#bySender.set(sender, its)
      return letter
    }
    return []
  }
}
