import { type WaitingItem, waitingItem } from '../desk/waiting.ts'
import type { Archive } from '../desk/archives.ts'
import type { WhyHold } from '../desk/why.ts'
import { holdsOf } from '../desk/why-waiting.ts'
import type { DownStatus } from '../desk/status.ts'
import { readRecord } from '../journey/record.ts'
import { defaultRetryPolicy, expectedAttempts } from '../queue/schedule.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { ShapeGroup } from '../store/ports/queue-shape.ts'

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

/** The same of counted groups. */
export function destinationViews(
  groups: readonly ShapeGroup[],
  down: readonly DownStatus[],
): DestinationView[] {
  const downs = new Map(down.map((one) => [one.destination, one]))
  return groups.map(({ name, total, held, ages, oldestAt, nextAttemptAt, problem }) => ({
    destination: name,
    total,
    held,
    ages: Array.from(ages),
    oldest_at: new Date(oldestAt ?? 0).toISOString(),
    next_attempt_at: nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
    last_problem: problem === '' ? null : problem,
    down: downView(downs.get(name)),
  }))
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
  /** All that keeps it, what lasts longest first. */
  holds: WhyHold[]
}

/** Puts them so. What was tried stands in the journeys, which are read once each. */
export async function itemViews(
  archive: Archive,
  items: readonly QueueItem[],
  now: number,
): Promise<readonly ItemView[]> {
  const ids = new Set(items.map(({ journeyId }) => journeyId))
  const journeys = await archive.reads.journeys.listed(Array.from(ids))
  const tries = new Map(
    journeys.map(({ id, json, appended }) => {
      return [id, readRecord(json, appended).steps.filter((step) => step.type === 'attempt')]
    }),
  )
  const destinations = Array.from(new Set(items.map(({ destination }) => destination)))
  const known = archive.standing?.(destinations) ?? []
  const standings = new Map(known.map((one) => [one.destination, one]))
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
      holds: Array.from(
        holdsOf(item, { now, running: true, standing: standings.get(item.destination) }),
      ),
    }
  })
}
