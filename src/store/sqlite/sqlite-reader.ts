import { hash } from 'node:crypto'
import { WaybillError } from '../../base/error.ts'
import { damaged, filesOf } from './content-files.ts'
import { dataFolder } from '../data-folder.ts'
import {
  type Database,
  type ReadRows,
  integer,
  octets,
  openDatabase,
  readRows,
  text,
} from './database.ts'
import { checkThere } from './folder-watch.ts'
import { storeProblem } from '../problems.ts'
import { credentialReads } from './read-credentials.ts'
import { type JourneyMark, journeyMarks, type MarksQuery } from './journey-marks.ts'
import { journeyReads } from './read-journeys.ts'
import { mailboxReads } from './read-mailboxes.ts'
import { listQueue } from './read-queue.ts'
import { queueShape } from './read-queue-shape.ts'
import {
  askHere,
  type MessagePlace,
  readAtOnceBytes,
  type ReadPorts,
  readPorts,
  type Reads,
} from '../reads.ts'
import { accountRow, actRow, aliasRow, dkimKeyRow, domainRow, hashText } from './rows.ts'
import { receiptOf } from './write-receipt.ts'
import { listRegister, registered } from './write-register.ts'
import { checkReadable, tooOld } from './schema.ts'
import { readChanges } from './write-changes.ts'

const cacheKib = 8 * 1024

/** Reads that end. */
export interface SqliteReads extends Reads {
  journeyMarks(query: MarksQuery): readonly JourneyMark[]
  close(): void
}

export interface ReadsOptions {
  readonly folder: string
  /** How long to wait while another process recovers or closes the database. */
  readonly busyTimeoutMs: number
}

/**
 * Opens the data folder for reading, also while a server of another process writes to it. Each call
 * sees what is committed at that moment and holds nothing open after it returns.
 *
 * Throws `not-found` when there is no data yet, it may not be read, or it is from an older version,
 * and `store-broken` when it is from a newer version.
 */
export function openReads({ folder, busyTimeoutMs }: ReadsOptions): SqliteReads {
  const place = dataFolder(folder)
  const hint = 'Start a server with that folder first, or name the right one with --data.'
  checkThere(place, hint)
  let database: Database | undefined
  try {
    database = openDatabase(place.database, { readOnly: true, busyTimeoutMs })
    database.exec(`PRAGMA cache_size = -${cacheKib}`)
    checkReadable(database)
    return readsOf(database)
  } catch (error) {
    database?.close()
    throw storeProblem(error) ?? error
  }
}

function readsOf(database: Database): SqliteReads {
  const rows = readRows(database)
  let closed = false
  return {
    ...journeyReads(rows),
    ...mailboxReads(rows),
    ...credentialReads(rows),
    journeyMarks: (query) => journeyMarks(rows, query),
    message: (id) => messagePlace(rows, id),
    contentOctets: (content, sha256) => contentOctets(rows, content, sha256),
    listQueue: (query) => orTooOld(() => listQueue(rows, query)),
    queueShape: (query) => orTooOld(() => queueShape(rows, query)),
    dkimKeys(domain) {
      const sql = 'SELECT * FROM dkim_key WHERE domain = ? ORDER BY created_ms, selector'
      return rows.all(sql, domain).map(dkimKeyRow)
    },
    accounts: () => rows.all('SELECT * FROM account ORDER BY address').map(accountRow),
    account(address) {
      const row = rows.get('SELECT * FROM account WHERE address = ?', address)
      return row === undefined ? undefined : accountRow(row)
    },
    aliases: () => rows.all('SELECT * FROM alias ORDER BY address').map(aliasRow),
    domains: () => rows.all('SELECT * FROM domain ORDER BY name').map(domainRow),
    acts({ limit, before = Number.MAX_SAFE_INTEGER, what }) {
      const end = 'number < ? ORDER BY number DESC LIMIT ?'
      const found =
        what === undefined
          ? rows.all(`SELECT * FROM act WHERE ${end}`, before, limit)
          : rows.all(`SELECT * FROM act WHERE what = ? AND ${end}`, what, before, limit)
      return found.map(actRow)
    },
    receipt: (who, key) => receiptOf(rows, who, key),
    registered: (kind, key, now) => registered(rows, { kind, key, now }),
    listRegister: (query) => listRegister(rows, query),
    counts() {
      const row = rows.get('SELECT * FROM kept_count') ?? {}
      return {
        messages: integer(row, 'messages'),
        queued: integer(row, 'queued'),
        held: integer(row, 'held'),
        journeys: integer(row, 'journeys'),
      }
    },
    changes: (query) => readChanges(rows, query),
    close() {
      if (!closed) database.close()
      closed = true
    },
  }
}

/** A folder of an older version can be read, but not asked for what it has no columns for. */
function orTooOld<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && error.message.includes('no such column')) throw tooOld()
    throw error
  }
}

/** The reading side of a folder that perhaps another process writes to. */
export interface ReadOnlyStore extends ReadPorts {
  close(): void
}

/**
 * The ports over `openReads`, answered in this process, for commands and tests.
 *
 * Throws what `openReads` throws.
 */
export function openReadOnlyStore(options: {
  readonly folder: string
  /** 5,000 when absent. */
  readonly busyTimeoutMs?: number
}): ReadOnlyStore {
  const reads = openReads({ busyTimeoutMs: 5000, ...options })
  return { ...portsHere(reads, options.folder), close: () => reads.close() }
}

/** The ports over reads of a folder that are open on this thread. */
export function portsHere(reads: Reads, folder: string): ReadPorts {
  return readPorts(askHere(reads), filesOf(dataFolder(folder)))
}

function messagePlace(rows: ReadRows, id: string): MessagePlace | undefined {
  const row = rows.get(
    `SELECT prefix, omit, content, sha256, content.size AS content_size,
        octets IS NULL AS in_file, CASE WHEN content.size <= ? THEN octets END AS few
      FROM message JOIN content ON content.key = message.content WHERE id = ?`,
    readAtOnceBytes,
    id,
  )
  if (row === undefined) return undefined
  const sha256 = hashText(row, 'sha256')
  const { few } = row
  return {
    prefix: octets(row, 'prefix'),
    omit: JSON.parse(text(row, 'omit')),
    contentSize: integer(row, 'content_size'),
    sha256,
    content: integer(row, 'in_file') === 1 ? undefined : integer(row, 'content'),
    // That they are damaged is said to whoever asks for them.
    ...(few instanceof Uint8Array && isWhole(few, sha256) ? { octets: few } : {}),
  }
}

function contentOctets(rows: ReadRows, content: number, sha256: string): Uint8Array {
  const row = rows.get('SELECT octets FROM content WHERE key = ?', content)
  if (row === undefined) {
    throw new WaybillError('not-found', `The content ${sha256} has been removed by retention.`)
  }
  const found = octets(row, 'octets')
  if (!isWhole(found, sha256)) throw damaged(sha256)
  return found
}

function isWhole(found: Uint8Array, sha256: string): boolean {
  return hash('sha256', found, 'hex') === sha256
}
