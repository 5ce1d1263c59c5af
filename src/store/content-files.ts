import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WaybillError } from '../base/error.ts'
import type { DataFolder } from './data-folder.ts'
import { contentPath, syncFolder } from './data-folder.ts'
import type { ReadRanges } from './message-ranges.ts'
import { chunkBytes } from './message-ranges.ts'
import { storeBroken, storeProblem } from './problems.ts'

/** Contents up to this size are kept in the database, longer ones in files of their own. */
export const inlineBytes: number = 256 * 1024

/** The files of long contents, as the writer handles them: synchronous, on its own thread. */
export interface ContentFiles {
  /**
   * Moves a finished, fsynced file to its place. Durable only after `sync`. Repeating a move that
   * was already made is fine: a transaction may be tried again.
   */
  place(path: string, sha256: string, size: number): void
  /** Makes all moves since the last call durable. To be called before the commit. */
  sync(): void
  /** The octets of a file that is short enough for the database after all. */
  read(path: string): Uint8Array
  /** Removes the file of a content that no row refers to any longer. */
  remove(sha256: string): void
  /** Removes a spool file. */
  removeSpooled(path: string): void
  /** After a crash: empties the spool and removes contents that no row refers to. */
  sweep(isReferred: (sha256: string) => boolean): void
}

export function contentFiles(folder: DataFolder): ContentFiles {
  const unsynced = new Set<string>()
  return {
    place(path, sha256, size) {
      const target = contentPath(folder, sha256)
      if (statSync(target, { throwIfNoEntry: false })?.size === size) {
        // Equal content that a transaction without success has left, or this very file.
        rmSync(path, { force: true })
      } else {
        const found = statSync(path).size
        if (found !== size) throw new Error(`ContentFiles: ${found} octets instead of ${size}`)
        const made = mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
        if (made !== undefined) unsynced.add(folder.content)
        renameSync(path, target)
      }
      unsynced.add(dirname(target))
    },
    sync() {
      try {
        for (const path of unsynced) syncFolder(path)
      } catch (error) {
        throw storeBroken(error) // a failed fsync is never tried again
      }
      unsynced.clear()
    },
    read: (path) => readFileSync(path),
    remove: (sha256) => rmSync(contentPath(folder, sha256), { force: true }),
    removeSpooled: (path) => rmSync(path, { force: true }),
    sweep(isReferred) {
      for (const name of readdirSync(folder.spool)) {
        rmSync(join(folder.spool, name), { recursive: true, force: true })
      }
      for (const part of readdirSync(folder.content)) {
        if (!/^[0-9a-f]{2}$/.test(part)) continue
        for (const name of readdirSync(join(folder.content, part))) {
          if (!isReferred(name)) rmSync(join(folder.content, part, name))
        }
      }
    },
  }
}

/** Reads from the file of a content, one chunk in memory at a time. */
export function fileRanges(folder: DataFolder, sha256: string): ReadRanges {
  return async function* (ranges) {
    const path = contentPath(folder, sha256)
    const file = await open(path).catch((error: unknown) => {
      throw unreadable(sha256, error)
    })
    try {
      for (const [start, end] of ranges) {
        let at = start
        while (at < end) {
          const chunk = new Uint8Array(Math.min(chunkBytes, end - at))
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
          if (bytesRead === 0) throw unreadable(sha256, new Error('the file is too short'))
          at += bytesRead
          yield chunk.subarray(0, bytesRead)
        }
      }
    } catch (error) {
      throw storeProblem(error) ?? error
    } finally {
      await file.close()
    }
  }
}

function unreadable(sha256: string, cause: unknown): WaybillError {
  return new WaybillError('not-found', `The content ${sha256} is no longer in the data folder.`, {
    cause,
    hint: 'It was removed by retention meanwhile, or by hand; restore content/ from a backup.',
  })
}
