import { findRoute } from '../route/find-route.ts'
import type { Route } from '../route/found-route.ts'
import { chooseSource } from '../source/choose-source.ts'
import { decideTransport } from '../transport/transport.ts'
import type { ReplayOverrides } from './overrides.ts'
import { answersOf, type Facts, type JourneyRecord } from './record.ts'
import { ReplayResolver } from './replay-resolver.ts'
import { type ReplayedStep, sameData } from './replayed-step.ts'
import type { StepData } from './steps.ts'

/**
 * Makes every route of a journey again, and what its servers must prove, each from its own DNS answers;
 * and the choice of each source. What they must prove rests on the route as it is now.
 */
export async function replayRoutes(
  record: JourneyRecord,
  facts: Facts,
  {
    changes,
    resolvers,
  }: {
    readonly changes: ReplayOverrides
    /** Those that were asked are added. */
    readonly resolvers: ReplayResolver[]
  },
): Promise<readonly ReplayedStep[]> {
  const steps: ReplayedStep[] = []
  let route: Route | undefined
  for (const step of record.steps) {
    if (step.type !== 'route' && step.type !== 'transport' && step.type !== 'source') continue
    const resolver = new ReplayResolver(answersOf(step, facts), changes)
    resolvers.push(resolver)
    let now: StepData
    if (step.type === 'route') {
      const { destination, seed, self, hop, rules } = step
      const asked = {
        destination,
        seed,
        self,
        ...(hop === undefined ? {} : { hop }),
        ...(rules === undefined ? {} : { rules }),
      }
      route = await findRoute(asked, resolver)
      now = { type: 'route', ...asked, route }
    } else if (step.type === 'source') {
      const { destination, facts: asked } = step
      now = { type: 'source', destination, facts: asked, choice: chooseSource(asked) }
    } else {
      if (route === undefined) throw new Error('replay: a transport without a route')
      const { destination, facts: asked } = step
      const transport = await decideTransport(route, asked, resolver)
      now = { type: 'transport', destination, facts: asked, transport }
    }
    const { missing, answers } = resolver
    steps.push({
      type: step.type,
      recorded: step,
      now,
      same: sameData(step, now),
      missing,
      answers,
    })
  }
  return steps
}
