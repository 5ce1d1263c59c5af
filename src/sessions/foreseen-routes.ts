import type { Clock } from '../base/clock.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { NamedWays } from '../deliver/way.ts'
import { findRoute } from '../route/find-route.ts'
import { routeRules, type Self } from '../route/self.ts'

/** Each destination costs some questions of DNS, and whoever only asks must not wait for hundreds. */
const mostDestinations = 20

/** Which way mail to these destinations would go now; of many, to the first of them. */
export async function foreseenRoutes(
  destinations: readonly string[],
  by: {
    readonly id: string
    readonly resolver: Resolver
    readonly clock: Clock
    readonly self: Self
    readonly ways: NamedWays | undefined
    readonly random: () => number
  },
): Promise<Pick<JourneyBuilder, 'steps' | 'shared'>> {
  const { resolver, clock, random, ways } = by
  const log = new JourneyBuilder(by.id, clock)
  for (const destination of Array.from(new Set(destinations)).slice(0, mostDestinations)) {
    const recorder = new RecordingResolver(resolver, clock)
    const begin = log.begin()
    const seed = Math.floor(random() * 4_294_967_296)
    const self = { ...by.self }
    const hop = ways?.to(destination)?.hop
    const its = hop === undefined ? {} : { hop }
    const facts = { destination, seed, self, ...its, rules: routeRules }
    const route = await findRoute(facts, recorder)
    log.step({ type: 'route', ...facts, route }, begin, recorder.answers)
  }
  return log
}
