import type { QueueItem, Store } from '../store/store.ts'

/** What somebody wants of letters that wait: try them now, or keep them back until then. */
export interface QueueChange {
  readonly queue: 'retry' | 'hold'
  readonly items: readonly Pick<QueueItem, 'id' | 'destination'>[]
}

/** How many letters are changed at one go: a request to the server stays small. */
export const changeAtOnce = 500

/** A change as it is asked of a running server; `undefined` for anything else. */
export function queueChangeAsked(asked: unknown): QueueChange | undefined {
  if (typeof asked !== 'object' || asked === null) return undefined
  if (!('queue' in asked) || !('items' in asked) || !Array.isArray(asked.items)) return undefined
  const { queue } = asked
  if (queue !== 'retry' && queue !== 'hold') return undefined
  return { queue, items: asked.items.flatMap(itemOf) }
}

function itemOf(value: unknown): QueueChange['items'] {
  if (typeof value !== 'object' || value === null) return []
  if (!('id' in value) || !('destination' in value)) return []
  const { id, destination } = value
  return typeof id === 'string' && typeof destination === 'string' ? [{ id, destination }] : []
}

/**
 * Does it. Gives how many letters it was true of: who was delivered meanwhile, and who was held
 * already, does not count.
 *
 * @param forget told each destination to which something is tried now: that it was down is forgotten
 */
export async function changeQueue(
  { queue, items }: QueueChange,
  context: {
    readonly store: Pick<Store, 'hold' | 'release'>
    readonly now: number
    readonly forget?: (destination: string) => void
  },
): Promise<number> {
  const ids = items.map(({ id }) => id)
  if (queue === 'hold') return await context.store.hold(ids)
  const changed = await context.store.release(ids, context.now)
  const destinations = new Set(items.map(({ destination }) => destination))
  for (const destination of destinations) context.forget?.(destination)
  return changed
}
