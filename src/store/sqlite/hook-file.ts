import { dataFolder } from '../data-folder.ts'
import type {
  HookAttemptRow,
  HookDelivery,
  HookEndpoint,
  HookPort,
  HookProgress,
  HookVerdict,
} from '../ports/hooks.ts'
import {
  atomically,
  type Database,
  inOurWords,
  integer,
  openToWrite,
  type Row,
  text,
} from './database.ts'

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS endpoint (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    json TEXT NOT NULL,
    is_off INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS delivery (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    endpoint INTEGER NOT NULL REFERENCES endpoint (key) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_ms INTEGER,
    state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS delivery_by_next ON delivery (next_ms) WHERE next_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (endpoint, next_ms)
    WHERE next_ms IS NOT NULL;
  CREATE INDEX IF NOT EXISTS delivery_by_endpoint ON delivery (endpoint, key);
  CREATE TABLE IF NOT EXISTS attempt (
    key INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES delivery (key) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS attempt_by_delivery ON attempt (delivery, key);
  CREATE TABLE IF NOT EXISTS feed (
    name TEXT PRIMARY KEY,
    through INTEGER NOT NULL
  ) STRICT;
`

/** Webhooks in a file of their own beside the database. */
export interface HookFile extends HookPort {
  close(): void
}

/**
 * Opens `hooks.db` in a data folder. Nothing in it is mail: a commit is not flushed by itself, and
 * after a crash of the machine the feed is read again from where the last flushed one ended, so that
 * an event may come twice and none is missing.
 */
export function openHookFile(folder: string): HookFile {
  const path = dataFolder(folder).hooks
  const database = openToWrite(path, 5000)
  try {
    database.exec(schema)
  } catch (error) {
    database.close()
    throw error
  }
  return new SqliteHooks(inOurWords(database))
}

const columns = `delivery.id, endpoint.id AS endpoint_id, event_id, type, body, created_ms, attempts,
  next_ms, state FROM delivery JOIN endpoint ON endpoint.key = delivery.endpoint`

class SqliteHooks implements HookFile {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async endpoints(): Promise<readonly HookEndpoint[]> {
    await Promise.resolve()
    const rows = this.#database.all('SELECT json FROM endpoint ORDER BY key')
    return rows.map((row) => JSON.parse(text(row, 'json')) as HookEndpoint)
  }

  async putEndpoint(endpoint: HookEndpoint): Promise<void> {
    await Promise.resolve()
    this.#database.run(
      `INSERT INTO endpoint (id, json, is_off) VALUES (?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET json = excluded.json, is_off = excluded.is_off`,
      endpoint.id,
      JSON.stringify(endpoint),
      endpoint.off === '' ? 0 : 1,
    )
  }

  async removeEndpoint(id: string): Promise<boolean> {
    await Promise.resolve()
    return this.#database.run('DELETE FROM endpoint WHERE id = ?', id).changes > 0
  }

  async cursor(feed: string): Promise<number | undefined> {
    await Promise.resolve()
    const row = this.#database.get('SELECT through FROM feed WHERE name = ?', feed)
    return row === undefined ? undefined : integer(row, 'through')
  }

  async advance({ feed, through, deliveries }: HookProgress): Promise<void> {
    await Promise.resolve()
    atomically(this.#database, () => {
      for (const one of deliveries) {
        this.#database.run(
          `INSERT OR IGNORE INTO delivery
            (id, endpoint, event_id, type, body, created_ms, attempts, next_ms, state)
            SELECT ?, key, ?, ?, ?, ?, ?, ?, ? FROM endpoint WHERE id = ?`,
          one.id,
          one.eventId,
          one.type,
          one.body,
          one.createdAt,
          one.attempts,
          one.nextAt ?? null,
          one.state,
          one.endpointId,
        )
      }
      this.#database.run(
        `INSERT INTO feed (name, through) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET through = excluded.through`,
        feed,
        through,
      )
    })
  }

  async due(query: {
    readonly endpointId: string
    readonly now: number
    readonly limit: number
  }): Promise<readonly HookDelivery[]> {
    await Promise.resolve()
    const rows = this.#database.all(
      `SELECT ${columns} WHERE endpoint.id = ? AND next_ms <= ?
        ORDER BY next_ms, delivery.key LIMIT ?`,
      query.endpointId,
      query.now,
      query.limit,
    )
    return rows.map(deliveryOf)
  }

  async nextDueAt(after: number): Promise<number | undefined> {
    await Promise.resolve()
    const row = this.#database.get(
      `SELECT next_ms FROM delivery JOIN endpoint ON endpoint.key = delivery.endpoint
        WHERE next_ms > ? AND is_off = 0 ORDER BY next_ms LIMIT 1`,
      after,
    )
    return row === undefined ? undefined : integer(row, 'next_ms')
  }

  async waiting(endpointId: string): Promise<number> {
    await Promise.resolve()
    const row = this.#database.get(
      `SELECT count(*) AS n FROM delivery
        WHERE endpoint = (SELECT key FROM endpoint WHERE id = ?) AND next_ms IS NOT NULL`,
      endpointId,
    )
    return integer(row ?? {}, 'n')
  }

  async settle({ attempt, state, nextAt }: HookVerdict): Promise<void> {
    await Promise.resolve()
    atomically(this.#database, () => {
      const { deliveryId, at, tookMs, status, text: said } = attempt
      this.#database.run(
        `INSERT INTO attempt (delivery, at_ms, took_ms, status, text)
          SELECT key, ?, ?, ?, ? FROM delivery WHERE id = ?`,
        at,
        Math.round(tookMs),
        status,
        said,
        deliveryId,
      )
      this.#database.run(
        'UPDATE delivery SET attempts = attempts + 1, next_ms = ?, state = ? WHERE id = ?',
        nextAt ?? null,
        state,
        deliveryId,
      )
    })
  }

  async attempts(query: {
    readonly endpointId: string
    readonly limit: number
    readonly before?: number
  }): Promise<readonly HookAttemptRow[]> {
    await Promise.resolve()
    const rows = this.#database.all(
      `SELECT attempt.key AS number, delivery.id AS delivery_id, event_id, type, state, next_ms,
          at_ms, took_ms, status, text
        FROM attempt JOIN delivery ON delivery.key = attempt.delivery
        WHERE delivery.endpoint = (SELECT key FROM endpoint WHERE id = ?) AND attempt.key < ?
        ORDER BY attempt.key DESC LIMIT ?`,
      query.endpointId,
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.limit,
    )
    return rows.map((row) => ({
      number: integer(row, 'number'),
      deliveryId: text(row, 'delivery_id'),
      eventId: text(row, 'event_id'),
      type: text(row, 'type'),
      state: stateOf(row),
      ...nextOf(row),
      at: integer(row, 'at_ms'),
      tookMs: integer(row, 'took_ms'),
      status: integer(row, 'status'),
      text: text(row, 'text'),
    }))
  }

  async replay(query: {
    readonly endpointId: string
    readonly number: number
    readonly now: number
  }): Promise<boolean> {
    await Promise.resolve()
    const { changes } = this.#database.run(
      `UPDATE delivery SET next_ms = ?, state = 'waiting'
        WHERE key = (SELECT delivery FROM attempt WHERE key = ?)
          AND endpoint = (SELECT key FROM endpoint WHERE id = ?)`,
      query.now,
      query.number,
      query.endpointId,
    )
    return changes > 0
  }

  async prune(before: number): Promise<number> {
    await Promise.resolve()
    return this.#database.run(
      "DELETE FROM delivery WHERE state <> 'waiting' AND created_ms < ?",
      before,
    ).changes
  }

  close(): void {
    this.#database.close()
  }
}

function deliveryOf(row: Row): HookDelivery {
  return {
    id: text(row, 'id'),
    endpointId: text(row, 'endpoint_id'),
    eventId: text(row, 'event_id'),
    type: text(row, 'type'),
    body: text(row, 'body'),
    createdAt: integer(row, 'created_ms'),
    attempts: integer(row, 'attempts'),
    ...nextOf(row),
    state: stateOf(row),
  }
}

function nextOf(row: Row): { readonly nextAt?: number } {
  return row['next_ms'] === null ? {} : { nextAt: integer(row, 'next_ms') }
}

function stateOf(row: Row): HookDelivery['state'] {
  const state = text(row, 'state')
  return state === 'arrived' || state === 'given up' ? state : 'waiting'
}
