import { mailboxName } from '../journey/mailbox-role.ts'
import type { Row } from './database.ts'
import { integer } from './database.ts'
import type { NewMailboxItem } from './store.ts'
import type { Transaction } from './transaction.ts'

/**
 * Files a message: gives it the next uid of its mailbox (RFC 9051 §2.3.1.1) and the next modseq
 * (RFC 7162 §3.1). Account and mailbox are made when they are missing.
 */
export function insertMailboxItem(
  transaction: Transaction,
  item: NewMailboxItem,
  message: number,
): void {
  const place = nextPlace(transaction, item) ?? placeInNew(transaction, item)
  transaction.run(
    `INSERT INTO mailbox_item (mailbox, uid, message, size, journey_id, internal_ms, modseq, flags)
      VALUES (?1, ?2, ?3, (SELECT size FROM message WHERE key = ?3), ?4, ?5, ?6, '')`,
    integer(place, 'id'),
    integer(place, 'uid'),
    message,
    item.journeyId,
    Math.round(item.receivedAt),
    integer(place, 'modseq'),
  )
}

function nextPlace(transaction: Transaction, { account, role }: NewMailboxItem): Row | undefined {
  return transaction.get(
    `UPDATE mailbox SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1
      WHERE account = (SELECT id FROM account WHERE address = ?) AND role = ?
      RETURNING id, uid_next - 1 AS uid, highest_modseq AS modseq`,
    account,
    role,
  )
}

function placeInNew(transaction: Transaction, item: NewMailboxItem): Row {
  const { account, role, receivedAt } = item
  transaction.run(
    `INSERT INTO account (address, created_ms, origin) VALUES (?, ?, 'mail')
      ON CONFLICT (address) DO NOTHING`,
    account,
    Math.round(receivedAt),
  )
  // Ascending, so that a mailbox that is made again under its name has another (RFC 9051 §2.3.1.1).
  transaction.run('UPDATE kept_count SET uid_validity = max(uid_validity + 1, unixepoch())')
  transaction.run(
    `INSERT INTO mailbox (account, role, name, uid_validity, uid_next, highest_modseq)
      SELECT account.id, ?2, ?3, kept_count.uid_validity, 1, 0 FROM account, kept_count
        WHERE address = ?1`,
    account,
    role,
    mailboxName(role),
  )
  const place = nextPlace(transaction, item)
  if (place === undefined) throw new Error('Store: a mailbox that was made is not there')
  return place
}
