import type { Soon } from '../base/result.ts'
import type { SuppressionReason } from '../journey/delivery-steps.ts'
import { suppressionReasons } from '../journey/sentences/bounced.ts'
import type { Batch, BatchOutcome, Settling } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { siftedBatch } from './sifted-batch.ts'
import { settleUntried, type Untried, type UntriedContext } from './untried.ts'

/** Knows the addresses to which nothing is sent; `suppression` has this shape. */
export interface Suppressions {
  find(address: string): Soon<SuppressedAddress | undefined>
}

export interface SuppressedAddress {
  readonly reason: SuppressionReason
  readonly since: number
  readonly until?: number
  readonly why: string
  readonly journey?: string
}

/** RFC 3463 §3.8, X.7.1: not allowed, by a rule of this server. */
const status = '5.7.1'

/** Delivers what may be sent, and settles the rest. */
export async function deliverUnsuppressed(
  batch: Batch,
  suppressions: Suppressions,
  by: UntriedContext & { readonly deliver: (batch: Batch) => Promise<BatchOutcome> },
): Promise<BatchOutcome> {
  const passing = await withoutSuppressed(batch, suppressions, by)
  if (passing.items.length > 0) return await by.deliver(passing)
  return { settlements: [], reachable: 'unknown' }
}

/**
 * The batch without the items whose recipients are on the suppression list: they are settled at once,
 * untried, with a step that says why, and their senders are told. Letters come here that were queued
 * before their recipient was suppressed, and those that an alias sends there; at the door a sender is
 * told in the dialogue.
 */
async function withoutSuppressed(
  batch: Batch,
  suppressions: Suppressions,
  context: UntriedContext,
): Promise<Batch> {
  const passing = async (items: readonly QueueItem[]): Promise<readonly QueueItem[]> => {
    const suppressed: Untried[] = []
    const others: QueueItem[] = []
    for (const item of items) {
      const answer = suppressions.find(item.recipient)
      const found = answer instanceof Promise ? await answer : answer
      if (found === undefined) others.push(item)
      else if (batch.begin(item.id)) suppressed.push(untried(item, found))
    }
    if (suppressed.length > 0)
      await batch.settle(await settlingOf(suppressed, batch.owner, context))
    return others
  }
  return await siftedBatch(batch, passing)
}

async function settlingOf(
  suppressed: readonly Untried[],
  owner: string,
  context: UntriedContext,
): Promise<Settling> {
  const settlements = await settleUntried(suppressed, owner, context)
  const messages = new Map(suppressed.map(({ item }) => [item.id, item.messageId]))
  return {
    settlements: settlements.map((one) => {
      return { ...one, together: messages.get(one.queueId) ?? one.queueId }
    }),
    again: (lost) => {
      const left = suppressed.filter(({ item }) => !lost.includes(item.id))
      return settlingOf(left, owner, context)
    },
  }
}

function untried(item: QueueItem, found: SuppressedAddress): Untried {
  const { recipient } = item
  const { reason, since, until, why, journey } = found
  const because = suppressedBecause(recipient, found).join(' ')
  const step = {
    type: 'suppressed',
    recipient,
    reason,
    since,
    ...(until === undefined ? {} : { until }),
    why,
    ...(journey === undefined ? {} : { journey }),
  } as const
  return { item, status, because, step, told: because }
}

/** Why nothing is sent to an address, and who can change that: two sentences for its sender. */
export function suppressedBecause(
  address: string,
  { reason, since, why }: Pick<SuppressedAddress, 'reason' | 'since' | 'why'>,
): readonly [string, string] {
  const said = why === '' ? '' : ` (${why.slice(0, 150)})`
  const day = new Date(since).toISOString().slice(0, 10)
  return [
    `Nothing is sent to ${address} since ${day}, because ${suppressionReasons[reason]}${said}.`,
    `Whoever runs this server can allow it again: waybill suppress remove ${address}`,
  ]
}
