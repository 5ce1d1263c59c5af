import { existsSync, statSync } from 'node:fs'
import { WaybillError } from '../../base/error.ts'
import { type DataFolder, isThere } from '../data-folder.ts'

/**
 * Says so when a folder has held mail and its database is gone or empty. `content/` is made after
 * the first tables are on disk, so beside no database it means a loss, and never a first start.
 *
 * To be asked before SQLite opens anything: it removes a log that lies beside an empty file, and
 * acknowledged mail may be in that log.
 */
export function lostDatabase(folder: DataFolder): WaybillError | undefined {
  const size = statSync(folder.database, { throwIfNoEntry: false })?.size
  if (size !== undefined && size > 0) return undefined
  return existsSync(folder.content) || existsSync(`${folder.database}-wal`)
    ? lost(folder, size === undefined ? 'is missing' : 'is empty')
    : undefined
}

/** The same of a database that has no tables. */
export function lostTables(folder: DataFolder): WaybillError | undefined {
  return existsSync(folder.content) ? lost(folder, 'has no tables') : undefined
}

/**
 * For what only reads: nothing is made where there is nothing.
 *
 * @throws WaybillError `not-found` with `hint` for a folder without mail data, or one that may not be
 *   looked into, and what `lostDatabase` says
 */
export function checkThere(folder: DataFolder, hint: string): void {
  const there = isThere(folder)
  const problem = lostDatabase(folder)
  if (problem !== undefined) throw problem
  if (!there) {
    throw new WaybillError('not-found', `There is no mail data in ${folder.root}.`, { hint })
  }
}

function lost({ root, database }: DataFolder, how: string): WaybillError {
  return new WaybillError(
    'store-broken',
    `${database} ${how}, but the folder has held mail. Nothing was changed.`,
    {
      hint:
        'Put waybill.db back from a backup, together with its waybill.db-wal if there is one. ' +
        `To begin anew without the mail and the keys of before, move ${root} away first.`,
    },
  )
}

/** Tells whether the data folder is still the one that was opened. */
export type FolderWatch = () => WaybillError | undefined

/**
 * Remembers which files the open database consists of. A program that has a file open can go on
 * writing to it after it was removed, and nothing fails: only its name tells.
 *
 * The log is looked at from the first time on that it is there: SQLite makes it with the first write
 * and keeps it until the last connection closes.
 */
export function watchFolder(folder: DataFolder): FolderWatch {
  const places = [folder.database, `${folder.database}-wal`, folder.content]
  const known = new Map<string, string>()
  return () => {
    for (const place of places) {
      const found = identity(place)
      const before = known.get(place)
      if (found !== undefined && before === undefined) known.set(place, found)
      else if (found !== before) return gone(place, found)
    }
    return undefined
  }
}

function identity(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev} ${found.ino}`
}

function gone(place: string, found: string | undefined): WaybillError {
  const how = found === undefined ? 'removed' : 'replaced'
  return new WaybillError('store-broken', `${place} was ${how} while the server ran.`, {
    hint: 'What was acknowledged before is lost with it, unless there is a backup: restore that, then start Waybill again.',
  })
}
