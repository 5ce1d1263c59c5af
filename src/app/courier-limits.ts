import type { SourcePlan } from '../deliver/source-book.ts'
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
