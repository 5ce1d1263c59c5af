import type { QueueItem } from '../store/ports/queue.ts'

/** An item that waits, for programs. */
export interface WaitingItem {
  id: string
  journey: string
  recipient: string
  destination: string
  attempts: number
  held: boolean
  /** Why it is held; empty where nobody said why. */
  hold_reason: string
  /** When the hold ends by itself; `null`: it does not, or there is none. */
  held_until: string | null
  next_attempt_at: string
  expires_at: string
  last_problem: string
  /** What that meant; `null` where nobody knows. */
  last_kind: string | null
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
    hold_reason: item.holdReason,
    held_until: item.heldUntil === undefined ? null : new Date(item.heldUntil).toISOString(),
    next_attempt_at: new Date(item.nextAttemptAt).toISOString(),
    expires_at: new Date(item.expiresAt).toISOString(),
    last_problem: item.lastProblem,
    last_kind: item.lastKind ?? null,
  }
}
