import type { QueuePort } from '../store/ports/queue.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { HoldRules } from './hold-rules.ts'

type Screened = Pick<QueuePort, 'lease' | 'settle' | 'nextDueAt' | 'releaseLeases'>

/**
 * A queue from which nothing is leased that a hold rule holds: it is held at that moment, and leased
 * to nobody. When the rules cannot be read nothing is leased at all.
 *
 * @param note told what no rule holds; gives whether a rule was made because of it
 */
export function screenedQueue(
  queue: Screened,
  rules: Pick<HoldRules, 'hold'>,
  note: (items: readonly QueueItem[]) => Promise<boolean> = () => Promise.resolve(false),
): Screened {
  const hold = async (items: readonly QueueItem[]): Promise<ReadonlySet<string>> => {
    if (items.length === 0) return new Set()
    const held = new Set(await rules.hold(items))
    const free = items.filter(({ id }) => !held.has(id))
    if (free.length > 0 && (await note(free))) {
      for (const id of await rules.hold(free)) held.add(id)
    }
    return held
  }
  return {
    settle: (settlements) => queue.settle(settlements),
    nextDueAt: () => queue.nextDueAt(),
    releaseLeases: (of) => queue.releaseLeases(of),
    async lease(request) {
      const { owner } = request
      const items = await queue.lease(request)
      let held: ReadonlySet<string>
      try {
        held = await hold(items)
      } catch (problem) {
        await queue.releaseLeases({ owner, queueIds: items.map(({ id }) => id) })
        throw problem
      }
      if (held.size === 0) return items
      await queue.releaseLeases({ owner, queueIds: Array.from(held) })
      return items.filter(({ id }) => !held.has(id))
    },
  }
}
