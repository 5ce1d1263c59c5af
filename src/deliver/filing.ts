import type { Clock } from '../base/clock.ts'
import { type Directory, leadOf } from '../directory/directory.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { Batch, BatchOutcome } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Attempt, AttemptResult } from './attempt.ts'
import type { Settlements } from './settlements.ts'
import { siftedBatch } from './sifted-batch.ts'

/**
 * Files what waited for its time in mailboxes of ours, and delivers the rest. The mailbox entry is in
 * the commit that takes the item out of the queue: it is filed once, whenever the server is killed.
 */
export async function deliverFiling(
  batch: Batch,
  by: {
    readonly directory: Pick<Directory, 'lead'>
    readonly settlements: Settlements
    readonly clock: Clock
    readonly deliver: (batch: Batch) => Promise<BatchOutcome>
  },
): Promise<BatchOutcome> {
  const { directory, settlements, clock, deliver } = by
  const passing = await siftedBatch(batch, async (items) => {
    const attempts: Attempt[] = []
    const others: QueueItem[] = []
    for (const item of items) {
      const { filedIn } = item.dsn
      if (filedIn === undefined) others.push(item)
      else if (batch.begin(item.id)) attempts.push(await filing(item, filedIn, directory))
    }
    if (attempts.length > 0) {
      const log = new JourneyBuilder('', clock)
      await batch.settle(await settlements.of(attempts, { log, owner: batch.owner }))
    }
    return others
  })
  if (passing.items.length > 0) return await deliver(passing)
  return { settlements: [], reachable: 'unknown' }
}

/** Nobody is asked but who lives here: an account may have gone since the letter was taken. */
async function filing(
  item: QueueItem,
  role: NonNullable<QueueItem['dsn']['filedIn']>,
  directory: Pick<Directory, 'lead'>,
): Promise<Attempt> {
  const none = { host: '', ip: '', lines: [], refusedToTalk: false } as const
  const lead = await leadOf(directory, item.recipient)
  const there = lead.type === 'mailbox' || lead.type === 'forward'
  if (!there) return { ...none, item, result: gone }
  return { ...none, item, result: filed, filing: { account: item.recipient, role } }
}

const filed: AttemptResult = { result: 'delivered', outcome: undefined, dsn: false }

/** RFC 3463 §3.2, X.1.1: bad destination mailbox address. */
const gone: AttemptResult = {
  result: 'failed',
  status: '5.1.1',
  because: 'The account is not there any more: it was removed before the letter was to be sent.',
  outcome: undefined,
}
