import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Where everything lies in the data folder. */
export interface DataFolder {
  readonly root: string
  /** The database; beside it SQLite keeps `-wal` (the log) and `-shm` (its index) while it runs. */
  readonly database: string
  /** Locked by the one server that may write here. */
  readonly lock: string
  /** The process number of that server, as text: only for a helpful message. */
  readonly owner: string
  /** Contents too long for the database: `content/ab/ab12…`, named by their SHA-256. */
  readonly content: string
  /** Files that are being written. Worth nothing after a crash. */
  readonly spool: string
}

export function dataFolder(folder: string): DataFolder {
  const root = resolve(folder)
  return {
    root,
    database: join(root, 'waybill.db'),
    lock: join(root, 'server.lock'),
    owner: join(root, 'server.pid'),
    content: join(root, 'content'),
    spool: join(root, 'spool'),
  }
}

/** The file of a content. Two letters of the hash make the folder, so that no folder gets huge. */
export function contentPath(folder: DataFolder, sha256: string): string {
  return join(folder.content, sha256.slice(0, 2), sha256)
}

/** Makes the folders that are missing, readable by the owner only: mail and keys are private. */
export function makeDataFolder(folder: DataFolder): void {
  for (const path of [folder.root, folder.content, folder.spool]) {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(dirname(path))
  }
}

/** Makes the names in a folder durable: a new file is lost with its name otherwise. */
export function syncFolder(path: string): void {
  // Windows can neither open nor flush a folder; NTFS journals names on its own.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
