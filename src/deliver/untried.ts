import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Decided } from './decided.ts'
import type { Notices } from './notices.ts'

/** An item that comes to its end without an attempt. */
export interface Untried {
  readonly item: QueueItem
  /** Enhanced status code, RFC 3463. */
  readonly status: string
  /** For its sender. */
  readonly because: string
  /** What its journey tells of that. */
  readonly step: DeliveryStep
  /** Why, behind `Not delivered to …:`. */
  readonly told: string
}

export interface UntriedContext {
  readonly clock: Clock
  readonly log: Log
  /** Makes the notice to the sender; absent: nobody is told. */
  readonly notices?: Pick<Notices, 'about'> | undefined
}

/** Settlements of items that nobody tries any more, with one report for each message. */
export async function settleUntried(
  untried: readonly Untried[],
  owner: string,
  context: UntriedContext,
): Promise<readonly Settlement[]> {
  const settlements: Settlement[] = []
  for (const same of Map.groupBy(untried, ({ item }) => item.messageId).values()) {
    // One report for all recipients of a message that were settled together (RFC 3464 §2.2).
    const notice = await context.notices?.about(same.map(decidedOf), [])
    for (const [index, one] of same.entries()) {
      const { item, step, told } = one
      const steps = new JourneyBuilder(item.journeyId, context.clock)
      steps.step(step)
      const first = index === 0 ? notice : undefined
      if (first !== undefined) steps.step(first.step)
      tellLog(context.log, one)
      settlements.push({
        queueId: item.id,
        owner,
        outcome: { type: 'failed' },
        steps: JSON.stringify(steps.steps),
        shared: [],
        status: 'failed',
        summary: `Not delivered to ${item.recipient}: ${told}`,
        ...(first?.acceptance === undefined ? {} : { notification: first.acceptance }),
      })
    }
  }
  return settlements
}

function tellLog(log: Log, { item, status, because }: Untried): void {
  const { journeyId: id, reversePath, recipient, destination } = item
  const fields = { id, from: `<${reversePath}>`, to: recipient, destination, status, why: because }
  log({ level: 'warning', event: 'failed', fields })
}

function decidedOf({ item, status, because }: Untried): Decided {
  const result = { result: 'failed', status, because, outcome: undefined } as const
  const attempt = { item, host: '', ip: '', result, lines: [], refusedToTalk: false }
  return { attempt, outcome: { type: 'failed' }, status, because, warn: false }
}
