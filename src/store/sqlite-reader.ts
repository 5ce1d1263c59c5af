import { hash } from 'node:crypto'
import { WaybillError } from '../base/error.ts'
import { messageIdForms } from '../journey/filter.ts'
import { damaged, fileContent } from './content-files.ts'
import type { DataFolder } from './data-folder.ts'
import { dataFolder } from './data-folder.ts'
import type { Database, Row, Value } from './database.ts'
import { integer, octets, openDatabase, text } from './database.ts'
import { journeysByPart } from './journey-ends.ts'
import { maxAmbiguous, parseJourneyRef } from './journey-ref.ts'
import { checkThere } from './lost-database.ts'
import { octetContent, openStored } from './message-ranges.ts'
import { storeProblem } from './problems.ts'
import type { StoredAccount, StoredAlias, StoredDomain } from './ports/accounts.ts'
import type { Act, ActQuery } from './ports/acts.ts'
import {
  accountRow,
  actRow,
  aliasRow,
  dkimKeyRow,
  domainRow,
  hashText,
  journeyRow,
  mailboxRow,
  queueItem,
  selectQueue,
} from './rows.ts'
import { checkReadable } from './schema.ts'
import {
  type Conditions,
  indexedConditions,
  otherConditions,
  queueConditions,
} from './search-terms.ts'
import { searchLimit } from './store.ts'
import type {
  FoundJourney,
  FoundJourneys,
  JourneyQuery,
  JourneyRow,
  MailboxQuery,
  MailboxRow,
  OpenMessage,
  QueueItem,
  StoredJourney,
  StoreReader,
} from './store.ts'

const cacheKib = 8 * 1024

/**
 * Opens the data folder for reading, also while a server of another process writes to it. Each call
 * sees what is committed at that moment and holds nothing open after it returns.
 *
 * Throws `not-found` when there is no data yet or it may not be read, and `store-broken` when it is from a newer version.
 */
export function openStoreReader(options: {
  readonly folder: string
  /** How long to wait while another process recovers or closes the database. 5,000 when absent. */
  readonly busyTimeoutMs?: number
}): StoreReader {
  const folder = dataFolder(options.folder)
  const hint = 'Start a server with that folder first, or name the right one with --data.'
  checkThere(folder, hint)
  let database: Database | undefined
  try {
    const busyTimeoutMs = options.busyTimeoutMs ?? 5000
    database = openDatabase(folder.database, { readOnly: true, busyTimeoutMs })
    database.exec(`PRAGMA cache_size = -${cacheKib}`)
    checkReadable(database)
    return new SqliteReader(database, folder)
  } catch (error) {
    database?.close()
    throw storeProblem(error) ?? error
  }
}

class SqliteReader implements StoreReader {
  readonly #database: Database
  readonly #folder: DataFolder
  #closed = false

  constructor(database: Database, folder: DataFolder) {
    this.#database = database
    this.#folder = folder
  }

