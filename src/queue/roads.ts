import type { Clock } from '../base/clock.ts'
import type { ConcurrencyPolicy } from './concurrency.ts'
import type { BackOffPolicy, Permission } from './destination-health.ts'
import { KnownDestinations } from './known-destinations.ts'
import type { Lanes } from './lanes.ts'
import { Pauses } from './pauses.ts'
import { Permits, type PersonsPauses } from './permits.ts'
import { Sites } from './sites.ts'
import { Traffic } from './traffic.ts'
import type { AppliedRule } from './traffic-plan.ts'

/** What is known of the ways to destinations, and what the settings and people say of them. */
export class Roads {
  readonly sites: Sites
  readonly destinations: KnownDestinations
  readonly traffic: Traffic
  readonly permits: Permits
  /** Whether anything can be put off at all; else everything is tried. */
  readonly postpones: boolean

  constructor(
    clock: Clock,
    options: {
      readonly concurrency: ConcurrencyPolicy
      readonly backOff: BackOffPolicy
      readonly random: () => number
      readonly persons: PersonsPauses | undefined
      readonly postpones: boolean
    },
  ) {
    const { concurrency, backOff, random, persons } = options
    const pauses = new Pauses(clock)
    this.sites = new Sites(concurrency)
    this.destinations = new KnownDestinations(backOff, { sites: this.sites, pauses }, clock, random)
    this.traffic = new Traffic(clock)
    const { traffic, destinations } = this
    this.permits = new Permits(clock, { persons, pauses, traffic, destinations })
    this.postpones = options.postpones
  }

  /** What may be sent to a destination now. */
  permission(destination: string, site: string, rule: AppliedRule | undefined): Permission {
    return this.postpones ? this.permits.of(destination, site, rule) : { type: 'all' }
  }

  /** How many more connections a site may have now. */
  free(lanes: Lanes, site: string, rule: AppliedRule | undefined): number {
    return Math.min(lanes.free(site, this.sites.connections(site)), this.traffic.free(rule))
  }
}
