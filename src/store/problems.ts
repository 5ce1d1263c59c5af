import { WaybillError } from '../base/error.ts'

/** Primary result codes of SQLite, the low octet of `errcode`. */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_TOOBIG = 18
const SQLITE_CONSTRAINT = 19
const SQLITE_NOTADB = 26
/** Extended code: the shared-memory index of the log could not grow, as on a full disk. */
const SQLITE_IOERR_SHMSIZE = 4874

/** SQLite codes that mean that our own statement or value is wrong, not the world. */
const ourFault: ReadonlySet<number> = new Set([
  1, // SQLITE_ERROR: wrong SQL
  SQLITE_TOOBIG,
  SQLITE_CONSTRAINT,
  20, // SQLITE_MISMATCH
  21, // SQLITE_MISUSE
  25, // SQLITE_RANGE
])

const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/**
 * What the world did, in Waybill's words, or `undefined` when `error` is a fault of ours (a broken
 * constraint, a value of the wrong type) that concerns one operation only.
 *
 * Whatever is neither full, nor busy, nor our fault counts as broken: an I/O error, a failed fsync,
 * a damaged page, no memory. After those nothing in the page cache can be believed, so nothing is
 * tried again: the process must stop and recover from the disk.
 */
export function storeProblem(error: unknown): WaybillError | undefined {
  if (error instanceof WaybillError) return error
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === 'ERR_SQLITE_ERROR') {
    const errcode = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
    return sqliteProblem(errcode, error)
  }
  // System errors of node:fs carry a `syscall`; other errors with a code are ours, and so is a path
  // that is not there.
  if (code === undefined || !('syscall' in error) || code === 'ENOENT') return undefined
  return fullCodes.has(code) ? storeFull(error) : storeBroken(error)
}

function sqliteProblem(errcode: number, error: Error): WaybillError | undefined {
  const primary = errcode & 0xff
  if (primary === SQLITE_FULL || errcode === SQLITE_IOERR_SHMSIZE) return storeFull(error)
  if (primary === SQLITE_BUSY || primary === SQLITE_LOCKED) return storeBusy(error)
  if (ourFault.has(primary)) return undefined
  return storeBroken(error)
}

/** The database itself is damaged, or is none: wherever it was copied to, it would be so. */
export function isDamaged(problem: unknown): boolean {
  const cause = problem instanceof WaybillError ? problem.cause : problem
  const errcode = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : 0
  return (errcode & 0xff) === SQLITE_CORRUPT || (errcode & 0xff) === SQLITE_NOTADB
}

/** No room for the write; nothing of it was kept and the store works on when there is room. */
export function storeFull(cause?: unknown): WaybillError {
  return new WaybillError('store-full', 'The disk of the data folder is full.', {
    cause,
    hint: 'Make room on that disk; mail is deferred until then and nothing is lost.',
  })
}

/** Another process kept the database locked for longer than the busy time-out. */
export function storeBusy(cause?: unknown): WaybillError {
  return new WaybillError('store-busy', 'Another program keeps the database locked.', {
    cause,
    hint: 'End the program that holds a write transaction on waybill.db, such as a database shell.',
  })
}

/** The file of one letter could not be written: that letter is not taken, the store works on. */
export function contentUnwritten(cause: unknown): WaybillError {
  const detail = cause instanceof Error ? ` (${cause.message})` : ''
  return new WaybillError(
    'content-unwritten',
    `A letter could not be written to a file${detail}.`,
    {
      cause,
      hint: 'Nothing of it was taken and all else goes on; look at spool/ and content/ in the data folder.',
    },
  )
}

/** The disk or the database failed; the store takes no more writes until it is opened again. */
export function storeBroken(cause?: unknown): WaybillError {
  const detail = cause instanceof Error ? ` (${cause.message})` : ''
  return new WaybillError('store-broken', `The store failed and takes no more mail${detail}.`, {
    cause,
    hint: 'Check the disk and the kernel log, then start Waybill again: it recovers what it had acknowledged.',
  })
}
