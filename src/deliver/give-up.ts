import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import { settleUntried, type Untried, type UntriedContext } from './untried.ts'

/** Who gives letters up, by which door, and why. */
export interface GivenUp {
  readonly by: string
  readonly door: string
  /** Empty when no reason was given. */
  readonly why: string
  /** Who leases the items. */
  readonly owner: string
}

/** RFC 3463 §3.4, X.3.0: something about this mail system, and not about the other one. */
const status = '5.3.0'
const because = 'Whoever runs this server has given it up.'

/**
 * Settles items that a person gives up: nothing is tried any more. Who and why stay in the journey;
 * the sender hears only that it was given up, in one report for each message.
 *
 * @param context.notices makes the notice to the sender; absent: nobody is told
 */
export function giveUp(
  items: readonly QueueItem[],
  given: GivenUp,
  context: UntriedContext,
): Promise<readonly Settlement[]> {
  const { by, door, why, owner } = given
  const silent = context.notices === undefined
  const untried = items.map((item): Untried => {
    const { recipient, destination } = item
    const step = { type: 'given-up', recipient, destination, by, door, why, silent } as const
    return { item, status, because, step, told: `${by} has given it up.` }
  })
  return settleUntried(untried, owner, context)
}
