import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { WaybillError } from '../../base/error.ts'
import type { DataFolder } from '../data-folder.ts'
import { type Database, openDatabase } from './database.ts'
import { storeProblem } from '../problems.ts'

/** The right to be the one server of a data folder. */
export interface DataLock {
  release(): void
}

/**
 * Takes the data folder for this process, or throws `data-in-use`.
 *
 * The lock is a lock of the operating system on `server.lock`, taken through SQLite: it ends with
 * the process, however that ends, so there is never a stale one to remove. It also keeps a second
 * store of the same process out. It does not hold across machines on a network file system.
 */
export function lockDataFolder(folder: DataFolder): DataLock {
  let database: Database | undefined
  try {
    database = openDatabase(folder.lock, { readOnly: false, busyTimeoutMs: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    const problem = storeProblem(error)
    throw problem?.code === 'store-busy' ? inUse(folder) : (problem ?? error)
  }
  writeFileSync(folder.owner, `${process.pid}\n`)
  const held = database
  return {
    release() {
      rmSync(folder.owner, { force: true })
      held.close()
    },
  }
}

function inUse(folder: DataFolder): WaybillError {
  return new WaybillError('data-in-use', `${folder.root} is in use by ${ownerName(folder)}.`, {
    hint: 'Stop that server first, or choose another folder with --data.',
  })
}

function ownerName(folder: DataFolder): string {
  try {
    const owner = readFileSync(folder.owner, 'utf8').trim()
    if (/^\d+$/.test(owner)) return `another Waybill (process ${owner})`
  } catch {
    // The other server is just starting or ending: its number is not there, the lock is.
  }
  return 'another Waybill'
}
