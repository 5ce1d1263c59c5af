import type { HoldStep } from '../journey/delivery-steps.ts'
import type { Step } from '../journey/steps.ts'
import type { QueueItem, ToldItem } from '../store/ports/queue.ts'
import type { Actor } from './act.ts'

/** Who holds letters, and how long. */
export interface Holder {
  readonly by: string
  readonly door: string
  readonly why: string
  readonly rule?: string
  readonly until?: number
}

/** What the journeys of held letters are told. */
export function heldTold(
  items: readonly QueueItem[],
  holder: Holder,
  at: number,
): readonly ToldItem[] {
  return items.map(({ id, recipient, destination }) => {
    return toldItem(id, { type: 'held', recipient, destination, ...holder }, at)
  })
}

/** What the journeys of letters are told that go on. */
export function releasedTold(
  items: readonly QueueItem[],
  { by, door, why }: Actor,
  at: number,
): readonly ToldItem[] {
  return items.map(({ id, recipient }) => {
    return toldItem(id, { type: 'released', recipient, by, door, why }, at)
  })
}

function toldItem(queueId: string, data: HoldStep, at: number): ToldItem {
  const step: Step = { ...data, startedAt: at, durationMs: 0, dns: [] }
  return { queueId, steps: JSON.stringify([step]) }
}
