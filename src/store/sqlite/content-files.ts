import { createHash, randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, WaybillError } from '../../base/error.ts'
import { type SyncFolder, makeFolder, syncFolder } from '../../io/make-folder.ts'
import { contentPath, type DataFolder } from '../data-folder.ts'
import { chunkBytes, type ReadContent } from '../message-ranges.ts'
import { contentUnwritten, storeBroken, storeProblem } from '../problems.ts'
import type { ReadFile } from '../reads.ts'

/** Contents up to this size are kept in the database, longer ones in files of their own. */
export const inlineBytes: number = 256 * 1024

/** The files of long contents, as the writer handles them: synchronous, on its own thread. */
export interface ContentFiles {
  /**
   * Gives a finished, fsynced file its place. Its name in the spool stays until `removeSpooled`: two
   * names for one file tell a start that nothing was acknowledged. Durable only after `sync`.
   * Repeating it is fine: a transaction may be tried again.
   */
  place(path: string, sha256: string, size: number): void
  /** Makes all places since the last call durable. To be called before the commit. */
  sync(): void
  /** The octets of a file that is short enough for the database after all. */
  read(path: string): Uint8Array
  /** Removes the file of a content that no row refers to any longer. */
  remove(sha256: string): void
  /** Removes a spool file. */
  removeSpooled(path: string): void
  /** Takes the place back that a spool file was given, unless the place has another file. */
  takeBack(path: string, sha256: string): void
  /**
   * After a crash: removes what it left. That are spool files, and contents without a row that are
   * still in the spool, or whose rows had been removed (`mayGo`). Gives the paths of all else that
   * no row refers to; that stays, because it may be mail whose database was lost or put back.
   */
  sweep(rows: {
    readonly isReferred: (sha256: string) => boolean
    readonly mayGo: (sha256: string) => boolean
  }): readonly string[]
}

export function contentFiles(folder: DataFolder, syncOne: SyncFolder = syncFolder): ContentFiles {
  const unsynced = new Set<string>()
  /** Places given where a file cannot have two names, since the last `sync`. */
  const moved = new Set<string>()
  return {
    place(path, sha256, size) {
      try {
        const target = contentPath(folder, sha256)
        for (const made of makeFolder(dirname(target))) unsynced.add(dirname(made))
        if (giveName(path, target, size) === 'moved') moved.add(path)
        unsynced.add(dirname(target))
      } catch (error) {
        throw placeProblem(error)
      }
    },
    sync() {
      try {
        for (const path of unsynced) syncOne(path)
      } catch (error) {
        throw storeBroken(error) // a failed fsync is never tried again
      }
      unsynced.clear()
      moved.clear()
    },
    read: (path) => readFileSync(path),
    remove: (sha256) => rmSync(contentPath(folder, sha256), { force: true }),
    removeSpooled: (path) => rmSync(path, { force: true }),
    takeBack(path, sha256) {
      const target = contentPath(folder, sha256)
      const place = identity(target)
      const ours = moved.delete(path) || (place !== undefined && place === identity(path))
      if (ours) rmSync(target, { force: true })
    },
    sweep: (rows) => sweep(folder, rows),
  }
}

/** A file of equal content that was there is replaced: this one is known to be whole. */
function giveName(path: string, target: string, size: number): 'linked' | 'moved' | 'known' {
  const found = statSync(path, { throwIfNoEntry: false })
  const there = statSync(target, { throwIfNoEntry: false })
  if (found === undefined && there?.size === size) return 'known' // by this very file, before
  if (found?.size !== size) {
    throw new Error(`ContentFiles: ${found?.size ?? 'no'} octets instead of ${size}`)
  }
  if (there === undefined) return linked(path, target)
  if (identity(path) === identity(target)) return 'known'
  renameSync(path, target)
  return 'known'
}

function linked(path: string, target: string): 'linked' | 'moved' {
  try {
    linkSync(path, target)
    return 'linked'
  } catch (error) {
    if (!noLinks.has(codeOf(error))) throw error
    renameSync(path, target)
    return 'moved'
  }
}

/** What file systems say that give a file one name only, such as exFAT. */
const noLinks: ReadonlySet<unknown> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
])

