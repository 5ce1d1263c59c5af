import type { QueueItem } from './ports/queue.ts'
import type { QueueShape, ShapeCounts, ShapeKey, ShapeQuery } from './ports/queue-shape.ts'

/** The shape of these items, for whoever has them in memory. */
export function shapeOf(items: readonly QueueItem[], query: ShapeQuery): QueueShape {
  const all = Map.groupBy(items, (item) => nameOf(item, query.by))
  const groups = Array.from(all, ([name, some]) => ({
    name,
    ...countsOf(some, query),
    problem: some.reduce((last, { lastProblem }) => (lastProblem > last ? lastProblem : last), ''),
  }))
    .toSorted((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
    .slice(0, query.limit)
  return { ...countsOf(items, query), count: all.size, groups }
}

function nameOf(item: QueueItem, by: ShapeKey): string {
  switch (by) {
    case 'destination':
      return item.destination
    case 'sender':
      return item.reversePath
    case 'account':
      return item.account ?? ''
    case 'kind':
      return item.lastKind ?? ''
    case 'reason':
      return item.lastProblem
  }
}

function countsOf(
  items: readonly QueueItem[],
  { now, ages: limits }: Pick<ShapeQuery, 'now' | 'ages'>,
): ShapeCounts {
  const ages = [...limits, Infinity].map(() => 0)
  let [held, oldestAt, nextAttemptAt] = [0, Infinity, Infinity]
  for (const item of items) {
    const place = limits.findIndex((limit) => now - item.createdAt < limit)
    const at = place === -1 ? limits.length : place
    ages[at] = (ages[at] ?? 0) + 1
    oldestAt = Math.min(oldestAt, item.createdAt)
    if (item.held) held++
    else nextAttemptAt = Math.min(nextAttemptAt, item.nextAttemptAt)
  }
  return {
    total: items.length,
    held,
    ages,
    ...(oldestAt === Infinity ? {} : { oldestAt }),
    ...(nextAttemptAt === Infinity ? {} : { nextAttemptAt }),
  }
}
