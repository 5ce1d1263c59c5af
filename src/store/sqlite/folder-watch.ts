import { statSync } from 'node:fs'
import { WaybillError } from '../../base/error.ts'
import type { DataFolder } from '../data-folder.ts'

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
