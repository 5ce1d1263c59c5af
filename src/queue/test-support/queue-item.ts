import type { QueueItem } from '../../store/ports/queue.ts'

/** An item that waits for d.example, due at once and for a long time to come. */
export function queueItem(id: string, changes: Partial<QueueItem> = {}): QueueItem {
  return {
    id,
    messageId: `m-${id}`,
    journeyId: `j-${id}`,
    reversePath: 'a@b.example',
    recipient: `${id}@d.example`,
    destination: 'd.example',
    smtpUtf8: false,
    eightBit: false,
    dsn: {},
    createdAt: 0,
    nextAttemptAt: 0,
    expiresAt: 1e12,
    attempts: 0,
    held: false,
    holdReason: '',
    lastProblem: '',
    ...changes,
  }
}