/** Room and a broken disk concern everybody, all else this one letter. */
function placeProblem(error: unknown): unknown {
  const code = codeOf(error)
  if (code === 'EIO' || storeProblem(error)?.code === 'store-full') return error
  return code === undefined ? error : contentUnwritten(error)
}

function identity(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev} ${found.ino}`
}

function sweep(
  folder: DataFolder,
  { isReferred, mayGo }: Parameters<ContentFiles['sweep']>[0],
): readonly string[] {
  const unexplained: string[] = []
  const spooled = new Set<string>()
  const spool = readdirSync(folder.spool).map((name) => join(folder.spool, name))
  for (const path of spool) spooled.add(identity(path) ?? '')
  for (const { name, path } of filesBelow(folder.content)) {
    const known = isContentName(name) && path === contentPath(folder, name)
    if (known && isReferred(name)) continue
    if (known && (mayGo(name) || spooled.has(identity(path) ?? ''))) rmSync(path)
    else unexplained.push(path)
  }
  // Last: until here they explain what lies in `content`, also when this is cut short.
  for (const path of spool) {
    if (isSpoolName(basename(path))) rmSync(path, { recursive: true, force: true })
    else unexplained.push(path)
  }
  return unexplained
}

/** Folders in folders are looked into so far; what is deeper is told as it stands. */
const maxDepth = 8

/** Whatever lies in a folder and in its folders, links as themselves; folders only where too deep. */
export function* filesBelow(
  folder: string,
  depth = 0,
): Generator<{ readonly name: string; readonly path: string }> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < maxDepth) yield* filesBelow(path, depth + 1)
    else yield { name: entry.name, path }
  }
}

/** Whether a file is named as contents are: by its SHA-256. */
export function isContentName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** The contents of a folder that are in files. */
export function filesOf(folder: DataFolder): ReadFile {
  return (sha256, size) => fileContent(folder, sha256, size)
}

/** Reads the file of a content, one chunk in memory at a time, and holds it against its hash. */
function fileContent(folder: DataFolder, sha256: string, size: number): ReadContent {
  return async function* () {
    const file = await open(contentPath(folder, sha256)).catch((error: unknown) => {
      throw unreadable(sha256, error)
    })
    try {
      const hash = createHash('sha256')
      for (let at = 0; at < size; ) {
        const chunk = new Uint8Array(Math.min(chunkBytes, size - at))
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
        if (bytesRead === 0) throw unreadable(sha256, new Error('the file is too short'))
        at += bytesRead
        const octets = chunk.subarray(0, bytesRead)
        hash.update(octets)
        if (at === size && hash.digest('hex') !== sha256) throw damaged(sha256)
        yield octets
      }
    } catch (error) {
      throw storeProblem(error) ?? error
    } finally {
      await file.close()
    }
  }
}

/** The octets of a content do not have the hash that it was stored under. */
export function damaged(sha256: string): WaybillError {
  return new WaybillError('store-broken', `The content ${sha256} is damaged: its hash is wrong.`, {
    hint: 'Restore it from a backup, and check the disk; waybill verify-store tells what else is damaged.',
  })
}

function unreadable(sha256: string, cause: unknown): WaybillError {
  return new WaybillError('not-found', `The content ${sha256} is no longer in the data folder.`, {
    cause,
    hint: 'It was removed by retention meanwhile, or by hand; restore content/ from a backup.',
  })
}

/** What the names of one thread's files in the spool begin with. */
export function spoolMark(number: number): string {
  return number.toString(16).padStart(8, '0')
}

/** A name for a new file in the spool: a UUID whose beginning says whose file it is. */
export function spoolName(mark: string): string {
  return `${mark}${randomUUID().slice(mark.length)}`
}

/** Whether a file is named as ours are; whatever else lies in the spool is not ours. */
export function isSpoolName(name: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}

/** Removes the files of a thread that is gone. What cannot be removed is swept at the next start. */
export function removeSpoolOf(mark: string, spool: string): void {
  try {
    const names = readdirSync(spool).filter((name) => isSpoolName(name) && name.startsWith(mark))
    for (const name of names) rmSync(join(spool, name), { force: true })
  } catch {
    // They are worth nothing, and not the writer's end.
  }
}
