import { together } from '../post/placing.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { Attempt } from './attempt.ts'

/**
 * What is put down with a settlement: the notice, and the mailbox entry of a letter that had waited for
 * its time here. `undefined`: nothing.
 */
export function withEntry(
  { item, filing }: Attempt,
  receivedAt: number,
  notice: Acceptance | undefined,
): Acceptance | undefined {
  if (filing === undefined) return notice
  const { messageId, journeyId } = item
  const entry = { ...filing, messageId, journeyId, receivedAt }
  const filed: Acceptance = { queue: [], mailbox: [entry], journeys: [] }
  return notice === undefined ? filed : together([filed, notice])
}
