import { removeMemoryCredentialsOf } from './credentials.ts'
import { lower, type MemoryWork, type UndoLog } from './tables.ts'
import type { AccountChange, NewAccount } from '../ports/accounts.ts'
import type { NewAct } from '../ports/acts.ts'
import { nameIn } from '../operations.ts'

/** As `changeAccounts` does it in the database. */
export function changeMemoryAccounts(work: MemoryWork, change: AccountChange): number {
  const done = makeChange(work, change)
  if (done > 0) work.undo.tell({ type: 'account', address: nameIn(change) })
  return done
}

function makeChange(work: MemoryWork, change: AccountChange): number {
  const { tables, undo } = work
  switch (change.type) {
    case 'put-account':
      return putMemoryAccount(work, change.account)
    case 'put-alias':
      return put(tables.aliases, undo, change.alias.address, structuredClone(change.alias))
    case 'put-domain':
      return put(tables.domains, undo, change.domain.name, { ...change.domain })
    case 'remove-account':
      removeMemoryCredentialsOf(work, change.name)
      return removeAccount(work, change.name)
    case 'remove-alias':
      return remove(tables.aliases, undo, change.name)
    case 'remove-domain':
      return remove(tables.domains, undo, change.name)
  }
}

/** Writes down what somebody did. @returns its number */
export function putMemoryAct({ tables, undo }: MemoryWork, act: NewAct): number {
  const number = undo.nextKey()
  undo.set(tables.acts, number, { ...structuredClone(act), number })
  undo.tell({ type: 'act', act: number })
  return number
}

/** Makes an account, or changes the one with this address. @returns its id */
export function putMemoryAccount({ tables, undo }: MemoryWork, account: NewAccount): number {
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

function removeAccount({ tables, undo }: MemoryWork, address: string): number {
  const account = tables.accounts.get(lower(address))
  if (account === undefined) return 0
  const { id } = account
  const mailboxes = Array.from(tables.mailboxes.values())
  if (!mailboxes.some((mailbox) => mailbox.account === id)) {
    return remove(tables.accounts, undo, address)
  }
  if (account.origin === 'mail') return 0
  const { forward: _, ...kept } = account
  const left = { ...kept, passwordHash: undefined, origin: 'mail' } as const
  undo.set(tables.accounts, lower(address), left)
  return 1
}
