import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { WaybillError } from '../base/error.ts'
import { contentPath, dataFolder, makeDataFolder, syncFolder } from './data-folder.ts'
import { openDatabase } from './database.ts'
import { storeProblem } from './problems.ts'
import { hashText } from './rows.ts'
import { checkReadable } from './schema.ts'

export interface BackupResult {
  /** Content files copied. */
  readonly contents: number
  /** Content files that retention removed while the backup ran; nothing young is among them. */
  readonly missing: number
}

/**
 * Copies a data folder, also while a server writes to it: the state of one instant, whole and
 * durable when this returns. The copy is a data folder; a server or a reader opens it as it is.
 *
 * Synchronous and as long as the disk takes: for the command line, not for a server's main thread.
 *
 * @param options.to a folder that is empty or not there; `usage` is thrown otherwise
 */
export function backUpStore(options: {
  readonly folder: string
  readonly to: string
}): BackupResult {
  const from = dataFolder(options.folder)
  const to = dataFolder(options.to)
  try {
    makeDataFolder(to)
    const strange = readdirSync(to.root).filter((name) => name !== 'content' && name !== 'spool')
    if (strange.length > 0 || readdirSync(to.content).length > 0) {
      throw new WaybillError('usage', `${to.root} is not empty.`, {
        hint: 'Name a new folder for the backup.',
      })
    }
    closeSync(openSync(to.database, 'a', 0o600))
    const source = openDatabase(from.database, { readOnly: true, busyTimeoutMs: 5000 })
    try {
      checkReadable(source)
      source.run('VACUUM INTO ?', to.database)
    } finally {
      source.close()
    }
    syncFile(to.database) // SQLite leaves that to us
    // Contents are never changed, so they can be copied after the rows that name them.
    const copied = openDatabase(to.database, { readOnly: true, busyTimeoutMs: 0 })
    const rows = copied.all('SELECT sha256 FROM content WHERE octets IS NULL')
    copied.close()
    let missing = 0
    for (const row of rows) {
      const sha256 = hashText(row, 'sha256')
      if (!copyContent(contentPath(from, sha256), contentPath(to, sha256))) missing++
    }
    for (const part of readdirSync(to.content)) syncFolder(`${to.content}/${part}`)
    syncFolder(to.content)
    syncFolder(to.root)
    return { contents: rows.length - missing, missing }
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}

function copyContent(from: string, to: string): boolean {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  try {
    copyFileSync(from, to)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
  syncFile(to)
  return true
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
