import { type ReadRows, type Row, type Value, integer } from './database.ts'
import type { MailboxChanges, MailboxQuery, MailboxRow } from '../ports/mailboxes.ts'
import type { Reads } from '../reads.ts'
import { mailboxRow, storedMailbox } from './rows.ts'

const selectItems = `SELECT mailbox_item.*, message.id AS message_id, mailbox.role, mailbox.name,
    account.address
  FROM mailbox_item JOIN mailbox ON mailbox.id = mailbox_item.mailbox
    JOIN account ON account.id = mailbox.account
    JOIN message ON message.key = mailbox_item.message`

/** What can be read of mailboxes. */
export function mailboxReads(
  rows: ReadRows,
): Pick<Reads, 'mailboxes' | 'listMailbox' | 'mailboxChanges'> {
  return {
    mailboxes(account) {
      const select = 'SELECT mailbox.*, address FROM mailbox JOIN account ON account.id = account'
      const found =
        account === undefined
          ? rows.all(`${select} ORDER BY mailbox.id`)
          : rows.all(`${select} WHERE address = ? ORDER BY mailbox.id`, account)
      return found.map(storedMailbox)
    },
    listMailbox: (query) => listMailbox(rows, query),
    mailboxChanges: (query) => mailboxChanges(rows, query),
  }
}

function listMailbox(rows: ReadRows, query: MailboxQuery): readonly MailboxRow[] {
  const conditions = ['uid > ?']
  const values: Value[] = [query.afterUid ?? 0]
  const want = (condition: string, value: Value | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(value)
  }
  want('mailbox_item.mailbox = ?', query.mailbox)
  want('account.address = ?', query.account)
  want('mailbox.role = ?', query.role)
  const one =
    query.mailbox !== undefined || (query.account !== undefined && query.role !== undefined)
  const order = one ? 'uid' : 'internal_ms, mailbox_item.mailbox, uid'
  const sql = `${selectItems} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`
  return rows.all(sql, ...values, query.limit ?? -1).map(mailboxRow)
}

/**
 * Those that were changed since they came are found by an index. What came unchanged has ascending
 * change numbers: it is behind the last one that is not new.
 */
function mailboxChanges(
  rows: ReadRows,
  { mailbox, after }: { readonly mailbox: number; readonly after: number },
): MailboxChanges {
  const known = rows.get(
    `SELECT uid FROM mailbox_item WHERE mailbox = ? AND changed = 0 AND modseq <= ?
      ORDER BY uid DESC LIMIT 1`,
    mailbox,
    after,
  )
  const items = rows.all(
    `${selectItems} WHERE mailbox_item.mailbox = ?1 AND changed = 1 AND modseq > ?2
      UNION ALL ${selectItems} WHERE mailbox_item.mailbox = ?1 AND changed = 0 AND uid > ?3
      ORDER BY uid`,
    mailbox,
    after,
    known === undefined ? 0 : integer(known, 'uid'),
  )
  const place = rows.get('SELECT forgotten_modseq FROM mailbox WHERE id = ?', mailbox)
  const forgotten = place === undefined ? 0 : integer(place, 'forgotten_modseq')
  const gone = (): Row[] =>
    rows.all(
      'SELECT uid FROM expunged WHERE mailbox = ? AND modseq > ? ORDER BY uid',
      mailbox,
      after,
    )
  return {
    items: items.map(mailboxRow),
    expunged: after < forgotten ? undefined : gone().map((row) => integer(row, 'uid')),
  }
}
