import { domainOf } from '../address/mailbox.ts'
import { parseForwardPath } from '../address/path.ts'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { Demands } from '../deliver/demands.ts'
import type { TlsMemory } from '../deliver/tls-memory.ts'
import { exchangeWay, type NamedWays } from '../deliver/way.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { tell } from '../journey/catalogue.ts'
import type { StsPolicies } from '../mta-sts/finding.ts'
import { findRoute } from '../route/find-route.ts'
import { siteOf } from '../route/site.ts'
import { routeRules, type Self } from '../route/self.ts'
import type { Transport } from '../transport/demand.ts'
import type { TransportRules } from '../transport/transport.ts'

/** What a look at the way of a letter needs. Nothing is sent, and no mail server is called. */
export interface RouteAheadNeeds {
  readonly resolver: Resolver
  readonly self: Self
  readonly ways: NamedWays
  readonly rules: (destination: string) => TransportRules
  readonly sts: StsPolicies
  /** What is remembered of TLS at hosts; absent: nothing. */
  readonly memory?: TlsMemory
  readonly clock: Clock
}

/** Where a letter for an address would go. Plain JSON. */
export interface RouteAhead {
  schema: 'waybill.route/1'
  address: string
  destination: string
  /** What limits are counted for: the servers together. */
  site: string
  targets: { host: string; address: string }[]
  transport: Transport | null
  steps: { id: string; label: string; question: string; answer: string; verdict: string }[]
}

/**
 * Finds the servers for an address and what each must prove, as a delivery would.
 *
 * @throws WaybillError `usage` when it is no address
 */
export async function routeAhead(address: string, needs: RouteAheadNeeds): Promise<RouteAhead> {
  const { resolver, self, ways, clock } = needs
  checkAddress(address)
  const destination = domainOf(address).toLowerCase()
  const log = new JourneyBuilder('', clock)
  const recorder = new RecordingResolver(resolver, clock)
  const named = ways.to(destination)
  const hop = named === undefined ? {} : { hop: named.hop }
  const facts = { destination, seed: 0, self: { ...self }, ...hop, rules: routeRules }
  const begin = log.begin()
  const route = await findRoute(facts, recorder)
  log.step({ type: 'route', ...facts, route }, begin, recorder.answers)
  const judged = { destination, way: named?.way ?? exchangeWay, wish: 'none' } as const
  const judgement =
    route.type === 'targets' ? await new Demands(needs).of(route, judged, log) : undefined
  return {
    schema: 'waybill.route/1',
    address,
    destination,
    site: siteOf(route, destination, named?.way),
    targets:
      route.type === 'targets'
        ? route.targets.map((target) => ({ host: target.host, address: target.address }))
        : [],
    transport: judgement?.transport ?? null,
    steps: log.steps.flatMap(tell).map(({ id, label, question, answer, verdict }) => {
      return { id, label, question, answer, verdict }
    }),
  }
}

/** @throws WaybillError `usage` when it is no address */
export function checkAddress(address: string): void {
  const path = parseForwardPath(`<${address}>`)
  if (!path.ok) throw new WaybillError('usage', `"${address}" is no address: ${path.problem}.`)
}
