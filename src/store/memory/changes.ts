import { numberedChanges } from '../change-notes.ts'
import type { MemoryTables, MemoryWork } from './tables.ts'
import type { Change, ChangePage, ChangePageQuery } from '../ports/changes.ts'

/** As `writeChanges` does it in the database. */
export function writeMemoryChanges(
  { tables, undo }: MemoryWork,
  { last, kept }: { readonly last: number; readonly kept: number },
): readonly Change[] {
  if (undo.told.length === 0) return []
  const changes = numberedChanges(undo.told, last)
  const next = last + changes.length
  undo.set(tables.changes, next, changes)
  for (const old of tables.changes.keys()) {
    if (old > next - kept) break
    undo.delete(tables.changes, old)
  }
  return changes
}

/** As `readChanges` does it in the database. */
export function readMemoryChanges(
  { changes: log }: MemoryTables,
  { after, limit }: ChangePageQuery,
): ChangePage {
  const ends = Array.from(log.keys()).toSorted((a, b) => a - b)
  const behind = ends.filter((end) => end > after)
  const found = behind.slice(0, limit).flatMap((end) => log.get(end) ?? [])
  const [first] = found
  if (first === undefined) {
    const last = ends.at(-1) ?? 0
    const forgotten = last < after ? last : undefined
    return { forgotten, changes: [], through: forgotten ?? after, more: false }
  }
  return {
    forgotten: first.number > after + 1 ? first.number - 1 : undefined,
    changes: found.filter(({ number }) => number > after),
    through: found.at(-1)?.number ?? after,
    more: behind.length > limit,
  }
}
