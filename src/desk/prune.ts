import type { PruneResult } from '../store/ports/retention.ts'
import type { Operation } from './act.ts'

/** What the desk needs for retention. */
export interface PrunePart {
  /** A pass now, or the one under way. */
  prune(): Promise<PruneResult>
}

/** `waybill prune`. */
export const prune: Operation<PrunePart, undefined, PruneResult> = {
  name: 'prune',
  read: () => undefined,
  run: (desk) => desk.prune(),
  tell: (_, { journeys, messages, contents, facts }) => ({ journeys, messages, contents, facts }),
}
