import type { Soon } from '../base/result.ts'
import type { QueuePort } from '../store/ports/queue.ts'
import {
  type QueueShape,
  type ShapeCounts,
  type ShapeGroup,
  type ShapeKey,
  type ShapeQuery,
  shapeKeys,
} from '../store/ports/queue-shape.ts'

const minuteMs = 60_000

/** By what letters that wait can be counted together: what the store knows of each, and `site`. */
export const shapeNames: readonly [...typeof shapeKeys, 'site'] = [...shapeKeys, 'site']

/** `site` is the set of mail servers that a destination leads to. */
export type ShapeName = ShapeKey | 'site'

/** Up to these ages, in minutes, letters that wait are counted, each twice the one before. */
export const ageMinutes: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 640, 1280]

/** The same in milliseconds. */
export const ageLimitsMs: readonly number[] = ageMinutes.map((minutes) => minutes * minuteMs)

/** How much waits, for programs. */
export interface CountsJson {
  total: number
  held: number
  /** One more than there are limits: what is older. */
  ages: number[]
  oldest_at: string | null
  next_attempt_at: string | null
}

/** One destination, sender, account, reason or site. */
export interface GroupJson extends CountsJson {
  name: string
  last_problem: string | null
}

/** The shape of a queue, for programs. */
export interface ShapeJson extends CountsJson {
  by: ShapeName
  /** Minutes, up to which letters are counted. */
  limits: number[]
  /** How many groups there are, also those that are not told. */
  count: number
  groups: GroupJson[]
}

/** Puts it so. */
export function shapeJson(by: ShapeName, shape: QueueShape): ShapeJson {
  return {
    by,
    limits: Array.from(ageMinutes),
    ...countsJson(shape),
    count: shape.count,
    groups: shape.groups.map((group) => ({
      name: group.name,
      ...countsJson(group),
      last_problem: group.problem === '' ? null : group.problem,
    })),
  }
}

function countsJson({ total, held, ages, oldestAt, nextAttemptAt }: ShapeCounts): CountsJson {
  return {
    total,
    held,
    ages: Array.from(ages),
    oldest_at: timeOf(oldestAt),
    next_attempt_at: timeOf(nextAttemptAt),
  }
}

function timeOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}

/** Of so many destinations the site is looked up, those with most letters; others are their own. */
const mostPlaced = 5000

/**
 * The shape of a queue by what is asked for. Sites are not in the store: what waits is counted by
 * destination, and destinations of one site are added up.
 *
 * @param sites the site of each of these destinations, in their order; `undefined`: nobody knows
 */
export async function shapeBy(
  queue: Pick<QueuePort, 'shape'>,
  { by, limit, ...query }: Omit<ShapeQuery, 'by'> & { readonly by: ShapeName },
  sites: (destinations: readonly string[]) => Soon<readonly string[] | undefined>,
): Promise<QueueShape> {
  if (by !== 'site') return await queue.shape({ ...query, by, limit })
  const whole = await queue.shape({ ...query, by: 'destination', limit: mostPlaced })
  const names = whole.groups.map(({ name }) => name)
  const known = (await sites(names)) ?? names
  const placed = whole.groups.map((group, at) => ({ ...group, name: known[at] ?? group.name }))
  const groups = gathered(placed)
  const count = groups.length + whole.count - placed.length
  return { ...whole, count, groups: groups.slice(0, limit) }
}

/** The shapes of several queues as one: those of the two servers of the lab. */
export function joinedShape(shapes: readonly QueueShape[], limit: number): QueueShape {
  const [only, ...more] = shapes
  if (only !== undefined && more.length === 0) return only
  const groups = gathered(shapes.flatMap((shape) => shape.groups))
  const count = Math.max(groups.length, ...shapes.map((shape) => shape.count))
  return { ...joinedCounts(shapes), count, groups: groups.slice(0, limit) }
}

/** Groups of the same name as one, the largest first. */
function gathered(all: readonly ShapeGroup[]): readonly ShapeGroup[] {
  const byName = Map.groupBy(all, ({ name }) => name)
  return Array.from(byName, ([name, some]) => ({
    name,
    ...joinedCounts(some),
    problem: some.find(({ problem }) => problem !== '')?.problem ?? '',
  })).toSorted((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
}

function joinedCounts(all: readonly ShapeCounts[]): ShapeCounts {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const least = (times: readonly (number | undefined)[]): number | undefined => {
    const known = times.filter((at) => at !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }
  const oldestAt = least(all.map((one) => one.oldestAt))
  const nextAttemptAt = least(all.map((one) => one.nextAttemptAt))
  const places = Math.max(0, ...all.map(({ ages }) => ages.length))
  return {
    total: sum(all.map(({ total }) => total)),
    held: sum(all.map(({ held }) => held)),
    ages: Array.from({ length: places }, (_, at) => sum(all.map(({ ages }) => ages[at] ?? 0))),
    ...(oldestAt === undefined ? {} : { oldestAt }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
  }
}
