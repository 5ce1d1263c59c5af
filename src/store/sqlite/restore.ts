import {
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { WaybillError } from '../../base/error.ts'
import { makeFolder, syncFolder } from '../../io/make-folder.ts'
import { backUpStore } from './backup.ts'
import { type DataFolder, dataFolder, makeDataRoot } from '../data-folder.ts'
import { type DataLock, lockDataFolder } from './data-lock.ts'
import { storeProblem } from '../problems.ts'
import { renumber } from './renumber.ts'

type Rename = (from: string, to: string) => void

/**
 * A backup on its way to be a data folder again. What is there stays as it is until all of the backup
 * lies beside it, whole; then names are exchanged. The folder is locked meanwhile.
 */
export class Restoration {
  /** What was there, as long as not all of it lies here. */
  readonly #unfinished: string
  /** The copy of the backup: a data folder, to be opened and looked at before it is put in place. */
  readonly copy: string
  readonly #to: DataFolder
  readonly #lock: DataLock
  readonly #rename: Rename

  private constructor(to: DataFolder, lock: DataLock, rename: Rename) {
    this.#to = to
    this.#lock = lock
    this.#rename = rename
    this.#unfinished = join(to.root, 'before-restore-unfinished')
    this.copy = join(to.root, 'restoring')
  }

  /**
   * Copies a backup beside what is there. As long as the disk takes.
   *
   * @param options.replace what is there may be put aside
   * @throws WaybillError `data-in-use` while a server runs there, `usage` when there is data already,
   *   and what is said of a backup that cannot be read
   */
  static begin(options: {
    readonly from: string
    readonly folder: string
    readonly replace: boolean
    /** How names are exchanged; for tests, which end it in the middle. */
    readonly rename?: Rename
  }): Restoration {
    const [from, to] = [dataFolder(options.from), dataFolder(options.folder)]
    if (from.root === to.root) {
      throw new WaybillError('usage', `${from.root} would be restored from itself.`, {
        hint: 'Name the folder of the backup with --from.',
      })
    }
    try {
      makeDataRoot(to)
      const restoration = new Restoration(to, lockDataFolder(to), options.rename ?? renameSync)
      try {
        restoration.#copy(from, options.replace)
      } catch (problem) {
        restoration.abandon()
        throw problem
      }
      return restoration
    } catch (problem) {
      throw storeProblem(problem) ?? problem
    }
  }

  #copy(from: DataFolder, replace: boolean): void {
    const there = partsOf(this.#to).filter((path) => existsSync(path))
    if (there.length > 0 && !replace) {
      throw new WaybillError('usage', `There is mail data in ${this.#to.root} already.`, {
        hint: 'With --replace it is put aside first, into a folder beside the restored one.',
      })
    }
    rmSync(this.copy, { recursive: true, force: true })
    backUpStore({ folder: from.root, to: this.copy })
  }

  /** Gives the copy numbers that nobody has heard of; it is of the format of today by now. */
  renumber(): void {
    try {
      renumber(dataFolder(this.copy).database, this.#to.database)
    } catch (problem) {
      throw storeProblem(problem) ?? problem
    }
  }

  /**
   * Exchanges what is there for the copy, and lets the folder go.
   *
   * The database goes first and comes last: a folder without one is never taken for an empty house,
   * so whatever ends this in the middle, the next start says so. What was there lies in a folder of a
   * fixed name until all of it does, so that the next attempt goes on there: a database and its log
   * are never parted.
   *
   * @param name of the folder, in the data folder, for what was there
   * @returns that folder, when there was something
   */
  putInPlace(name: string): string | undefined {
    const to = this.#to
    const copy = dataFolder(this.copy)
    try {
      rmSync(copy.lock, { force: true })
      this.#giveToOwner()
      const aside = this.#putAside(join(to.root, name))
      const came = partsOf(copy).filter((path) => existsSync(path))
      for (const path of came.toReversed()) this.#rename(path, join(to.root, basename(path)))
      syncFolder(to.root)
      return aside
    } catch (problem) {
      throw storeProblem(problem) ?? problem
    } finally {
      this.abandon()
    }
  }

  /** @returns where it is, when there was something */
  #putAside(aside: string): string | undefined {
    const unfinished = this.#unfinished
    const there = partsOf(this.#to).filter((path) => existsSync(path))
    const besides = (path: string): string => join(unfinished, basename(path))
    // Somebody has begun anew since that attempt: these are two.
    if (there.some((path) => existsSync(besides(path)))) {
      this.#rename(unfinished, `${aside}-unfinished`)
    }
    if (there.length === 0 && !existsSync(unfinished)) return undefined
    makeFolder(unfinished)
    for (const path of there) this.#rename(path, besides(path))
    syncFolder(unfinished)
    this.#rename(unfinished, aside)
    return aside
  }

  /** The copy goes, and what is there stays. */
  abandon(): void {
    rmSync(this.copy, { recursive: true, force: true })
    this.#lock.release()
  }

  /** What root restores belongs to whom the data folder belongs to: its server must read it. */
  #giveToOwner(): void {
    if (process.getuid?.() !== 0) return
    const { uid, gid } = statSync(this.#to.root)
    if (uid === 0) return
    for (const path of [...filesBelow(this.copy), this.#to.lock]) chownSync(path, uid, gid)
  }
}

/** All that makes a data folder, the database first. */
function partsOf(folder: DataFolder): readonly string[] {
  const { database, hooks, content, spool, firstUnreportedDay } = folder
  const files = [database, hooks].flatMap((path) => [path, `${path}-wal`, `${path}-shm`])
  return [...files, content, spool, firstUnreportedDay]
}

function filesBelow(path: string): readonly string[] {
  if (!lstatSync(path).isDirectory()) return [path]
  return [path, ...readdirSync(path).flatMap((name) => filesBelow(join(path, name)))]
}
