import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, WaybillError } from '../base/error.ts'
import { syncFolder } from '../io/sync-folder.ts'
import { contentPath, dataFolder, makeDataFolder, makeDataRoot } from './data-folder.ts'
import { integer, openDatabase } from './database.ts'
import { lostDatabase } from './lost-database.ts'
import { storeProblem } from './problems.ts'
import { hashText } from './rows.ts'
import { checkKnown } from './schema.ts'

export interface BackupResult {
  /** Messages in the copy. */
  readonly messages: number
  /** Content files copied. */
  readonly contents: number
  /** Content files that retention removed while the backup ran; nothing young is among them. */
  readonly missing: number
}

/**
 * Copies a data folder, also while a server writes to it: the state of one instant, whole and
 * durable when this returns. The copy is a data folder; a server or a reader opens it as it is.
 * Also one that an older version wrote, which stays of that version.
 *
 * Until all is copied the copy has no `waybill.db`: one that was broken off opens nowhere.
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
    const lost = lostDatabase(from)
    if (lost !== undefined) throw lost
    makeDataRoot(to)
    if (readdirSync(to.root).length > 0) {
      throw new WaybillError('usage', `${to.root} is not empty.`, {
        hint: 'Name a new folder for the backup.',
      })
    }
    makeDataFolder(to)
    const unfinished = `${to.database}.part`
    closeSync(openSync(unfinished, 'wx', 0o600))
    const source = openDatabase(from.database, { readOnly: true, busyTimeoutMs: 5000 })
    try {
      checkKnown(source)
      source.run('VACUUM INTO ?', unfinished)
    } finally {
      source.close()
    }
    syncFile(unfinished) // SQLite leaves that to us
    // Contents are never changed, so they can be copied after the rows that name them.
    const { rows, messages } = rowsOf(unfinished)
    let missing = 0
    for (const sha256 of rows) {
      if (!copyDurably(contentPath(from, sha256), contentPath(to, sha256))) missing++
    }
    for (const part of readdirSync(to.content)) syncFolder(`${to.content}/${part}`)
    syncFolder(to.content)
    copyDurably(from.firstUnreportedDay, to.firstUnreportedDay)
    renameSync(unfinished, to.database)
    syncFolder(to.root)
    return { messages, contents: rows.length - missing, missing }
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}

/** What the copied database says lies in files, and how many messages there are. */
function rowsOf(path: string): { readonly rows: readonly string[]; readonly messages: number } {
  const copied = openDatabase(path, { readOnly: true, busyTimeoutMs: 0 })
  try {
    const rows = copied.all('SELECT sha256 FROM content WHERE octets IS NULL')
    const counted = copied.get('SELECT count(*) AS n FROM message') ?? {}
    return { rows: rows.map((row) => hashText(row, 'sha256')), messages: integer(counted, 'n') }
  } finally {
    copied.close()
  }
}

/** `false` when there is no such file (any more). */
function copyDurably(from: string, to: string): boolean {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  try {
    copyFileSync(from, to)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
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
