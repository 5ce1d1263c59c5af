import type { QueueItem } from '../store/ports/queue.ts'

/** An item that waits, for programs. */
export interface WaitingItem {
  id: string
  journey: string
  recipient: string
  destination: string
  attempts: number
  held: boolean
  next_attempt_at: string
  expires_at: string
  last_problem: string
}

/** Puts it so. */
export function waitingItem(item: QueueItem): WaitingItem {
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
