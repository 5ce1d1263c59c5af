import { existsSync } from 'node:fs'
import { type Database, integer, openDatabase } from './database.ts'
import { lastChange } from './write-changes.ts'

/** More changes than a server makes between a backup and the end of its data. */
const changesLeftOut = 100_000_000_000

/**
 * Numbers a database anew that was brought back from a backup: what came after the backup had numbers
 * too, and those who were told of them must not take them for what comes next.
 *
 * RFC 9051 §2.3.1.1, RFC 7162 §3.1: UIDs and change numbers never come twice under one UIDVALIDITY, so
 * each mailbox gets a greater one than any that was given. Changes go on far behind the last one, and
 * whoever reads them hears of a gap.
 *
 * @param database of the format of today, of a folder that nobody else uses
 * @param replaced the database that it replaces; of one that is lost or broken nothing is known
 */
export function renumber(database: string, replaced: string): void {
  const before = numbersOf(replaced)
  const copy = openDatabase(database, { readOnly: false, busyTimeoutMs: 0 })
  try {
    copy.exec('PRAGMA synchronous = FULL')
    copy.exec('BEGIN IMMEDIATE')
    const { validity, change } = numbersIn(copy)
    copy.run(
      'UPDATE kept_count SET uid_validity = max(?, unixepoch())',
      Math.max(validity, before.validity) + 1,
    )
    copy.run(`UPDATE mailbox SET uid_validity = (SELECT uid_validity FROM kept_count) + place
      FROM (SELECT id AS ranked, row_number() OVER (ORDER BY id) - 1 AS place FROM mailbox)
      WHERE id = ranked`)
    copy.run('UPDATE kept_count SET uid_validity = uid_validity + (SELECT count(*) FROM mailbox)')
    copy.run('DELETE FROM change_log')
    const next = Math.max(change, before.change) + changesLeftOut
    copy.run("INSERT INTO change_log (last, changes) VALUES (?, '[]')", next)
    copy.exec('COMMIT')
  } finally {
    copy.close()
  }
}

interface Numbers {
  /** The last UIDVALIDITY that was given. */
  readonly validity: number
  readonly change: number
}

/** As far as they can be read: it is often because they cannot that a backup is brought back. */
function numbersOf(path: string): Numbers {
  if (!existsSync(path)) return { validity: 0, change: 0 }
  try {
    const database = openDatabase(path, { readOnly: true, busyTimeoutMs: 0 })
    try {
      return numbersIn(database)
    } finally {
      database.close()
    }
  } catch {
    return { validity: 0, change: 0 }
  }
}

function numbersIn(database: Database): Numbers {
  const kept = database.get('SELECT uid_validity FROM kept_count') ?? {}
  return { validity: integer(kept, 'uid_validity'), change: lastChange(database) }
}
