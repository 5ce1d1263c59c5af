import type { Transaction } from './transaction.ts'

/** Brings the counts up to date, once for all that the transaction does. */
export function writeCounts(transaction: Transaction): void {
  const { messages, queued, held, journeys } = transaction.counted
  if (messages === 0 && queued === 0 && held === 0 && journeys === 0) return
  transaction.run(
    `UPDATE kept_count SET messages = messages + ?, queued = queued + ?, held = held + ?,
      journeys = journeys + ?`,
    messages,
    queued,
    held,
    journeys,
  )
}