  findJourney(ref: string): FoundJourney {
    const parsed = parseJourneyRef(ref)
    if (parsed.type === 'newest') {
      // By the order of writing: a clock that was set ahead makes nothing the newest.
      const order = 'ORDER BY key DESC LIMIT 1 OFFSET ?'
      return this.#found(this.#get(`SELECT * FROM journey ${order}`, parsed.place - 1))
    }
    if (parsed.type === 'message-id') {
      return this.#oneOf(
        this.#all(
          `SELECT * FROM journey WHERE header_id IN (?, ?) AND header_id <> ''
            ORDER BY key DESC LIMIT ${maxAmbiguous + 1}`,
          ...messageIdForms(parsed.messageId),
        ),
      )
    }
    const exact = this.#get('SELECT * FROM journey WHERE id = ?', parsed.id)
    if (exact !== undefined || !parsed.mayBePart) return this.#found(exact)
    const all = (sql: string, part: string): Row[] => this.#all(sql, part)
    return this.#oneOf(journeysByPart(all, parsed.id, maxAmbiguous + 1))
  }

  searchJourneys({ filter, limit }: Parameters<StoreReader['searchJourneys']>[0]): FoundJourneys {
    const first = indexedConditions(filter)
    const then = otherConditions(filter)
    // Without an index to follow the newest rows are looked at, and a search has an end.
    const rows = this.#all(
      `SELECT * FROM (SELECT * FROM journey ${where(first)} ORDER BY key DESC LIMIT ${searchLimit})
          AS journey ${where(then)} ORDER BY key DESC LIMIT ?`,
      ...first.values,
      ...then.values,
      limit,
    ).map(journeyRow)
    const more =
      rows.length < limit &&
      first.sql.length === 0 &&
      this.#get(`SELECT 1 FROM journey ORDER BY key DESC LIMIT 1 OFFSET ${searchLimit}`)
    return { rows, searchedAll: more === false || more === undefined }
  }

  listJourneys(query: JourneyQuery): readonly JourneyRow[] {
    const conditions: string[] = []
    const values: Value[] = []
    if (query.before !== undefined) {
      conditions.push('started_ms < ?')
      values.push(query.before)
    }
    if (query.behind !== undefined) {
      conditions.push('(started_ms, key) < (SELECT started_ms, key FROM journey WHERE id = ?)')
      values.push(query.behind)
    }
    if (query.direction !== undefined) {
      conditions.push('direction = ?')
      values.push(query.direction)
    }
    if (query.status !== undefined) {
      conditions.push('status = ?')
      values.push(query.status)
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const sql = `SELECT * FROM journey ${where} ORDER BY started_ms DESC, key DESC LIMIT ?`
    return this.#all(sql, ...values, query.limit).map(journeyRow)
  }

  sharedFacts(hashes: readonly string[]): ReadonlyMap<string, string> {
    const facts = new Map<string, string>()
    for (const hash of hashes) {
      const row = this.#get('SELECT json FROM fact WHERE hash = ?', hash)
      if (row !== undefined) facts.set(hash, text(row, 'json'))
    }
    return facts
  }

  openMessage(id: string): OpenMessage | undefined {
    const row = this.#get(
      `SELECT prefix, omit, content, sha256, content.size AS content_size,
          octets IS NULL AS in_file
        FROM message JOIN content ON content.key = message.content WHERE id = ?`,
      id,
    )
    if (row === undefined) return undefined
    const content = integer(row, 'content')
    const sha256 = hashText(row, 'sha256')
    const contentSize = integer(row, 'content_size')
    return openStored({
      id,
      contentSize,
      prefix: octets(row, 'prefix'),
      omit: JSON.parse(text(row, 'omit')),
      read:
        integer(row, 'in_file') === 1
          ? fileContent(this.#folder, sha256, contentSize)
          : octetContent(() => this.#inlineOctets(content, sha256)),
    })
  }

  listMailbox(query: MailboxQuery): readonly MailboxRow[] {
    const conditions = ['uid > ?']
    const values: Value[] = [query.afterUid ?? 0]
    if (query.account !== undefined) {
      conditions.push('account.address = ?')
      values.push(query.account)
    }
    if (query.role !== undefined) {
      conditions.push('mailbox.role = ?')
      values.push(query.role)
    }
    const one = query.account !== undefined && query.role !== undefined
    const order = one ? 'uid' : 'internal_ms, mailbox_item.mailbox, uid'
    return this.#all(
      `SELECT mailbox_item.*, message.id AS message_id, mailbox.role, mailbox.name, account.address
        FROM mailbox_item JOIN mailbox ON mailbox.id = mailbox_item.mailbox
          JOIN account ON account.id = mailbox.account
          JOIN message ON message.key = mailbox_item.message
        WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`,
      ...values,
      query.limit ?? -1,
    ).map(mailboxRow)
  }

  listQueue(query: Parameters<StoreReader['listQueue']>[0]): readonly QueueItem[] {
    const wanted = queueConditions(query.filter ?? {})
    if (wanted.sql.length > 0) {
      return this.#all(
        `${selectQueue} LEFT JOIN journey ON journey.id = queue.journey_id ${where(wanted)}
          ORDER BY next_attempt_ms, queue.key LIMIT ?`,
        ...wanted.values,
        query.limit,
      ).map(queueItem)
    }
    // Each part reads the first rows of one index; together they are the first of all.
    const part = (condition: string): Row[] =>
      this.#all(`${selectQueue} WHERE ${condition} LIMIT ?`, query.limit)
    const order = 'ORDER BY next_attempt_ms, queue.key'
    return [
      ...part(`held = 0 AND lease_owner IS NULL ${order}`),
      ...part(`held = 0 AND lease_owner IS NOT NULL ${order}`),
      ...part(`held = 1 ${order}`),
    ]
      .sort((a, b) => queueOrder(a) - queueOrder(b) || integer(a, 'key') - integer(b, 'key'))
      .slice(0, query.limit)
      .map(queueItem)
  }

  dkimKeys(domain: string): ReturnType<StoreReader['dkimKeys']> {
    const sql = 'SELECT * FROM dkim_key WHERE domain = ? ORDER BY created_ms, selector'
    return this.#all(sql, domain).map(dkimKeyRow)
  }

  accounts(): readonly StoredAccount[] {
    return this.#all('SELECT * FROM account ORDER BY address').map(accountRow)
  }

  account(address: string): StoredAccount | undefined {
    return this.#all('SELECT * FROM account WHERE address = ?', address).map(accountRow)[0]
  }

  aliases(): readonly StoredAlias[] {
    return this.#all('SELECT * FROM alias ORDER BY address').map(aliasRow)
  }

  domains(): readonly StoredDomain[] {
    return this.#all('SELECT * FROM domain ORDER BY name').map(domainRow)
  }

  acts({ limit, before = Number.MAX_SAFE_INTEGER, what }: ActQuery): readonly Act[] {
    const end = 'number < ? ORDER BY number DESC LIMIT ?'
    const rows =
      what === undefined
        ? this.#all(`SELECT * FROM act WHERE ${end}`, before, limit)
        : this.#all(`SELECT * FROM act WHERE what = ? AND ${end}`, what, before, limit)
    return rows.map(actRow)
  }

  counts(): ReturnType<StoreReader['counts']> {
    const row = this.#get('SELECT * FROM kept_count') ?? {}
    return {
      messages: integer(row, 'messages'),
      queued: integer(row, 'queued'),
      held: integer(row, 'held'),
      journeys: integer(row, 'journeys'),
    }
  }

  close(): void {
    if (!this.#closed) this.#database.close()
    this.#closed = true
  }

  #oneOf(rows: readonly Row[]): FoundJourney {
    if (rows.length <= 1) return this.#found(rows[0])
    return { type: 'ambiguous', ids: rows.slice(0, maxAmbiguous).map((row) => text(row, 'id')) }
  }

  #found(row: Row | undefined): FoundJourney {
    return row === undefined
      ? { type: 'none' }
      : { type: 'found', journey: this.#storedJourney(row) }
  }

  #storedJourney(row: Row): StoredJourney {
    const key = integer(row, 'key')
    const record = this.#get('SELECT json FROM journey_record WHERE journey = ?', key) ?? {}
    const sql = 'SELECT json FROM journey_steps WHERE journey = ? ORDER BY key'
    const steps = this.#all(sql, key)
    const message =
      typeof row['message'] === 'number'
        ? this.#get('SELECT id FROM message WHERE key = ?', row['message'])
        : undefined
    return {
      ...journeyRow(row),
      json: text(record, 'json'),
      appended: steps.map((step) => text(step, 'json')),
      messageId: message === undefined ? undefined : text(message, 'id'),
    }
  }

  #inlineOctets(content: number, sha256: string): Uint8Array {
    const row = this.#get('SELECT octets FROM content WHERE key = ?', content)
    if (row !== undefined) {
      const found = octets(row, 'octets')
      if (hash('sha256', found, 'hex') !== sha256) throw damaged(sha256)
      return found
    }
    throw new WaybillError('not-found', `The content ${sha256} has been removed by retention.`)
  }

  #get(sql: string, ...values: Value[]): Row | undefined {
    return this.#reading(() => this.#database.get(sql, ...values))
  }

  #all(sql: string, ...values: Value[]): Row[] {
    return this.#reading(() => this.#database.all(sql, ...values))
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw storeProblem(error) ?? error
    }
  }
}

function where({ sql }: Conditions): string {
  return sql.length === 0 ? '' : `WHERE ${sql.join(' AND ')}`
}

function queueOrder(row: Row): number {
  return integer(row, 'next_attempt_ms')
}
