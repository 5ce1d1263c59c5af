import { lower, type MemoryItem, type MemoryTables } from './tables.ts'
import type { MailboxQuery, MailboxRow, StoredMailbox } from '../ports/mailboxes.ts'
import type { Reads } from '../reads.ts'

/** What can be read of mailboxes. */
export function memoryMailboxReads(
  tables: MemoryTables,
): Pick<Reads, 'mailboxes' | 'listMailbox' | 'mailboxChanges'> {
  const address = (id: number): string => {
    return Array.from(tables.accounts.values()).find((one) => one.id === id)?.address ?? ''
  }
  const itemsOf = (mailbox: number): MemoryItem[] => {
    return Array.from(tables.items.values()).filter(({ mailboxId }) => mailboxId === mailbox)
  }
  const rows = (items: readonly MemoryItem[]): MailboxRow[] => {
    return items.flatMap(({ changed: _changed, ...item }) => {
      const place = tables.mailboxes.get(item.mailboxId)
      if (place === undefined) return []
      const { role, name: mailbox } = place
      return [{ ...item, account: address(place.account), role, mailbox }]
    })
  }
  return {
    mailboxes(account) {
      const all = Array.from(tables.mailboxes.values(), (mailbox): StoredMailbox => {
        const items = itemsOf(mailbox.id)
        return {
          ...mailbox,
          account: address(mailbox.account),
          messages: items.length,
          unseen: items.filter(({ flags }) => !flags.includes('\\Seen')).length,
          octets: items.reduce((sum, { size }) => sum + size, 0),
        }
      })
      return all
        .filter((one) => account === undefined || lower(one.account) === lower(account))
        .sort((a, b) => a.id - b.id)
    },
    listMailbox: (query) => listMailbox(rows(Array.from(tables.items.values())), query),
    mailboxChanges({ mailbox, after }) {
      const forgotten = tables.mailboxes.get(mailbox)?.forgottenModseq ?? 0
      const gone = Array.from(tables.expunged.values())
        .filter((one) => one.mailbox === mailbox && one.modseq > after)
        .map(({ uid }) => uid)
      return {
        items: rows(itemsOf(mailbox).filter(({ modseq }) => modseq > after)).sort(byUid),
        expunged: after < forgotten ? undefined : gone.sort((a, b) => a - b),
      }
    },
  }
}

function listMailbox(rows: readonly MailboxRow[], query: MailboxQuery): readonly MailboxRow[] {
  const { mailbox, account, role, afterUid = 0, limit } = query
  const one = mailbox !== undefined || (account !== undefined && role !== undefined)
  return rows
    .filter((item) => item.uid > afterUid)
    .filter((item) => mailbox === undefined || item.mailboxId === mailbox)
    .filter((item) => account === undefined || lower(item.account) === lower(account))
    .filter((item) => role === undefined || item.role === role)
    .sort((a, b) => (one ? byUid(a, b) : byReceipt(a, b)))
    .slice(0, limit)
}

function byUid(a: MailboxRow, b: MailboxRow): number {
  return a.uid - b.uid
}

function byReceipt(a: MailboxRow, b: MailboxRow): number {
  return a.receivedAt - b.receivedAt || a.mailboxId - b.mailboxId || a.uid - b.uid
}
