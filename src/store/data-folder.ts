import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { WaybillError, codeOf } from '../base/error.ts'
import { type SyncFolder, makeFolder, syncFolder } from '../io/make-folder.ts'

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
  /** The index of the search; it may be removed, and is made again by itself. */
  readonly search: string
  /** Webhooks: who is told, and what is on its way there. A server makes it. */
  readonly hooks: string
  /** The UTC day from which on aggregate reports are still to be sent. */
  readonly firstUnreportedDay: string
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
    search: join(root, 'search.db'),
    hooks: join(root, 'hooks.db'),
    firstUnreportedDay: join(root, 'first-unreported-day'),
  }
}

/** The file of a content. Two letters of the hash make the folder, so that no folder gets huge. */
export function contentPath(folder: DataFolder, sha256: string): string {
  return join(folder.content, sha256.slice(0, 2), sha256)
}

/**
 * Makes the folder itself where it is missing, readable by the owner only: mail and keys are private.
 *
 * @throws WaybillError `usage` when there can be none, or none that this user may write to
 */
export function makeDataRoot(folder: DataFolder, sync: SyncFolder = syncFolder): void {
  const { root, database, hooks, lock, content, spool } = folder
  for (const made of makeFolder(root)) sync(dirname(made))
  if (!mayWrite(root)) throw notWritable(root, root)
  // A command that root ran once may leave what is root's: said now, not with the first long letter.
  const databases = [database, hooks].flatMap((path) => [path, `${path}-wal`, `${path}-shm`])
  for (const path of [...databases, lock, content, spool]) {
    if (!mayWrite(path)) throw notWritable(path, root)
  }
  const parts = isFolder(content) ? readdirSync(content) : []
  const shut = parts.map((part) => join(content, part)).find((path) => !mayWrite(path))
  if (shut !== undefined) throw notWritable(shut, root)
}

function notWritable(path: string, root: string): WaybillError {
  const what = path === root ? 'the data folder ' : ''
  return new WaybillError('usage', `This user may not write to ${what}${path}.`, {
    hint:
      path === root
        ? 'Give the folder to the user that runs Waybill, or name another with --data.'
        : `Give all of the data folder to the user that runs Waybill: chown -R USER ${root}`,
  })
}

/** Also `true` for what is not there. */
function mayWrite(path: string): boolean {
  const { R_OK, W_OK, X_OK } = constants
  try {
    accessSync(path, isFolder(path) ? R_OK | W_OK | X_OK : R_OK | W_OK)
    return true
  } catch (problem) {
    const code = codeOf(problem)
    return code === 'ENOENT' || code === 'ENOTDIR'
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Makes what is missing of the folder, with the places for contents in it. */
export function makeDataFolder(folder: DataFolder, sync: SyncFolder = syncFolder): void {
  makeDataRoot(folder, sync)
  for (const path of [folder.content, folder.spool]) {
    for (const made of makeFolder(path)) sync(dirname(made))
  }
}

/**
 * Whether a data folder has a database, or something else at a path in it.
 *
 * @throws WaybillError `not-found`, and not "no data", for a folder that may not be looked into
 */
export function isThere(folder: DataFolder, path: string = folder.database): boolean {
  try {
    statSync(path)
    accessSync(path, constants.R_OK)
    return true
  } catch (problem) {
    const code = codeOf(problem)
    if (code !== 'EACCES' && code !== 'EPERM') return false
    throw mayNotRead(folder.root)
  }
}

/** What is told of a data folder that another user keeps to itself. */
function mayNotRead(root: string): WaybillError {
  return new WaybillError('not-found', `You may not read the mail data in ${root}.`, {
    hint: 'Run this as the user of the server (sudo -u USER …), or as root.',
  })
}
