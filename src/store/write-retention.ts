import type { Database } from './database.ts'
import { integer } from './database.ts'
import type { PruneCursor, PruneStep } from './operations.ts'
import { hashOctets, hashText } from './rows.ts'
import type { PruneRequest } from './store.ts'
import type { Transaction } from './transaction.ts'

/** How many journeys or facts one transaction looks at: some milliseconds of the writer's time. */
export const pruneStepSize: number = 200

/** Removes the message when nothing refers to it any longer, and then its content likewise. */
export function dropUnreferredMessage(
  transaction: Transaction,
  message: number,
): { readonly messages: number; readonly contents: number } {
  const row = transaction.get(
    `DELETE FROM message WHERE key = ?1
      AND NOT EXISTS (SELECT 1 FROM queue WHERE message = ?1)
      AND NOT EXISTS (SELECT 1 FROM mailbox_item WHERE message = ?1)
      AND NOT EXISTS (SELECT 1 FROM journey WHERE message = ?1)
      RETURNING content`,
    message,
  )
  if (row === undefined) return { messages: 0, contents: 0 }
  const content = transaction.get(
    `DELETE FROM content WHERE key = ?1
      AND NOT EXISTS (SELECT 1 FROM message WHERE content = ?1)
      RETURNING sha256, octets IS NULL AS in_file`,
    integer(row, 'content'),
  )
  if (content === undefined) return { messages: 1, contents: 0 }
  if (integer(content, 'in_file') === 1) leave(transaction, hashText(content, 'sha256'))
  return { messages: 1, contents: 1 }
}

/**
 * The file goes after the commit. Until it has gone the database says that it may: a start removes
 * no file that nothing explains.
 */
function leave(transaction: Transaction, sha256: string): void {
  transaction.run('INSERT OR IGNORE INTO leaving_content (sha256) VALUES (?)', hashOctets(sha256))
  transaction.removedContents.push(sha256)
}

/** Its file has gone, or has a row again. */
export function forgetLeaving(transaction: Transaction, sha256: string): void {
  transaction.run('DELETE FROM leaving_content WHERE sha256 = ?', hashOctets(sha256))
}

/** Contents whose files may go: their rows were removed, and perhaps nothing more. */
export function leavingContents(database: Database): readonly string[] {
  return database.all('SELECT sha256 FROM leaving_content').map((row) => hashText(row, 'sha256'))
}

/** One step of a pruning: looks at the next journeys after the cursor. */
export function pruneJourneys(
  transaction: Transaction,
  request: PruneRequest,
  after: PruneCursor,
): PruneStep {
  const rows = transaction.all(
    `SELECT key, started_ms, status, message,
        EXISTS (SELECT 1 FROM queue WHERE journey_id = journey.id) AS queued
      FROM journey WHERE started_ms < ? AND (started_ms, key) > (?, ?)
      ORDER BY started_ms, key LIMIT ?`,
    request.journeysBefore,
    after.startedAt,
    after.key,
    pruneStepSize,
  )
  let [journeys, messages, contents] = [0, 0, 0]
  let next: PruneCursor | undefined
  for (const row of rows) {
    const key = integer(row, 'key')
    next = { startedAt: integer(row, 'started_ms'), key }
    const { status, message } = row
    const chosen =
      request.statuses === undefined ||
      (typeof status === 'string' && request.statuses.includes(status))
    if (!chosen || integer(row, 'queued') === 1) continue
    transaction.run('DELETE FROM journey_steps WHERE journey = ?', key)
    transaction.run('DELETE FROM journey_record WHERE journey = ?', key)
    transaction.run('DELETE FROM journey WHERE key = ?', key)
    journeys++
    if (typeof message !== 'number') continue
    const dropped = dropUnreferredMessage(transaction, message)
    messages += dropped.messages
    contents += dropped.contents
  }
  const removed = { journeys, messages, contents, facts: 0 }
  return { removed, next: rows.length < pruneStepSize ? undefined : next }
}

/** Removes facts that are older than every journey, and so belong to none. */
export function pruneFacts(transaction: Transaction): number {
  transaction.factsRemoved = true
  return transaction.run(
    `DELETE FROM fact WHERE key IN (
      SELECT key FROM fact
        WHERE used_ms < coalesce((SELECT min(started_ms) FROM journey), 9e15)
        ORDER BY used_ms LIMIT ?)`,
    pruneStepSize,
  ).changes
}
