import { wholeStatus, wholeSummary } from '../../journey/recipients.ts'
import type { JourneyRecipient } from '../ports/post.ts'
import { integer, text } from './database.ts'
import type { Transaction } from './transaction.ts'

/** Writes how it stands with a recipient; what is known of its account stays when this is silent. */
export function putRecipient(
  transaction: Transaction,
  journey: number,
  { address, status, accounts }: JourneyRecipient,
): void {
  transaction.run(
    `INSERT INTO journey_recipient (journey, address, status, accounts) VALUES (?, ?, ?, ?)
      ON CONFLICT (journey, address) DO UPDATE SET status = excluded.status,
        accounts = coalesce(nullif(excluded.accounts, ''), accounts)`,
    journey,
    address,
    status,
    accounts,
  )
}

/**
 * A journey gets the word and the sentence of all its recipients.
 *
 * @param last what was told last: its own word counts where there is none of all
 */
export function tellWhole(
  transaction: Transaction,
  journey: number,
  last: { readonly status: string; readonly summary: string },
): void {
  const sql =
    'SELECT status, count(*) AS n FROM journey_recipient WHERE journey = ? GROUP BY status'
  const rows = transaction.all(sql, journey)
  const counts = new Map(rows.map((row) => [text(row, 'status'), integer(row, 'n')]))
  transaction.run(
    'UPDATE journey SET status = ?, summary = ? WHERE key = ?',
    wholeStatus(counts) ?? last.status,
    wholeSummary(counts, last.summary),
    journey,
  )
}
