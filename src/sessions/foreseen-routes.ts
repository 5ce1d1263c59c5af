import type { Clock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { routeTo } from '../route/route.ts'
import type { Self } from '../route/self.ts'

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
    readonly random: () => number
  },
): Promise<Pick<JourneyBuilder, 'steps' | 'shared'>> {
  const { resolver, clock, random } = by
  const log = new JourneyBuilder(by.id, clock)
  for (const destination of Array.from(new Set(destinations)).slice(0, mostDestinations)) {
    const recorder = new RecordingResolver(resolver, clock)
    const begin = log.begin()
    const seed = Math.floor(random() * 4_294_967_296)
    const self = { ...by.self }
    const route = await routeTo(destination, recorder, { ...self, random: seededRandom(seed) })
    log.step({ type: 'route', destination, seed, self, route }, begin, recorder.answers)
  }
  return log
}
