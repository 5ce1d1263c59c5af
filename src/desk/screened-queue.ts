import type { QueuePort } from '../store/ports/queue.ts'
import type { HoldRules } from './hold-rules.ts'

type Screened = Pick<QueuePort, 'lease' | 'settle' | 'nextDueAt' | 'releaseLeases'>

/**
 * A queue from which nothing is leased that a hold rule holds: it is held at that moment, and leased
 * to nobody. When the rules cannot be read nothing is leased at all.
 */
export function screenedQueue(queue: Screened, rules: Pick<HoldRules, 'hold'>): Screened {
  return {
    settle: (settlements) => queue.settle(settlements),
    nextDueAt: () => queue.nextDueAt(),
    releaseLeases: (of) => queue.releaseLeases(of),
    async lease(request) {
      const { owner } = request
      const items = await queue.lease(request)
      let held: ReadonlySet<string>
      try {
        held = new Set(items.length === 0 ? [] : await rules.hold(items))
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
