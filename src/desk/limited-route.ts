import { foreseeSource } from '../deliver/batch-sources.ts'
import type { SourceBook, SourceTaken } from '../deliver/source-book.ts'
import { tlsMemoryIn } from '../deliver/tls-memory.ts'
import { tell } from '../journey/catalogue.ts'
import { checkAddress, type RouteAhead, routeAhead, type RouteAheadNeeds } from './route-ahead.ts'
import { type RouteLimit, routeLimits, type RouteLimitSources } from './route-limits.ts'
import type { DestinationStanding } from './why-waiting.ts'

/** What a way is looked for in, and what its limits are read from. */
export interface RoutePlace extends RouteAheadNeeds {
  /** Absent: of no server, and nothing limits what it sends. */
  readonly limits?: Pick<RouteLimitSources, 'plan' | 'connections' | 'register'>
  /** The addresses that mail goes out from; absent: the system chooses. */
  readonly sources?: Pick<SourceBook, 'laneOf' | 'foresee'> | undefined
  /** What keeps the mail of a destination, where a server runs. */
  readonly standing: (destination: string) => Promise<DestinationStanding | undefined>
}

/** A way with all that holds on it. Plain JSON. */
export interface LimitedRoute extends RouteAhead {
  limits: RouteLimit[]
  /**
   * From which of our addresses it would leave now, and all that follows from, as the step `source` of a
   * journey has it; `null`: the system chooses, or the way is one of the settings.
   */
  source: SourceTaken | null
  /** What a running server says of the destination, as `limits` has it too. */
  standing: DestinationStanding | null
}

/**
 * Where a letter would go, and what holds for it on its way.
 *
 * @param from its reverse-path, and the account that sends it; empty: any, and a notice of this server
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
  const source = sourceAhead(found, from, place)
  const limits =
    sources === undefined
      ? []
      : await routeLimits(found, { ...sources, standing, from, now, source: source?.choice })
  const steps = source === undefined ? [] : stepsOf(found.destination, source, now)
  return {
    ...found,
    steps: [...found.steps, ...steps],
    limits,
    source: source ?? null,
    standing: standing ?? null,
  }
}

/** Nothing where a server of the settings gets the mail: what others see is the address of that one. */
function sourceAhead(
  found: RouteAhead,
  from: string,
  { sources, ways }: RoutePlace,
): SourceTaken | undefined {
  if (sources === undefined || found.targets.length === 0) return undefined
  if (ways.to(found.destination) !== undefined) return undefined
  const sentBy = { reversePath: from, ...(from === '' ? {} : { account: from }) }
  return foreseeSource(sources, sentBy, found)
}

function stepsOf(destination: string, source: SourceTaken, now: number): RouteAhead['steps'] {
  const step = { type: 'source', destination, ...source } as const
  return tell({ ...step, startedAt: now, durationMs: 0, dns: [] }).map(
    ({ id, label, question, answer, verdict }) => ({ id, label, question, answer, verdict }),
  )
}
