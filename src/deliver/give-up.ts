import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Decided } from './decided.ts'
import type { Notices } from './notices.ts'

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
export async function giveUp(
  items: readonly QueueItem[],
  given: GivenUp,
  context: {
    readonly clock: Clock
    readonly log: Log
    readonly notices?: Pick<Notices, 'about'> | undefined
  },
): Promise<readonly Settlement[]> {
  const settlements: Settlement[] = []
  for (const same of Map.groupBy(items, ({ messageId }) => messageId).values()) {
    // One report for all recipients of a message that were settled together (RFC 3464 §2.2).
    const { notices } = context
    const told = await notices?.about(same.map(decidedOf), [])
    for (const [index, item] of same.entries()) {
      const steps = new JourneyBuilder(item.journeyId, context.clock)
      const { recipient, destination } = item
      const { by, door, why } = given
      const silent = notices === undefined
      steps.step({ type: 'given-up', recipient, destination, by, door, why, silent })
      const first = index === 0 ? told : undefined
      if (first !== undefined) steps.step(first.step)
      tellLog(context.log, item)
      settlements.push({
        queueId: item.id,
        owner: given.owner,
        outcome: { type: 'failed' },
        steps: JSON.stringify(steps.steps),
        shared: [],
        status: 'failed',
        summary: `Not delivered to ${recipient}: ${by} has given it up.`,
        ...(first?.acceptance === undefined ? {} : { notification: first.acceptance }),
      })
    }
  }
  return settlements
}

function tellLog(
  log: Log,
  { journeyId: id, reversePath, recipient, destination }: QueueItem,
): void {
  const fields = { id, from: `<${reversePath}>`, to: recipient, destination, status, why: because }
  log({ level: 'warning', event: 'failed', fields })
}

function decidedOf(item: QueueItem): Decided {
  const result = { result: 'failed', status, because, outcome: undefined } as const
  const attempt = { item, host: '', ip: '', result, lines: [], refusedToTalk: false }
  return { attempt, outcome: { type: 'failed' }, status, because, warn: false }
}
