import type { IdleLimits } from '../deliver/idle-sessions.ts'
import type { SourcePlan } from '../deliver/source-book.ts'
import { maxBatchLifeMs, maxJoined } from '../queue/kept-connections.ts'
import type { TrafficPlan } from '../queue/traffic-plan.ts'

/** How much goes out at once, and when. */
export interface CourierLimits {
  readonly outgoing: number
  readonly outgoingSlow: number
  readonly outgoingToSite?: number
  readonly traffic?: TrafficPlan
  /** From which of our addresses. Absent: the system chooses. */
  readonly sources?: SourcePlan
}

/** No rates and no quiet hours. */
export const nothingSaid: TrafficPlan = { destinations: [], senders: [] }

/**
 * How long a connection to another server is kept when all is sent, because more may come at once; and
 * for how much. The same holds for letters to one destination and for those to several.
 */
export const keptFor: IdleLimits = {
  keepMs: 1000,
  maxRecipients: maxJoined,
  maxLifeMs: maxBatchLifeMs,
}
