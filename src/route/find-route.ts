import { seededRandom } from '../base/random.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Route } from './found-route.ts'
import { type NextHop, routeToNextHop } from './next-hop.ts'
import { routeTo } from './route.ts'
import type { RouteRules, Self } from './self.ts'

/** All that a route hangs on beside DNS: what the record keeps of it. */
export interface RouteFacts {
  /** A domain as `parseDomain` gives it, or an address literal with its brackets. */
  readonly destination: string
  /** Decides the order of equal exchanges. */
  readonly seed: number
  readonly self: Self
  /** The server that the settings name for it. Absent: DNS is asked for one. */
  readonly hop?: NextHop
  /** Absent, as in records of before 0.5.0: by the first ones. */
  readonly rules?: RouteRules
}

/** Finds the servers for a destination: by the settings where they name one, else by DNS. */
export function findRoute(facts: RouteFacts, resolver: Resolver): Promise<Route> {
  const { destination, seed, self, hop, rules = 1 } = facts
  if (hop !== undefined) return routeToNextHop(hop, resolver)
  return routeTo(destination, resolver, { ...self, random: seededRandom(seed), rules })
}
