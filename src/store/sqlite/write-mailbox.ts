import { mailboxName } from '../../journey/recipients.ts'
import { integer, type Row, text } from './database.ts'
import type { FlagChange, MailPlace, MailRemoval } from '../ports/mailboxes.ts'
import type { NewMailboxItem } from '../ports/post.ts'
import { changedFlags } from '../operations.ts'
import { flagsOf } from './rows.ts'
import type { Transaction } from './transaction.ts'
import { dropSettledMessage } from './write-retention.ts'

/** A message that is in the store: its key, and its octets as a whole. */
export interface StoredMessage {
  readonly key: number
  readonly size: number
}

/**
 * Files a message: gives it the next uid of its mailbox (RFC 9051 §2.3.1.1) and the next modseq
 * (RFC 7162 §3.1). Account and mailbox are made when they are missing.
 */
export function insertMailboxItem(
  transaction: Transaction,
  item: NewMailboxItem,
  message: StoredMessage,
): void {
  const place = nextPlace(transaction, item, message) ?? placeInNew(transaction, item, message)
  transaction.run(
    `INSERT INTO mailbox_item
      (mailbox, uid, message, size, journey_id, internal_ms, modseq, changed, flags)
      VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')`,
    integer(place, 'id'),
    integer(place, 'uid'),
    message.key,
    message.size,
    item.journeyId,
    Math.round(item.receivedAt),
    integer(place, 'modseq'),
  )
}

function nextPlace(
  transaction: Transaction,
  { account, role }: NewMailboxItem,
  { size }: StoredMessage,
): Row | undefined {
  return transaction.get(
    `UPDATE mailbox SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1,
        messages = messages + 1, unseen = unseen + 1, octets = octets + ?
      WHERE account = (SELECT id FROM account WHERE address = ?) AND role = ?
      RETURNING id, uid_next - 1 AS uid, highest_modseq AS modseq`,
    size,
    account,
    role,
  )
}

function placeInNew(transaction: Transaction, item: NewMailboxItem, message: StoredMessage): Row {
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
  const place = nextPlace(transaction, item, message)
  if (place === undefined) throw new Error('Store: a mailbox that was made is not there')
  return place
}

const seen = '\\Seen'

/** Changes flags, all under one new change number. @returns the uids that were changed meanwhile */
export function setFlags(transaction: Transaction, change: FlagChange): readonly number[] {
  const { mailbox, uids, unchangedSince = Number.MAX_SAFE_INTEGER } = change
  const passedOver: number[] = []
  let modseq: number | undefined
  for (const uid of uids) {
    const sql = 'SELECT modseq, flags FROM mailbox_item WHERE mailbox = ? AND uid = ?'
    const item = transaction.get(sql, mailbox, uid)
    if (item === undefined) continue
    if (integer(item, 'modseq') > unchangedSince) {
      passedOver.push(uid)
      continue
    }
    const before = flagsOf(item)
    const flags = changedFlags(before, change)
    const stored = flags.length === 0 ? '' : ` ${flags.join(' ')} `
    if (stored === text(item, 'flags')) continue
    modseq ??= nextModseq(transaction, mailbox)
    transaction.run(
      'UPDATE mailbox_item SET flags = ?, modseq = ?, changed = 1 WHERE mailbox = ? AND uid = ?',
      stored,
      modseq,
      mailbox,
      uid,
    )
    const unseen = Number(before.includes(seen)) - Number(flags.includes(seen))
    transaction.run('UPDATE mailbox SET unseen = unseen + ? WHERE id = ?', unseen, mailbox)
  }
  return passedOver
}

function nextModseq(transaction: Transaction, mailbox: number): number {
  const row = transaction.get(
    `UPDATE mailbox SET highest_modseq = highest_modseq + 1 WHERE id = ?
      RETURNING highest_modseq,
        (SELECT address FROM account WHERE account.id = mailbox.account) AS address`,
    mailbox,
  )
  transaction.tell({ type: 'mailbox', account: text(row ?? {}, 'address') })
  return integer(row ?? {}, 'highest_modseq')
}

/**
 * Takes messages out of mailboxes. Each leaves its uid in `expunged` with a modseq of its own
 * (RFC 7162 §3.2.10.1).
 */
export function removeMail(transaction: Transaction, { items, at }: MailRemoval): number {
  return items.filter((item) => removeItem(transaction, item, at)).length
}

function removeItem(
  transaction: Transaction,
  { account, mailbox, uid }: MailPlace,
  at: number,
): boolean {
  const item = transaction.get(
    `DELETE FROM mailbox_item WHERE uid = ? AND mailbox = (
        SELECT mailbox.id FROM mailbox JOIN account ON account.id = mailbox.account
          WHERE account.address = ? AND mailbox.name = ?)
      RETURNING mailbox, message, size, instr(flags, ' \\Seen ') = 0 AS unseen`,
    uid,
    account,
    mailbox,
  )
  if (item === undefined) return false
  const place = transaction.get(
    `UPDATE mailbox SET highest_modseq = highest_modseq + 1, messages = messages - 1,
        unseen = unseen - ?, octets = octets - ? WHERE id = ? RETURNING highest_modseq AS modseq`,
    integer(item, 'unseen'),
    integer(item, 'size'),
    integer(item, 'mailbox'),
  )
  transaction.run(
    'INSERT INTO expunged (mailbox, modseq, uid, at_ms) VALUES (?, ?, ?, ?)',
    integer(item, 'mailbox'),
    integer(place ?? {}, 'modseq'),
    uid,
    Math.round(at),
  )
  transaction.tell({ type: 'mailbox', account })
  dropSettledMessage(transaction, integer(item, 'message'))
  return true
}
