import { mailboxName } from '../../journey/recipients.ts'
import { putMemoryAccount } from './accounts.ts'
import { leaveMessage } from './retention.ts'
import { lower, type MemoryItem, type MemoryMailbox, type MemoryWork } from './tables.ts'
import type { FlagChange, MailPlace, MailRemoval } from '../ports/mailboxes.ts'
import type { NewMailboxItem } from '../ports/post.ts'
import { changedFlags } from '../operations.ts'

/** Files a message, in a mailbox and for an account that are made when they are missing. */
export function fileInMemory(work: MemoryWork, item: NewMailboxItem): void {
  const { tables, undo } = work
  const { messageId, journeyId, receivedAt } = item
  const { uidNext: uid, ...mailbox } = mailboxFor(work, item)
  const modseq = mailbox.highestModseq + 1
  undo.set(tables.mailboxes, mailbox.id, { ...mailbox, uidNext: uid + 1, highestModseq: modseq })
  const size = tables.messages.get(messageId)?.size ?? 0
  const row = { mailboxId: mailbox.id, uid, messageId, journeyId, receivedAt, size, modseq }
  undo.set(tables.items, place(mailbox.id, uid), { ...row, flags: [], changed: false })
}

function mailboxFor(work: MemoryWork, item: NewMailboxItem): MemoryMailbox {
  const { tables, undo } = work
  const { account: address, role, receivedAt: createdAt } = item
  const made = { address, passwordHash: undefined, createdAt, origin: 'mail' } as const
  const known = tables.accounts.get(lower(address))
  const account = known?.id ?? putMemoryAccount(work, made)
  const found = Array.from(tables.mailboxes.values()).find((mailbox) => {
    return mailbox.account === account && mailbox.role === role
  })
  if (found !== undefined) return found
  const id = undo.nextKey()
  const state = { uidValidity: id, uidNext: 1, highestModseq: 0, forgottenModseq: 0 }
  return { id, account, role, name: mailboxName(role), ...state }
}

function place(mailbox: number, uid: number): string {
  return `${mailbox} ${uid}`
}

/** As `setFlags` does it in the database. */
export function setMemoryFlags(work: MemoryWork, change: FlagChange): readonly number[] {
  const { mailbox, uids, unchangedSince = Infinity } = change
  const passedOver: number[] = []
  let modseq: number | undefined
  for (const uid of uids) {
    const item = work.tables.items.get(place(mailbox, uid))
    if (item === undefined) continue
    if (item.modseq > unchangedSince) {
      passedOver.push(uid)
      continue
    }
    const flags = changedFlags(item.flags, change)
    if (flags.join(' ') === item.flags.join(' ')) continue
    modseq ??= nextModseq(work, mailbox)
    const row: MemoryItem = { ...item, flags, modseq, changed: true }
    work.undo.set(work.tables.items, place(mailbox, uid), row)
  }
  return passedOver
}

function nextModseq({ tables, undo }: MemoryWork, id: number): number {
  const mailbox = tables.mailboxes.get(id)
  if (mailbox === undefined) throw new Error(`Store: there is no mailbox ${id}`)
  const account = Array.from(tables.accounts.values()).find((one) => one.id === mailbox.account)
  undo.tell({ type: 'mailbox', account: account?.address ?? '' })
  const highestModseq = mailbox.highestModseq + 1
  undo.set(tables.mailboxes, id, { ...mailbox, highestModseq })
  return highestModseq
}

/** As `removeMail` does it in the database. */
export function removeInMemory(work: MemoryWork, { items }: MailRemoval): number {
  return items.filter((one) => removeItem(work, one)).length
}

function removeItem(work: MemoryWork, { account, mailbox: name, uid }: MailPlace): boolean {
  const { tables, undo } = work
  const owner = tables.accounts.get(lower(account))?.id
  const mailbox = Array.from(tables.mailboxes.values()).find((one) => {
    return one.account === owner && one.name === name
  })
  if (mailbox === undefined) return false
  const item = tables.items.get(place(mailbox.id, uid))
  if (item === undefined) return false
  undo.delete(tables.items, place(mailbox.id, uid))
  const removed = { mailbox: mailbox.id, uid, modseq: nextModseq(work, mailbox.id) }
  undo.set(tables.expunged, place(mailbox.id, uid), removed)
  leaveMessage(work, item.messageId)
  return true
}
