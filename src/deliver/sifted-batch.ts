import type { Batch } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'

/**
 * The batch without those of its items of which something else becomes, also of those that join it.
 *
 * @param sift has that come to pass, and gives the others
 */
export async function siftedBatch(
  batch: Batch,
  sift: (items: readonly QueueItem[]) => Promise<readonly QueueItem[]>,
): Promise<Batch> {
  const items = await sift(batch.items)
  return {
    destination: batch.destination,
    owner: batch.owner,
    ending: batch.ending,
    items,
    arrive: (site) => batch.arrive(site),
    begin: (queueId) => batch.begin(queueId),
    settle: (settling) => batch.settle(settling),
    // More may be there behind those that are left out.
    async more() {
      for (;;) {
        const more = await batch.more()
        const left = await sift(more)
        if (more.length === 0 || left.length > 0) return left
      }
    },
  }
}
