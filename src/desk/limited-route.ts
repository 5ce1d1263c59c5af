import { tlsMemoryIn } from '../deliver/tls-memory.ts'
import { checkAddress, type RouteAhead, routeAhead, type RouteAheadNeeds } from './route-ahead.ts'
import { type RouteLimit, routeLimits, type RouteLimitSources } from './route-limits.ts'
import type { DestinationStanding } from './why-waiting.ts'

/** What a way is looked for in, and what its limits are read from. */
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
  if (from !== '') checkAddress(from)
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
