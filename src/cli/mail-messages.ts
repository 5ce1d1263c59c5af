import { InvalidArgumentError, Option } from 'commander'
import { WaybillError } from '../base/error.ts'
import { type MailboxRole, roleNamed } from '../journey/recipients.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { MailboxRow } from '../store/ports/mailboxes.ts'
import { dataFolderOf, type DataOptions, Stores } from './data.ts'
import { findAccount } from './mail-account.ts'

/** A message in a mailbox. */
export interface Found {
  readonly reader: ReadPorts
  readonly row: MailboxRow
}

/** The messages of an account and a mailbox; of all where they are not said. */
export type Find = (
  account: string | undefined,
  role: MailboxRole | undefined,
) => Promise<readonly Found[]>

/** Looks for messages in the stores of a data folder. */
export async function withMail(
  options: DataOptions,
  use: (find: Find) => void | Promise<void>,
): Promise<void> {
  const stores = new Stores(dataFolderOf(options))
  try {
    await use(async (asked, role) => {
      const query = {
        ...(asked === undefined
          ? {}
          : { account: await findAccount(stores, asked, options.config) }),
        ...(role === undefined ? {} : { role }),
      }
      const found: Found[] = []
      for (const reader of stores.readers) {
        for (const row of await reader.mailboxes.items(query)) found.push({ reader, row })
      }
      return found
    })
  } finally {
    stores.close()
  }
}

/** The option that names a mailbox. */
export function mailboxOption(): Option {
  return new Option('--mailbox <name>', 'Inbox or Junk; both when absent').argParser(mailboxRole)
}

function mailboxRole(text: string): MailboxRole {
  const found = roleNamed(text)
  if (found === undefined) throw new InvalidArgumentError('There are Inbox and Junk.')
  return found
}

/**
 * The message that is meant by an id, a part of one, or `last`.
 *
 * @throws WaybillError `not-found`, and `usage` when several messages are meant
 */
export function messageOf(found: readonly Found[], ref: string): Found {
  const newest = found.toSorted((a, b) => b.row.receivedAt - a.row.receivedAt)
  const lower = ref.toLowerCase()
  if (lower.length < 4) {
    throw new WaybillError('usage', `"${ref}" is too short: an id wants at least 4 characters.`)
  }
  const meant =
    ref === 'last'
      ? newest.slice(0, 1)
      : newest.filter(({ row: { messageId: id } }) => id.startsWith(lower) || id.endsWith(lower))
  const ids = Array.from(new Set(meant.map(({ row }) => row.messageId)))
  if (ids.length > 1) {
    throw new WaybillError('usage', `"${ref}" is the beginning or the end of several ids.`, {
      hint: `One of: ${ids.slice(0, 8).join(', ')}`,
    })
  }
  const [one] = meant
  if (one !== undefined) return one
  const what = ref === 'last' ? 'no message yet' : `no message "${ref}"`
  throw new WaybillError('not-found', `There is ${what} in the mailboxes.`, {
    hint: 'waybill mail list shows those there are; a refused one has only a journey (waybill list).',
  })
}
