import { type WaitingItem, waitingItem } from '../desk/waiting.ts'
import type { Archive } from '../desk/archives.ts'
import type { DownStatus } from '../desk/status.ts'
import { readRecord } from '../journey/record.ts'
import { defaultRetryPolicy, expectedAttempts } from '../queue/schedule.ts'
import type { QueueItem } from '../store/ports/queue.ts'

/** Up to these ages, in minutes, letters that wait are counted; one more count is for older ones. */
export const ageLimits: readonly number[] = [5, 10, 20, 40, 80]

/** How much waits for a destination, and since when. */
export interface DestinationView {
  destination: string
  total: number
  held: number
  ages: number[]
  oldest_at: string
  next_attempt_at: string | null
  last_problem: string | null
  /** That nothing is sent there for a while, and why; `null`: it is. */
  down: { because: string; until: string | null } | null
}

/** What waits, by destination; the one for which most waits comes first. */
export function byDestination(
  items: readonly QueueItem[],
  down: readonly DownStatus[],
  now: number,
): DestinationView[] {
  const downs = new Map(down.map((one) => [one.destination, one]))
  const all = new Map<string, QueueItem[]>()
  for (const item of items) {
    const there = all.get(item.destination)
    if (there === undefined) all.set(item.destination, [item])
    else there.push(item)
  }
  return Array.from(all, ([destination, there]) => ({
    ...destinationView(destination, there, now),
    down: downView(downs.get(destination)),
  }))
    .toSorted((a, b) => b.total - a.total || a.destination.localeCompare(b.destination))
    .slice(0, mostDestinations)
}

/** How many are shown. */
const mostDestinations = 500

function destinationView(
  destination: string,
  items: readonly QueueItem[],
  now: number,
): Omit<DestinationView, 'down'> {
  const ages = [...ageLimits, Infinity].map(() => 0)
  for (const { createdAt } of items) {
    const minutes = (now - createdAt) / 60_000
    const place = ageLimits.findIndex((limit) => minutes < limit)
    const at = place === -1 ? ageLimits.length : place
    ages[at] = (ages[at] ?? 0) + 1
  }
  const next = items.filter(({ held }) => !held).map(({ nextAttemptAt }) => nextAttemptAt)
  const oldest = items.reduce((least, { createdAt }) => Math.min(least, createdAt), Infinity)
  const soonest = next.reduce((least, at) => Math.min(least, at), Infinity)
  return {
    destination,
    total: items.length,
    held: items.length - next.length,
    ages,
    oldest_at: new Date(oldest).toISOString(),
    next_attempt_at: next.length === 0 ? null : new Date(soonest).toISOString(),
    last_problem: items.find(({ lastProblem }) => lastProblem !== '')?.lastProblem ?? null,
  }
}

function downView(down: DownStatus | undefined): DestinationView['down'] {
  if (down === undefined) return null
  const { because, until } = down
  return { because, until: until === undefined ? null : new Date(until).toISOString() }
}

/** An item that waits, as `waybill queue list --json` has it, since when, and its plan. */
export interface ItemView extends WaitingItem {
  created_at: string
  /** When it was tried. */
  attempted_at: string[]
  /** When it will be, if every try fails. */
  planned_at: string[]
}

/** Puts them so. What was tried stands in the journeys, which are read once each. */
export async function itemViews(
  archive: Archive,
  items: readonly QueueItem[],
): Promise<readonly ItemView[]> {
  const ids = new Set(items.map(({ journeyId }) => journeyId))
  const journeys = await archive.reads.journeys.listed(Array.from(ids))
  const tries = new Map(
    journeys.map(({ id, json, appended }) => {
      return [id, readRecord(json, appended).steps.filter((step) => step.type === 'attempt')]
    }),
  )
  return items.map((item) => {
    const made = tries.get(item.journeyId) ?? []
    const own = made.filter(({ recipient }) => recipient === item.recipient)
    return {
      ...waitingItem(item),
      created_at: new Date(item.createdAt).toISOString(),
      attempted_at: own.map(({ startedAt }) => new Date(startedAt).toISOString()),
      planned_at: expectedAttempts(archive.retry ?? defaultRetryPolicy, item).map((at) => {
        return new Date(at).toISOString()
      }),
    }
  })
}
