import type { Clock } from '../base/clock.ts'
import type { Permission } from './destination-health.ts'
import type { KnownDestinations } from './known-destinations.ts'
import type { Pauses } from './pauses.ts'
import type { Traffic } from './traffic.ts'
import type { AppliedRule } from './traffic-plan.ts'

/** What people have paused, by whatever name they gave it. */
export interface PersonsPauses {
  /** `until` in Unix milliseconds; `undefined`: until somebody ends it. */
  of(
    destination: string,
  ): { readonly until: number | undefined; readonly because: string } | undefined
}

/**
 * Whether anything may be sent to a destination now: what people say comes first, then what its
 * servers have asked for, then its quiet hours, then whether it answers at all.
 */
export class Permits {
  readonly #clock: Clock
  readonly #persons: PersonsPauses | undefined
  readonly #pauses: Pauses
  readonly #traffic: Traffic
  readonly #destinations: KnownDestinations

  constructor(
    clock: Clock,
    parts: {
      readonly persons: PersonsPauses | undefined
      readonly pauses: Pauses
      readonly traffic: Traffic
      readonly destinations: KnownDestinations
    },
  ) {
    this.#clock = clock
    this.#persons = parts.persons
    this.#pauses = parts.pauses
    this.#traffic = parts.traffic
    this.#destinations = parts.destinations
  }

  of(destination: string, site: string, rule: AppliedRule | undefined): Permission {
    const now = this.#clock.now()
    const persons = this.#persons?.of(destination)
    if (persons !== undefined && (persons.until ?? Infinity) > now) {
      const { because, until = Infinity } = persons
      return { type: 'none', by: 'pause', until, because }
    }
    const paused = this.#pauses.of(site)
    if (paused !== undefined) {
      const until = now + paused.until - this.#clock.monotonicMs()
      return { type: 'none', by: 'pause', until, because: paused.because }
    }
    const until = this.#traffic.quietUntil(rule)
    if (until !== undefined) {
      const because = 'Nothing is delivered there at this hour, as the settings say.'
      return { type: 'none', by: 'quiet-hours', until, because }
    }
    return this.#destinations.permission(destination)
  }
}
