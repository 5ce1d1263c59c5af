import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { mailDelete, messagesAtOnce } from '../../desk/mail.ts'
import { systemClock } from '../../io/clock.ts'
import type { MailboxRole } from '../../journey/recipients.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { confirm } from '../confirm.ts'
import { dataFolderOf, type DataOptions, storesIn, withDataOptions } from '../data.ts'
import { type Found, mailboxOption, messageOf, withMail } from '../mail-messages.ts'
import { print, printJson } from '../output.ts'

interface DeleteOptions extends DataOptions, WhyOption {
  readonly account?: string
  readonly mailbox?: MailboxRole
  readonly all?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** `waybill mail delete`. */
export function mailDeleteCommand(): Command {
  const command = new Command('delete')
    .description('take messages out of the mailboxes, for good; their journeys stay')
    .argument('[ids...]', 'at least 4 characters of each id of `waybill mail list`')
    .option('--account <address>', 'only in the mailboxes of this account')
    .addOption(mailboxOption())
    .option('--all', 'with --account: all that is there')
    .option('--yes', 'do not ask first')
    .option('--json', 'how many there were, as one JSON object')
    .action(async (ids: readonly string[], options: DeleteOptions) => {
      const folder = folderOf(options)
      const meant = await messagesMeant(ids, options)
      if (meant.length > 0) await confirm(question(meant), options)
      const deleted = await remove(folder, meant, options)
      if (options.json === true) printJson({ deleted })
      else print(deleted === 1 ? '1 message is deleted.' : `${deleted} messages are deleted.`)
    })
  return withWhy(withDataOptions(command))
}

/** @throws WaybillError `usage` of the lab, whose stores belong to it while it runs */
function folderOf(options: DataOptions): string {
  const folder = dataFolderOf(options)
  if (storesIn(folder).every((one) => one === folder)) return folder
  throw new WaybillError('usage', 'The mail of the lab stays as it is.', {
    hint: 'Name the folder of a server with --data or --config.',
  })
}

async function messagesMeant(
  ids: readonly string[],
  options: DeleteOptions,
): Promise<readonly Found['row'][]> {
  const { account, mailbox, all } = options
  if (ids.length > 0 === (all === true) || (all === true && account === undefined)) {
    throw new WaybillError('usage', 'It must be said which messages are meant.', {
      hint: 'Either ids of waybill mail list, or --all with --account.',
    })
  }
  let rows: readonly Found['row'][] = []
  await withMail(options, async (find) => {
    const found = await find(account, mailbox)
    const named = new Set(ids.map((id) => messageOf(found, id).row.messageId))
    rows = found.map(({ row }) => row).filter((row) => all === true || named.has(row.messageId))
  })
  return rows
}

/** One message may lie in several mailboxes, so it is told whose. */
function question(rows: readonly Found['row'][]): string {
  const accounts = Array.from(new Set(rows.map(({ account }) => account)))
  const whose = accounts.length > 3 ? `${accounts.length} accounts` : accounts.join(', ')
  const what = rows.length === 1 ? '1 message' : `${rows.length} messages`
  return `Delete ${what} of ${whose}? It cannot be taken back.`
}

async function remove(
  folder: string,
  rows: readonly Found['row'][],
  { why }: WhyOption,
): Promise<number> {
  let deleted = 0
  for (let start = 0; start < rows.length; start += messagesAtOnce) {
    const some = rows.slice(start, start + messagesAtOnce)
    const items = some.map(({ account, mailbox, uid }) => ({ account, mailbox, uid }))
    const ids = Array.from(new Set(some.map(({ messageId }) => messageId)))
    deleted += await atDesk(
      mailDelete,
      { items, ids },
      {
        opening: { folder },
        desk: ({ mailboxes }) => ({ mail: { mailboxes, now: () => systemClock.now() } }),
        ...(why === undefined ? {} : { why }),
      },
    )
  }
  return deleted
}
