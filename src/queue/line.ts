import type { QueueItem } from '../store/ports/queue.ts'
import { senderOf } from '../store/sender.ts'

/** How much is taken out of a line. */
export interface Taking {
  /** Items that are wanted. */
  readonly count: number
  /** With the last one come the others of its letter, so many in all at most. */
  readonly max: number
  /** Asked for each item that would be taken; who is refused waits, and with it all of its sender. */
  readonly admit?: (item: QueueItem) => boolean
}

/** What waits of each sender; whose turn it is first stands first. */
type Turns = Map<string, QueueItem[]>

/**
 * What waits for one destination. The higher priority leaves first. Within one, senders take turns, a
 * letter each, so that who has a thousand letters here does not keep back who has one; the letters of
 * one sender leave in their order.
 */
export class Line {
  readonly #levels = new Map<number, Turns>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The highest priority of those that wait. */
  get priority(): number {
    return Math.max(...this.#levels.keys())
  }

  /** Who waits here; one with several priorities comes more than once. */
  senders(): readonly string[] {
    return Array.from(this.#levels.values()).flatMap((turns) => Array.from(turns.keys()))
  }

  add(item: QueueItem): void {
    this.#of(item).push(item)
    this.#count++
  }

  /** Gives items back that were taken: they are the first of their senders again. */
  putBack(items: readonly QueueItem[]): void {
    for (const item of items.toReversed()) this.#of(item).unshift(item)
    this.#count += items.length
  }

  /** Takes letters, whole ones as far as `max` allows, so that each is sent once for all it is for. */
  take({ count, max, admit = everybody }: Taking): readonly QueueItem[] {
    const taken: QueueItem[] = []
    const refused = new Set<string>()
    const priorities = Array.from(this.#levels.keys()).toSorted((a, b) => b - a)
    for (const priority of priorities) {
      const turns = this.#levels.get(priority) ?? new Map<string, QueueItem[]>()
      while (taken.length < Math.min(count, max)) {
        const letter = nextLetter(turns, { max: max - taken.length, admit, refused })
        if (letter.length === 0) break
        taken.push(...letter)
      }
      if (turns.size === 0) this.#levels.delete(priority)
    }
    this.#count -= taken.length
    return taken
  }

  /** Takes these out, and gives them. */
  remove(ids: ReadonlySet<string>): readonly QueueItem[] {
    const removed: QueueItem[] = []
    for (const [priority, turns] of this.#levels) {
      for (const [sender, its] of turns) {
        const left = its.filter(({ id }) => !ids.has(id))
        if (left.length === its.length) continue
        removed.push(...its.filter(({ id }) => ids.has(id)))
        if (left.length > 0) turns.set(sender, left)
        else turns.delete(sender)
      }
      if (turns.size === 0) this.#levels.delete(priority)
    }
    this.#count -= removed.length
    return removed
  }

  /** What waits of the sender of this item, with its priority. */
  #of(item: QueueItem): QueueItem[] {
    const { priority = 0 } = item
    const turns = this.#levels.get(priority) ?? new Map<string, QueueItem[]>()
    this.#levels.set(priority, turns)
    const its = turns.get(senderOf(item)) ?? []
    turns.set(senderOf(item), its)
    return its
  }
}

const everybody = (): boolean => true

/** The first letter of the sender whose turn it is, who goes to the end of the turns. */
function nextLetter(
  turns: Turns,
  {
    max,
    admit,
    refused,
  }: {
    readonly max: number
    readonly admit: (item: QueueItem) => boolean
    readonly refused: Set<string>
  },
): readonly QueueItem[] {
  for (const [sender, its] of turns) {
    if (refused.has(sender)) continue
    const end = its.findIndex((item, index) => {
      const joins = index < max && item.messageId === its[0]?.messageId
      if (!joins || admit(item)) return !joins
      refused.add(sender)
      return true
    })
    if (end === 0) continue
    const letter = its.splice(0, end < 0 ? its.length : end)
    turns.delete(sender)
    if (its.length > 0) turns.set(sender, its)
    return letter
  }
  return []
}
