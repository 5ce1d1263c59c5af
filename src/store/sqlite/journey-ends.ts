import { type Database, integer, type Row } from './database.ts'
import type { Transaction } from './transaction.ts'

/** How many journeys share one text of their ends. A number that released formats have. */
const block = 4096

/** The greatest key that a text of ends covers. */
export function endsKnownTo(database: Pick<Database, 'get'>): number {
  const row = database.get('SELECT coalesce(max(last), 0) AS last FROM journey_ends')
  return integer(row ?? {}, 'last')
}

/** A journey has come under this key, which is the greatest of all. */
export function noteEnd(transaction: Transaction, key: number): void {
  // The newest ones were removed, and keys are given again: those texts know the old ones.
  if (key <= transaction.endsTo) {
    transaction.run('DELETE FROM journey_ends WHERE last >= ?', key)
    transaction.endsChanged = true
  }
  if (key % block !== 0) return
  transaction.run(
    `INSERT INTO journey_ends (last, ends)
      SELECT ?1, group_concat(lower(substr(id, -4)), ' ') FROM journey WHERE key > ?1 - ${block}`,
    key,
  )
  transaction.endsChanged = true
}

/**
 * Journeys whose id begins or ends with `part`, of at least four letters: by the index of ids, and by
 * the texts of their ends with the newest journeys, which have none yet.
 */
export function journeysByPart(
  all: (sql: string, part: string) => Row[],
  part: string,
  limit: number,
): Row[] {
  const endsSo = 'substr(id, -length(?1)) = ?1 COLLATE NOCASE'
  return all(
    `SELECT * FROM journey WHERE key IN (
        SELECT key FROM journey WHERE id >= ?1 AND id < ?1 || char(1114111)
          AND substr(id, 1, length(?1)) = ?1 COLLATE NOCASE
        UNION SELECT journey.key FROM journey_ends
            CROSS JOIN journey ON journey.key > last - ${block} AND journey.key <= last
          WHERE instr(ends, lower(substr(?1, -4))) > 0 AND ${endsSo}
        UNION SELECT key FROM journey
          WHERE key > (SELECT coalesce(max(last), 0) FROM journey_ends) AND ${endsSo})
      ORDER BY started_ms DESC, key DESC LIMIT ${limit}`,
    part,
  )
}
