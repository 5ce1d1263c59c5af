import { chmodSync, rmSync } from 'node:fs'
import { type Database, integer, openDatabase, openToWrite } from '../../store/sqlite/database.ts'

/** Counted up when tables, words or the reading of messages become others: it is built again then. */
const version = 2

/**
 * `journey` and `journey_recipient` have the columns of the store's own, so that the store's filters
 * are looked for by the very conditions of the store. `key` is the place of a journey there. The words
 * are kept apart and only as an index: there is no second copy of any text. A word of one or two
 * letters may be the beginning of very many, so these beginnings have indexes of their own.
 */
const tables = `
  CREATE TABLE state (
    key INTEGER PRIMARY KEY CHECK (key = 1),
    cursor INTEGER NOT NULL, -- the last change of the store that is in here
    floor INTEGER NOT NULL, -- older journeys were not looked at yet; 0: all were
    gone INTEGER NOT NULL -- messages whose words are not found, and still in the file
  ) STRICT;

  CREATE TABLE journey (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE COLLATE NOCASE,
    mark TEXT NOT NULL,
    message INTEGER NOT NULL,
    direction TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    author TEXT NOT NULL,
    subject TEXT NOT NULL,
    header_id TEXT NOT NULL,
    ip TEXT NOT NULL,
    helo TEXT NOT NULL,
    login TEXT NOT NULL,
    code TEXT NOT NULL,
    enhanced TEXT NOT NULL,
    size REAL NOT NULL,
    took REAL NOT NULL,
    attachment INTEGER NOT NULL,
    spf TEXT NOT NULL,
    dkim TEXT NOT NULL,
    dmarc TEXT NOT NULL,
    arc TEXT NOT NULL,
    tls TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journey_by_header_id ON journey (header_id) WHERE header_id <> '';

  CREATE TABLE journey_recipient (
    journey INTEGER NOT NULL,
    address TEXT NOT NULL,
    status TEXT NOT NULL,
    accounts TEXT NOT NULL,
    PRIMARY KEY (journey, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX journey_recipient_by_address ON journey_recipient (address COLLATE NOCASE);

  CREATE VIRTUAL TABLE words USING fts5(
    subject, addresses, cc, body,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '1 2'
  );
`

const cacheKib = 8 * 1024

/** How far an index is. */
export interface IndexState {
  readonly cursor: number
  readonly floor: number
}

/**
 * Opens the index for writing, and makes it where there is none, or one that cannot be used: of
 * another version, or damaged. Readable by its owner only, as the mail is.
 *
 * Throws what SQLite and the disk say.
 */
export function openIndex(path: string): Database {
  try {
    return opened(path)
  } catch {
    removeIndex(path)
    return opened(path)
  }
}

function opened(path: string): Database {
  const database = openToWrite(path, 1000)
  chmodSync(path, 0o600)
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`)
    database.exec(`PRAGMA secure_delete = ON; PRAGMA cache_size = -${cacheKib}`)
    const found = versionOf(database)
    if (found !== version) {
      if (found !== 0) throw new Error('search: an index of another version')
      database.exec(`BEGIN; ${tables} PRAGMA user_version = ${version}; COMMIT`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Removes it, for it to be built again. */
export function removeIndex(path: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true })
}

/** Opens it for reading alone, as it is; `undefined`: there is none that can be used. */
export function openIndexToRead(path: string): Database | undefined {
  let database: Database | undefined
  try {
    database = openDatabase(path, { readOnly: true, busyTimeoutMs: 1000 })
    if (versionOf(database) === version) return database
  } catch {
    // As if there were none: what it is good for can be done without it.
  }
  database?.close()
  return undefined
}

function versionOf(database: Database): number {
  return integer(database.get('PRAGMA user_version') ?? {}, 'user_version')
}

/** `undefined`: nothing was begun yet. */
export function stateOf(database: Pick<Database, 'get'>): IndexState | undefined {
  const row = database.get('SELECT cursor, floor FROM state')
  return row && { cursor: integer(row, 'cursor'), floor: integer(row, 'floor') }
}

/** How far it is now: to be written in the transaction that has come so far. */
export function writeState(database: Database, { cursor, floor }: IndexState): void {
  database.run(
    `INSERT INTO state (key, cursor, floor, gone) VALUES (1, ?, ?, 0)
      ON CONFLICT (key) DO UPDATE SET cursor = excluded.cursor, floor = excluded.floor`,
    cursor,
    floor,
  )
}
