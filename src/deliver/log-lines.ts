import type { LogLine } from '../base/log.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'

/**
 * What the log tells of one recipient, as its attempt was settled. `undefined` when nothing is new:
 * it was not tried, for a reason that was told before.
 */
export function deliveryLine(settled: {
  readonly item: QueueItem
  readonly host: string
  readonly ip: string
  readonly outcome: Settlement['outcome']
  /** Enhanced status code, RFC 3463. */
  readonly status: string
  /** Why, with the other server's words. */
  readonly because: string
}): LogLine | undefined {
  const { item, host, ip, outcome, status, because } = settled
  const deferred = outcome.type === 'deferred' ? outcome : undefined
  const putOff = deferred?.attempted === false
  if (putOff && item.lastProblem === deferred.problem) return undefined
  return {
    level: outcome.type === 'failed' ? 'warning' : 'info',
    event: outcome.type,
    fields: {
      id: item.journeyId,
      from: `<${item.reversePath}>`,
      to: item.recipient,
      destination: item.destination,
      host: host === '' ? undefined : host,
      ip: ip === '' ? undefined : ip,
      attempt: putOff ? undefined : item.attempts + 1,
      status,
      why: because === '' ? undefined : because,
      next: deferred === undefined ? undefined : new Date(deferred.nextAttemptAt).toISOString(),
    },
  }
}
