import type { QueueShape, ShapeCounts, ShapeKey } from '../store/ports/queue-shape.ts'

const minuteMs = 60_000

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

/** One destination, sender, account or reason. */
export interface GroupJson extends CountsJson {
  name: string
  last_problem: string | null
}

/** The shape of a queue, for programs. */
export interface ShapeJson extends CountsJson {
  by: ShapeKey
  /** Minutes, up to which letters are counted. */
  limits: number[]
  /** How many groups there are, also those that are not told. */
  count: number
  groups: GroupJson[]
}

/** Puts it so. */
export function shapeJson(by: ShapeKey, shape: QueueShape): ShapeJson {
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

/** The shapes of several queues as one: those of the two servers of the lab. */
export function joinedShape(shapes: readonly QueueShape[], limit: number): QueueShape {
  const [only, ...more] = shapes
  if (only !== undefined && more.length === 0) return only
  const byName = Map.groupBy(
    shapes.flatMap(({ groups }) => groups),
    ({ name }) => name,
  )
  const groups = Array.from(byName, ([name, some]) => ({
    name,
    ...joinedCounts(some),
    problem: some.find(({ problem }) => problem !== '')?.problem ?? '',
  })).toSorted((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
  const count = Math.max(groups.length, ...shapes.map((shape) => shape.count))
  return { ...joinedCounts(shapes), count, groups: groups.slice(0, limit) }
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
