import { domainOf } from '../address/mailbox.ts'
import { parseForwardPath } from '../address/path.ts'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { Demands } from '../deliver/demands.ts'
import { type TlsMemory, tlsMemoryIn } from '../deliver/tls-memory.ts'
import { exchangeWay, type NamedWays } from '../deliver/way.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { tell } from '../journey/catalogue.ts'
import type { StsPolicies } from '../mta-sts/finding.ts'
import { findRoute } from '../route/find-route.ts'
import { siteOf } from '../route/site.ts'
import type { Self } from '../route/self.ts'
import type { Transport } from '../transport/demand.ts'
import type { TransportRules } from '../transport/transport.ts'
import { type RouteLimit, routeLimits, type RouteLimitSources } from './route-limits.ts'
import type { DestinationStanding } from './why-waiting.ts'

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

/** The same of a server or its data: with what limits are read from. */
export interface RoutePlace extends RouteAheadNeeds {
  /** Absent: of no server, and nothing limits what it sends. */
  readonly limits?: Pick<RouteLimitSources, 'plan' | 'connections' | 'register'>
  /** What keeps the mail of a destination, where a server runs. */
  readonly standing: (destination: string) => Promise<DestinationStanding | undefined>
}

/** A way with all that holds on it. Plain JSON. */
export interface LimitedRoute extends RouteAhead {
  limits: RouteLimit[]
  /** What a running server says of the destination, as `limits` has it too. */
  standing: DestinationStanding | null
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
 * Where a letter would go, and what holds for it on its way.
 *
 * @param from its reverse-path; empty: any
 * @throws WaybillError `usage` where `address` or `from` is no address
 */
export async function routeWithLimits(
  { address, from }: { readonly address: string; readonly from: string },
  place: RoutePlace,
): Promise<LimitedRoute> {
  if (from !== '') pathOf(from)
  const { clock, limits: sources } = place
  const now = clock.now()
  const register = sources?.register
  const memory = register === undefined ? {} : { memory: tlsMemoryIn(register, now) }
  const found = await routeAhead(address, { ...memory, ...place })
  const standing = await place.standing(found.destination)
  const limits =
    sources === undefined ? [] : await routeLimits(found, { ...sources, standing, from, now })
  return { ...found, limits, standing: standing ?? null }
}

/**
 * Finds the servers for an address and what each must prove, as a delivery would.
 *
 * @throws WaybillError `usage` when it is no address
 */
export async function routeAhead(address: string, needs: RouteAheadNeeds): Promise<RouteAhead> {
  const { resolver, self, ways, clock } = needs
  pathOf(address)
  const destination = domainOf(address).toLowerCase()
  const log = new JourneyBuilder('', clock)
  const recorder = new RecordingResolver(resolver, clock)
  const named = ways.to(destination)
  const hop = named === undefined ? {} : { hop: named.hop }
  const facts = { destination, seed: 0, self: { ...self }, ...hop }
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
    site: siteOf(route, destination),
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

function pathOf(address: string): void {
  const path = parseForwardPath(`<${address}>`)
  if (!path.ok) throw new WaybillError('usage', `"${address}" is no address: ${path.problem}.`)
}
