import { type ContentFiles, contentFiles } from './content-files.ts'
import { syncFolder } from '../../io/make-folder.ts'
import { dataFolder, makeDataFolder } from '../data-folder.ts'
import { type Database, openToWrite } from './database.ts'
import { type FolderWatch, lostDatabase, lostTables, watchFolder } from './folder-watch.ts'
import { hasTables, migrate } from './schema.ts'
import type { StrangerLimits } from '../strangers.ts'
import { defaultChangesKept } from '../change-notes.ts'
import { Writer } from './writer.ts'

/** What a writer needs to know; plain data, because it crosses to its thread. */
export interface WriterSetup {
  readonly folder: string
  readonly busyTimeoutMs: number
  /** How much strangers may make us keep; no limit when absent. */
  readonly strangers?: StrangerLimits
  /** How many changes are remembered; 5,000 when absent. */
  readonly changesKept?: number
}

const noLimits: StrangerLimits = { contentOctets: Infinity, octets: Infinity }

/** What stands between the writer and the disk: nothing, but in tests a place for faults. */
export interface Wrap {
  readonly database: (database: Database) => Database
  readonly files: (files: ContentFiles) => ContentFiles
  readonly watch: (watch: FolderWatch) => FolderWatch
}

const asTheyAre: Wrap = {
  database: (database) => database,
  files: (files) => files,
  watch: (watch) => watch,
}

export interface OpenedWriter {
  readonly writer: Writer
  /** Files in `content/` and `spool/` that nothing explains: they stay, and somebody should know. */
  readonly unexplained: readonly string[]
}

const pageBytes = 4096
/**
 * Pages that the writer keeps. It appends, mostly: what it needs again are the upper pages of the
 * indexes, and the system caches the rest. What stands here is memory that fills within the first
 * letters and never empties: with 64 MiB a server seemed to grow for twelve thousand letters.
 */
const cacheKib = 16 * 1024
/** A log that a reader of long breath has let grow is cut back to this when it starts anew. */
const logBytes = 64 * 1024 * 1024

/**
 * Opens the database for writing, brings it up to date and clears away what a crash left behind.
 *
 * `synchronous = FULL` makes each commit wait for the fsync of the log: what `250` promises. The
 * file is not mapped into memory: a bad sector would then be a signal that ends the process, and
 * not an error with an answer.
 */
export function openWriter(setup: WriterSetup, changes: Partial<Wrap> = {}): OpenedWriter {
  const wrap = { ...asTheyAre, ...changes }
  const folder = dataFolder(setup.folder)
  const { busyTimeoutMs } = setup
  const lost = lostDatabase(folder)
  if (lost !== undefined) throw lost
  const database = openToWrite(folder.database, busyTimeoutMs)
  try {
    database.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${logBytes};
      PRAGMA cache_size = -${cacheKib};
      PRAGMA temp_store = MEMORY;
      PRAGMA mmap_size = 0;
    `)
    const emptied = hasTables(database) ? undefined : lostTables(folder)
    if (emptied !== undefined) throw emptied
    migrate(database)
    // From now on the folder has held mail: see `lostDatabase`.
    makeDataFolder(folder)
    syncFolder(folder.root)
    const files = contentFiles(folder)
    const watch = watchFolder(folder)
    const writer = new Writer({
      database: wrap.database(database),
      files: wrap.files(files),
      watch: wrap.watch(watch),
      strangers: setup.strangers ?? noLimits,
      changesKept: setup.changesKept ?? defaultChangesKept,
    })
    const unexplained = writer.sweep()
    return { writer, unexplained }
  } catch (error) {
    database.close()
    throw error
  }
}
