import type { QueueItem } from '../../store/ports/queue.ts'

/** A letter that waits, for programs. */
export function itemJson(item: QueueItem): Record<string, unknown> {
  const { id, journeyId: journey, recipient, destination, attempts, held } = item
  return {
    id,
    journey,
    recipient,
    destination,
    attempts,
    held,
    next_attempt_at: new Date(item.nextAttemptAt).toISOString(),
    expires_at: new Date(item.expiresAt).toISOString(),
    last_problem: item.lastProblem,
  }
}
