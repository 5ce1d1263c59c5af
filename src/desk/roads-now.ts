import type { QueuePort } from '../store/ports/queue.ts'
import type { HeldBack } from '../queue/held-back.ts'
import { quietUntil } from '../queue/quiet-hours.ts'
import { RuleBook, type TrafficPlan } from '../queue/traffic-plan.ts'
import { dueAgain } from './due-again.ts'

/** What a running server knows of the ways to destinations, as it is now. */
export interface RoadsNow {
  readonly plan: () => TrafficPlan
  /** Destinations with letters that are due and may not go. */
  readonly heldBack: () => ReadonlyMap<string, HeldBack>
  /** The site of each, in their order, as far as it is known. */
  readonly sites: (destinations: readonly string[]) => readonly string[]
}

/** Those of the destinations that have their quiet hours, each with a sentence that says so. */
export function quietNow(
  roads: RoadsNow,
  destinations: readonly string[],
  now: number,
): ReadonlyMap<string, string> {
  const rules = new RuleBook(roads.plan())
  const sites = roads.sites(destinations)
  const quiet = new Map<string, string>()
  for (const [at, destination] of destinations.entries()) {
    const hours = rules.find(destination, sites[at] ?? destination)?.rule.quiet
    const until = hours === undefined ? undefined : quietUntil(hours, now)
    if (until === undefined) continue
    const end = new Date(until).toISOString().slice(0, 19)
    quiet.set(destination, `${destination} has its quiet hours until ${end}Z.`)
  }
  return quiet
}

/** A destination whose letters were put off, and why. */
export interface PutOff {
  readonly destination: string
  /** The sentence that their records have. */
  readonly because: string
}

/** What a pause of the sites of these destinations keeps: also letters to others of the same sites. */
export function pausedWith(roads: RoadsNow, destinations: readonly string[]): readonly PutOff[] {
  const meant = new Set(roads.sites(destinations))
  const held = Array.from(roads.heldBack()).filter(([, { by }]) => by === 'pause')
  const sites = roads.sites(held.map(([destination]) => destination))
  return held.flatMap(([destination, { because }], at) => {
    return meant.has(sites[at] ?? destination) ? [{ destination, because }] : []
  })
}

/** Lets go on now what was put off so; gives how many letters that were. */
export async function freePutOff(
  queue: Pick<QueuePort, 'list' | 'release'>,
  all: readonly PutOff[],
  now: number,
): Promise<number> {
  let freed = 0
  for (const { destination, because } of all)
    freed += await dueAgain(queue, because, now, destination)
  return freed
}
