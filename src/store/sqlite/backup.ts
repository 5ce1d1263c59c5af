import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { WaybillError } from '../../base/error.ts'
import { syncFolder } from '../../io/make-folder.ts'
import { CopiedContents, copyDurably, syncFile } from './copied-contents.ts'
import { type DataFolder, dataFolder, makeDataFolder, makeDataRoot } from '../data-folder.ts'
import { type Database, integer, openDatabase } from './database.ts'
import { lostDatabase } from './folder-watch.ts'
import { storeProblem } from '../problems.ts'
import { hashText } from './rows.ts'
import { checkKnown } from './schema.ts'

export interface BackupResult {
  /** Messages in the copy. */
  readonly messages: number
  /** Content files copied. */
  readonly contents: number
  /** Content files that messages of the copy name and that were not there: lost. With any, the copy is not whole. */
  readonly missing: number
}

/** A server that works hard takes contents away while the database is copied; seldom twice. */
const mostTries = 20
/** How often the contents that came meanwhile are copied before the database is. */
const mostReadings = 10

/**
 * Copies a data folder, also while a server writes to it: the state of one instant, whole and
 * durable when this returns. The copy is a data folder; a server or a reader opens it as it is.
 * Also one that an older version wrote, which stays of that version.
 *
 * A letter that is delivered or deleted takes its content with it, so the contents are copied first,
 * then the database, then what came in between. When some of that has gone already, the database is
 * copied again: the copy has every content that it names, unless the file is lost in the original
 * too (`missing`).
 *
 * Until all is copied the copy has no `waybill.db`: one that was broken off opens nowhere.
 *
 * Synchronous and as long as the disk takes: for the command line, not for a server's main thread.
 *
 * @param options.to a folder that is empty or not there; `usage` is thrown otherwise
 * @param options.progress called before each content with the number of those that are copied
 */
export function backUpStore(options: {
  readonly folder: string
  readonly to: string
  readonly progress?: (contents: number) => void
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
    const contents = new CopiedContents(from, to, options.progress ?? (() => {}))
    const { messages, missing } = copyInstant(from, { unfinished, contents })
    copyHooks(from.hooks, to.hooks)
    copyDurably(from.firstUnreportedDay, to.firstUnreportedDay)
    renameSync(unfinished, to.database)
    syncFolder(to.root)
    return { messages, contents: contents.count, missing }
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}

/**
 * Webhooks, where there are any. Behind the database: of all that it has the events are made by then,
 * or will be.
 */
function copyHooks(from: string, to: string): void {
  if (!existsSync(from)) return
  const source = openDatabase(from, { readOnly: true, busyTimeoutMs: 5000 })
  try {
    copyDatabase(source, to)
  } finally {
    source.close()
  }
  syncFile(to)
}

/** The database and the contents that it names. */
function copyInstant(
  from: DataFolder,
  { unfinished, contents }: { readonly unfinished: string; readonly contents: CopiedContents },
): { readonly messages: number; readonly missing: number } {
  for (let tries = 1; ; tries++) {
    const source = openDatabase(from.database, { readOnly: true, busyTimeoutMs: 5000 })
    let lost: ReadonlySet<string>
    try {
      checkKnown(source)
      lost = copyBefore(source, contents)
      rmSync(unfinished, { force: true })
      copyDatabase(source, unfinished)
    } finally {
      source.close()
    }
    const { named, messages } = namedIn(unfinished)
    const missing = contents.copy(named)
    // What was named and not there before the database was copied and after it has not gone meanwhile.
    if (tries < mostTries && missing.some((sha256) => !lost.has(sha256))) continue
    syncFile(unfinished)
    contents.keepOnly(named)
    return { messages, missing: missing.length }
  }
}

/** The state of one instant, in a new file for its owner alone. SQLite leaves it to us to sync it. */
function copyDatabase(source: Database, to: string): void {
  closeSync(openSync(to, 'wx', 0o600))
  source.run('VACUUM INTO ?', to)
}

/** Copies what is there, until nothing new has come. Gives what is named and not there. */
function copyBefore(source: Database, contents: CopiedContents): ReadonlySet<string> {
  for (let readings = 1; ; readings++) {
    const before = contents.count
    const missing = contents.copy(hashesIn(source))
    if (contents.count === before || readings === mostReadings) return new Set(missing)
  }
}

/** What the copied database says lies in files, and how many messages there are. */
function namedIn(path: string): { readonly named: readonly string[]; readonly messages: number } {
  const copied = openDatabase(path, { readOnly: true, busyTimeoutMs: 0 })
  try {
    const counted = copied.get('SELECT count(*) AS n FROM message') ?? {}
    return { named: hashesIn(copied), messages: integer(counted, 'n') }
  } finally {
    copied.close()
  }
}

function hashesIn(database: Database): readonly string[] {
  const rows = database.all('SELECT sha256 FROM content WHERE octets IS NULL')
  return rows.map((row) => hashText(row, 'sha256'))
}
