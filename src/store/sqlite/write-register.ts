import type { RegisterEntry, RegisterQuery } from '../ports/register.ts'
import { integer, type ReadRows, type Row, text } from './database.ts'
import type { Transaction } from './transaction.ts'

/** Puts entries, in the place of those with the same names. */
export function putRegister(transaction: Transaction, entries: readonly RegisterEntry[]): void {
  for (const { kind, key, json, changedAt, expiresAt } of entries) {
    transaction.run(
      `INSERT INTO register (kind, key, json, changed_ms, expires_ms) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (kind, key) DO UPDATE SET json = excluded.json,
          changed_ms = excluded.changed_ms, expires_ms = excluded.expires_ms`,
      kind,
      key,
      json,
      Math.round(changedAt),
      expiresAt === undefined ? null : Math.round(expiresAt),
    )
    transaction.tell({ type: 'register', kind })
  }
}

/** @returns how many there were */
export function removeRegister(
  transaction: Transaction,
  { kind, keys }: { readonly kind: string; readonly keys: readonly string[] },
): number {
  let removed = 0
  for (const key of keys) {
    const sql = 'DELETE FROM register WHERE kind = ? AND key = ?'
    removed += transaction.run(sql, kind, key).changes
  }
  if (removed > 0) transaction.tell({ type: 'register', kind })
  return removed
}

/** Removes some of what is over. @returns whether there was any */
export function removeExpired(
  transaction: Transaction,
  { by, atMost }: { readonly by: number; readonly atMost: number },
): boolean {
  const rows = transaction.all(
    `DELETE FROM register WHERE (kind, key) IN
        (SELECT kind, key FROM register WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?)
      RETURNING kind`,
    by,
    atMost,
  )
  for (const row of rows) transaction.tell({ type: 'register', kind: text(row, 'kind') })
  return rows.length > 0
}

/** The entry with this name, unless its time is over. */
export function registered(
  rows: ReadRows,
  { kind, key, now }: { readonly kind: string; readonly key: string; readonly now: number },
): RegisterEntry | undefined {
  const found = isThere(rows)
    ? rows.get('SELECT * FROM register WHERE kind = ? AND key = ?', kind, key)
    : undefined
  const entry = found === undefined ? undefined : registerRow(found)
  return (entry?.expiresAt ?? Infinity) > now ? entry : undefined
}

/** Those of a kind, in the order of their keys. */
export function listRegister(
  rows: ReadRows,
  { kind, now, after, limit }: RegisterQuery,
): readonly RegisterEntry[] {
  if (!isThere(rows)) return []
  const behind = after === undefined ? '' : 'AND key > ?'
  const sql = `SELECT * FROM register WHERE kind = ? ${behind}
    AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY key LIMIT ?`
  const from = after === undefined ? [] : [after]
  return rows.all(sql, kind, ...from, now, limit).map(registerRow)
}

/** A folder that no server of this version has opened has none. */
function isThere(rows: ReadRows): boolean {
  return rows.get("SELECT 1 FROM sqlite_schema WHERE name = 'register'") !== undefined
}

function registerRow(row: Row): RegisterEntry {
  const { expires_ms: expiresAt } = row
  return {
    kind: text(row, 'kind'),
    key: text(row, 'key'),
    json: text(row, 'json'),
    changedAt: integer(row, 'changed_ms'),
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
  }
}
