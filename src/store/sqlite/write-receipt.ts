import { type NewReceipt, receiptMs } from '../ports/receipts.ts'
import { integer, type ReadRows, text } from './database.ts'
import type { Transaction } from './transaction.ts'

/** Writes a receipt; those that are too old go. A key that is there already is a fault of ours. */
export function writeReceipt(transaction: Transaction, receipt: NewReceipt): void {
  const { who, key, request, answer, at } = receipt
  transaction.run('DELETE FROM receipt WHERE at_ms < ?', Math.round(at - receiptMs))
  transaction.run(
    'INSERT INTO receipt (who, key, request, answer, at_ms) VALUES (?, ?, ?, ?, ?)',
    who,
    key,
    request,
    answer,
    Math.round(at),
  )
}

/** The receipt that is there. A folder that no server of today has opened has none. */
export function receiptOf(rows: ReadRows, who: string, key: string): NewReceipt | undefined {
  const row = rows.get('SELECT * FROM receipt WHERE who = ? AND key = ?', who, key)
  if (row === undefined) return undefined
  return {
    who: text(row, 'who'),
    key: text(row, 'key'),
    request: text(row, 'request'),
    answer: text(row, 'answer'),
    at: integer(row, 'at_ms'),
  }
}
