import { numberedChanges, packChanges, unpackChanges } from '../change-notes.ts'
import { type Database, type ReadRows, integer, text } from './database.ts'
import type { Change, ChangePage, ChangePageQuery } from '../ports/changes.ts'
import type { Transaction } from './transaction.ts'

/** The number of the last change that there was; 0 before the first. */
export function lastChange(database: Pick<Database, 'get'>): number {
  const row = database.get('SELECT last FROM change_log ORDER BY last DESC LIMIT 1')
  return row === undefined ? 0 : integer(row, 'last')
}

/**
 * Writes down what the transaction does, as one row: it costs a few microseconds and a part of a
 * page. What is too old goes, a good deal of it now and then, but never the newest row: numbers go on
 * from it.
 */
export function writeChanges(
  transaction: Transaction,
  { last, kept }: { readonly last: number; readonly kept: number },
): readonly Change[] {
  if (transaction.told.length === 0) return []
  const changes = numberedChanges(transaction.told, last)
  const next = last + changes.length
  const sql = 'INSERT INTO change_log (last, changes) VALUES (?, ?)'
  transaction.run(sql, next, packChanges(changes))
  const portion = Math.max(1, Math.floor(kept / 50))
  if (Math.floor(next / portion) > Math.floor(last / portion)) {
    transaction.run('DELETE FROM change_log WHERE last <= ?', next - Math.max(kept, 1))
  }
  return changes
}

/** What stands in the log behind a number. */
export function readChanges(rows: ReadRows, { after, limit }: ChangePageQuery): ChangePage {
  const sql = 'SELECT last, changes FROM change_log WHERE last > ? ORDER BY last LIMIT ?'
  const found = rows.all(sql, after, limit).map((row) => {
    const last = integer(row, 'last')
    const changes = unpackChanges(text(row, 'changes'), last)
    // A row without changes stands where numbers were left out: see `renumber`.
    return { last, before: last - changes.length, changes }
  })
  const [first] = found
  if (first === undefined) {
    // Behind a number that was never given: it is of other data.
    const last = lastChange(rows)
    const forgotten = last < after ? last : undefined
    return { forgotten, changes: [], through: forgotten ?? after, more: false }
  }
  return {
    forgotten: first.before > after ? first.before : undefined,
    changes: found.flatMap(({ changes }) => changes).filter(({ number }) => number > after),
    through: found.at(-1)?.last ?? after,
    more: found.length === limit,
  }
}
