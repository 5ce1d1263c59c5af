import { mailboxName } from '../journey/mailbox-role.ts'
import type { MemoryTables, UndoLog } from './memory-tables.ts'
import { lower } from './memory-tables.ts'
import type { AccountChange, NewAccount } from './ports/accounts.ts'
import type { NewAct } from './ports/acts.ts'
import type { MailPlace, NewMailboxItem } from './store.ts'

/** As `changeAccounts` does it in the database. */
export function changeMemoryAccounts(
  tables: MemoryTables,
  undo: UndoLog,
  change: AccountChange,
): number {
  switch (change.type) {
    case 'put-account':
      return putAccount(tables, undo, change.account)
    case 'put-alias':
      return put(tables.aliases, undo, change.alias.address, structuredClone(change.alias))
    case 'put-domain':
      return put(tables.domains, undo, change.domain.name, { ...change.domain })
    case 'remove-account':
      return removeAccount(tables, undo, change.name)
    case 'remove-alias':
      return remove(tables.aliases, undo, change.name)
    case 'remove-domain':
      return remove(tables.domains, undo, change.name)
  }
}

/** Writes down what somebody did. @returns its number */
export function putMemoryAct(tables: MemoryTables, undo: UndoLog, act: NewAct): number {
  const number = undo.nextKey()
  undo.set(tables.acts, number, { ...structuredClone(act), number })
  return number
}

/** Files a message, in a mailbox and for an account that are made when they are missing. */
export function fileInMemory(tables: MemoryTables, undo: UndoLog, item: NewMailboxItem): void {
  const { account, role, messageId, journeyId, receivedAt } = item
  const known = tables.accounts.get(lower(account))
  const owner =
    known?.id ??
    putAccount(tables, undo, {
      address: account,
      passwordHash: undefined,
      createdAt: receivedAt,
      origin: 'mail',
    })
  const place = `${owner} ${role}`
  const mailbox = tables.mailboxes.get(place)
  const id = mailbox?.id ?? undo.nextKey()
  const uid = mailbox?.uidNext ?? 1
  undo.set(tables.mailboxes, place, { id, account: owner, role, uidNext: uid + 1 })
  const row = { mailbox: id, uid, messageId, journeyId, receivedAt }
  undo.set(tables.items, undo.nextKey(), row)
}

/** Takes a message out of a mailbox. @returns its id; `undefined` when it is not there */
export function takeOutInMemory(
  tables: MemoryTables,
  undo: UndoLog,
  { account, mailbox, uid }: MailPlace,
): string | undefined {
  const owner = tables.accounts.get(lower(account))?.id
  const place = Array.from(tables.mailboxes.values()).find((one) => {
    return one.account === owner && mailboxName(one.role) === mailbox
  })
  for (const [key, item] of tables.items) {
    if (item.mailbox !== place?.id || item.uid !== uid) continue
    undo.delete(tables.items, key)
    return item.messageId
  }
  return undefined
}

function putAccount(tables: MemoryTables, undo: UndoLog, account: NewAccount): number {
  return put(tables.accounts, undo, account.address, { ...account })
}

function put<T extends { readonly createdAt: number }>(
  table: Map<string, T & { readonly id: number }>,
  undo: UndoLog,
  name: string,
  row: T,
): number {
  const known = table.get(lower(name))
  const id = known?.id ?? undo.nextKey()
  undo.set(table, lower(name), { ...row, id, createdAt: known?.createdAt ?? row.createdAt })
  return id
}

function remove<T>(table: Map<string, T>, undo: UndoLog, name: string): number {
  if (!table.has(lower(name))) return 0
  undo.delete(table, lower(name))
  return 1
}

function removeAccount(tables: MemoryTables, undo: UndoLog, address: string): number {
  const account = tables.accounts.get(lower(address))
  if (account === undefined) return 0
  const { id } = account
  const mailboxes = Array.from(tables.mailboxes.values())
  if (!mailboxes.some((mailbox) => mailbox.account === id)) {
    return remove(tables.accounts, undo, address)
  }
  if (account.origin === 'mail') return 0
  const left = { ...account, passwordHash: undefined, origin: 'mail' } as const
  undo.set(tables.accounts, lower(address), left)
  return 1
}
