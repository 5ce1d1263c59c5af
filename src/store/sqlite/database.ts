import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite'
import { closeSync, openSync } from 'node:fs'
import { codeOf, WaybillError } from '../../base/error.ts'
import { storeProblem } from '../problems.ts'

export type Value = SQLInputValue
export type Row = Record<string, SQLOutputValue>

/** One connection to SQLite. Statements are prepared once and kept by their text. */
export interface Database {
  /** Runs a statement that gives no rows, and tells how many rows it changed. */
  run(sql: string, ...values: Value[]): { readonly changes: number; readonly lastKey: number }
  get(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
  /** Runs one or several statements without values, such as a migration. */
  exec(sql: string): void
  /** False outside a transaction, and after SQLite has rolled one back on its own. */
  readonly inTransaction: boolean
  close(): void
}

/** SQLite before this version can damage a database in WAL mode when a checkpoint meets a reset. */
const oldestVersion = '3.51.3'

/** Opens a connection. `busyTimeoutMs` bounds the wait for locks of other connections. */
export function openDatabase(
  path: string,
  options: { readonly readOnly: boolean; readonly busyTimeoutMs: number },
): Database {
  const database = connect(
    new DatabaseSync(path, { readOnly: options.readOnly, timeout: options.busyTimeoutMs }),
  )
  try {
    checkVersion(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens a connection for writing. A file that is not there yet is made for its owner alone, before
 * SQLite makes it, so that nobody else can read it at any instant; those beside it follow it. One that
 * is there is not opened for that: closing it would give the locks of this process on it away.
 */
export function openToWrite(path: string, busyTimeoutMs: number): Database {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  return openDatabase(path, { readOnly: false, busyTimeoutMs })
}

function checkVersion(database: Database): void {
  const version = text(database.get('SELECT sqlite_version() AS version') ?? {}, 'version')
  if (!isOlder(version, oldestVersion)) return
  throw new WaybillError('store-broken', `This Node carries SQLite ${version}.`, {
    hint: `Use the Node that Waybill installs: it needs SQLite ${oldestVersion} or newer.`,
  })
}

function connect(connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = connection.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(...values)
      return { changes: Number(changes), lastKey: Number(lastInsertRowid) }
    },
    get: (sql, ...values) => prepared(sql).get(...values),
    all: (sql, ...values) => prepared(sql).all(...values),
    exec: (sql) => connection.exec(sql),
    get inTransaction() {
      return connection.isTransaction
    },
    close: () => connection.close(),
  }
}

/** Does something as a whole, or nothing of it. */
export function atomically<T>(database: Database, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const made = act()
    database.exec('COMMIT')
    return made
  } catch (error) {
    // Some failures have SQLite roll back by itself.
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Whether version `a` comes before version `b`, both of the form `3.51.3`. */
export function isOlder(a: string, b: string): boolean {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < right.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** The text in a column; anything else there is a bug of ours or a damaged file. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw wrongType(column)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw wrongType(column)
  return value
}

export function octets(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw wrongType(column)
  return value
}

function wrongType(column: string): Error {
  return new Error(`Database: column ${column} does not hold what it should`)
}

/** Rows of a database that is open for reading. What fails is told in Waybill's words. */
export interface ReadRows {
  get(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
}

export function readRows(database: Pick<Database, 'get' | 'all'>): ReadRows {
  return {
    get: (sql, ...values) => told(() => database.get(sql, ...values)),
    all: (sql, ...values) => told(() => database.all(sql, ...values)),
  }
}

/** The same connection; what the world did to it is told in Waybill's words. */
export function inOurWords(database: Database): Database {
  return {
    ...readRows(database),
    run: (sql, ...values) => told(() => database.run(sql, ...values)),
    exec: (sql) => told(() => database.exec(sql)),
    get inTransaction() {
      return database.inTransaction
    },
    close: () => database.close(),
  }
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeProblem(error) ?? error
  }
}
