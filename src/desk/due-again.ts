import type { QueueItem, QueuePort } from '../store/ports/queue.ts'
import { pageSize } from './chosen-letters.ts'

/**
 * Lets go on now what was put off for this reason, page by page; gives how many that were.
 *
 * @param domain only what goes there
 */
export async function dueAgain(
  queue: Pick<QueuePort, 'list' | 'release'>,
  because: string,
  now: number,
  domain?: string,
): Promise<number> {
  let due = 0
  const to = domain === undefined ? {} : { destination: { domain, match: 'whole' } as const }
  const filter = { ...to, reason: because, held: false }
  for (let after = ''; ; ) {
    const page: readonly QueueItem[] = await queue.list({ filter, after, limit: pageSize })
    const last = page.at(-1)
    if (last === undefined) return due
    const later = page.filter(({ nextAttemptAt }) => nextAttemptAt > now)
    due += await queue.release(
      later.map(({ id }) => id),
      now,
    )
    after = last.id
  }
}
