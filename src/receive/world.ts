import type { Clock } from '../base/clock.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { ContentIntake, Store } from '../store/store.ts'
import type { House } from './house.ts'

/** What the receiving agents work with; `app` joins it. */
export interface ReceiveWorld {
  readonly house: House
  readonly store: Pick<Store, 'accept'> & ContentIntake
  readonly resolver: Resolver
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly newId: () => string
  /** Something was accepted for delivery to other servers. */
  readonly queued: () => void
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}
