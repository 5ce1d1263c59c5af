import { askServer } from '../control/ask.ts'
import { type ItemTurn, queueTurns } from '../desk/item-turns.ts'
import { queueSites } from '../desk/queue-sites.ts'
import { queueStanding } from '../desk/standing.ts'
import type { DestinationStanding } from '../desk/why-waiting.ts'
import { systemClock } from '../io/clock.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { operator } from './operator.ts'

/**
 * What the server on this folder knows of the destinations of these letters, where one runs. A server
 * of the lab cannot be asked: it is taken for one that runs.
 */
export async function standingsOf(
  folder: string,
  site: string,
  items: readonly QueueItem[],
): Promise<{
  readonly running: boolean
  readonly standings: readonly DestinationStanding[]
  readonly turns?: readonly ItemTurn[]
}> {
  if (site !== '') return { running: true, standings: [] }
  if (items.length === 0) return { running: false, standings: [] }
  const destinations = Array.from(new Set(items.map(({ destination }) => destination)))
  const request = { operation: queueStanding.name, input: { destinations }, by: operator() }
  const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 10_000 })
  if (asked.type !== 'answered') return { running: false, standings: [] }
  // What the same operation gave in the server, as JSON: the greeting said that it is of our version.
  const standings = asked.value as readonly DestinationStanding[]
  const ids = items.slice(0, mostTurns).map(({ id }) => id)
  const turns = await askServer(
    { operation: queueTurns.name, input: { items: ids }, by: operator() },
    { folder, clock: systemClock, timeoutMs: 10_000 },
  )
  if (turns.type !== 'answered') return { running: true, standings }
  return { running: true, standings, turns: turns.value as readonly ItemTurn[] }
}

/** What fits into an answer: so many letters of the first that wait. */
const mostTurns = 500

/** What fits into a question and its answer, where each has the names of ten servers. */
const mostSites = 500

/** The sites of these destinations, as the server on this folder knows them; `undefined`: none runs. */
export async function sitesOf(
  folder: string,
  site: string,
  destinations: readonly string[],
): Promise<readonly string[] | undefined> {
  if (site !== '') return undefined
  const sites: string[] = []
  for (let at = 0; at < destinations.length; at += mostSites) {
    const some = destinations.slice(at, at + mostSites)
    const request = { operation: queueSites.name, input: { destinations: some }, by: operator() }
    // One question after the other: each is a connection.
    const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 10_000 })
    if (asked.type !== 'answered' || !Array.isArray(asked.value)) return undefined
    sites.push(...asked.value.map(String))
  }
  return sites
}

/** What the server on this folder knows of one destination; `undefined`: nothing, or none runs. */
export async function standingOfDestination(
  folder: string,
  destination: string,
): Promise<DestinationStanding | undefined> {
  const request = {
    operation: queueStanding.name,
    input: { destinations: [destination] },
    by: operator(),
  }
  const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 10_000 })
  return asked.type === 'answered' ? (asked.value as readonly DestinationStanding[])[0] : undefined
}
