import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { Command, InvalidArgumentError } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { MaildirWriter } from '../../io/maildir-writer.ts'
import type { MailboxRole } from '../../journey/recipients.ts'
import { formatMaildir, maildirFolder, maildirPlace } from '../../mailbox/maildir.ts'
import { formatMbox } from '../../mailbox/mbox.ts'
import type { OpenMessage } from '../../store/ports/contents.ts'
import { type DataOptions, withDataOptions } from '../data.ts'
import { type Found, mailboxOption, messageOf, withMail } from '../mail-messages.ts'
import {
  columns,
  print,
  printJson,
  printOctets,
  resultsAreSeen,
  row as listRow,
  say,
} from '../output.ts'
import { rowTime } from './list.ts'
import { mailDeleteCommand } from './mail-delete.ts'

/** `waybill mail list|show|export|delete`. */
export function mailCommand(): Command {
  return new Command('mail')
    .description('read the mailboxes of this server, and take messages out of them')
    .addCommand(listMail())
    .addCommand(showMail())
    .addCommand(exportMail())
    .addCommand(mailDeleteCommand())
}

function listMail(): Command {
  const command = new Command('list')
    .description('list the messages in the mailboxes')
    .argument('[account]', 'one account, by its main address; all when absent')
    .addOption(mailboxOption())
    .option('--json', 'one JSON object a line')
    .action((account: string | undefined, options: ListOptions) => {
      return withMail(options, async (find) => {
        const found = await find(account, options.mailbox)
        for (const { reader, row } of found) {
          const journey = await reader.journeys.find(row.journeyId)
          const stored = journey.type === 'found' ? journey.journey : undefined
          const facts = {
            account: row.account,
            mailbox: row.mailbox,
            uid: row.uid,
            id: row.messageId,
            received_at: new Date(row.receivedAt).toISOString(),
            size: row.size,
            from: stored?.mailFrom ?? '',
            subject: stored?.subject ?? '',
          }
          if (options.json === true) printJson(facts)
          else {
            const time = rowTime(row.receivedAt)
            const from = facts.from === '' ? '<>' : facts.from
            const place = `${facts.account}  ${facts.mailbox.padEnd(6)}`
            const rest = facts.subject === '' ? from : `${from}  ${facts.subject}`
            print(listRow(`${facts.id}  ${time}`, `${place} ${rest}`, columns()))
          }
        }
        if (found.length === 0 && options.json !== true) say('No messages there.')
      })
    })
  return withDataOptions(command)
}

interface ListOptions extends DataOptions {
  readonly mailbox?: MailboxRole
  readonly json?: boolean
}

interface ShowOptions extends DataOptions {
  readonly account?: string
  readonly json?: boolean
}

function showMail(): Command {
  const command = new Command('show')
    .description('print a message as it is stored')
    .argument('<id>', '"last", or at least 4 characters of an id of `waybill mail list`')
    .option('--account <address>', 'with "last": of this account')
    .option('--json', 'as JSON, the octets in base64')
    .action((ref: string, options: ShowOptions) => {
      return withMail(options, async (find) => {
        const found = await find(options.account, undefined)
        const meant = messageOf(found, ref)
        const whole = options.json === true || resultsAreSeen()
        const chunks: Uint8Array[] = []
        for await (const chunk of (await open(meant)).chunks()) {
          if (whole) chunks.push(chunk)
          else if (!(await printOctets(chunk))) return
        }
        if (!whole) return
        if (options.json !== true) return void (await printOctets(Buffer.concat(chunks)))
        const { account, mailbox, messageId: id } = meant.row
        printJson({ id, account, mailbox, message: Buffer.concat(chunks).toString('base64') })
      })
    })
  return withDataOptions(command)
}

async function open({ reader, row }: Found): Promise<OpenMessage> {
  const message = await reader.messages.open(row.messageId)
  if (message !== undefined) return message
  throw new WaybillError('store-broken', `The octets of ${row.messageId} are missing.`)
}

interface ExportOptions extends DataOptions {
  readonly format: 'maildir' | 'mbox'
  readonly out: string
  readonly mailbox?: MailboxRole
  readonly json?: boolean
}

function exportMail(): Command {
  const command = new Command('export')
    .description('write the messages of an account as Maildir or mbox')
    .argument('<account>', 'its main address, as `waybill mail list` has it')
    .requiredOption(
      '--out <path>',
      'the Maildir (adds what it never wrote there), or the mbox file, which must be new',
    )
    .option('--format <format>', 'maildir or mbox', exportFormat, 'maildir')
    .addOption(mailboxOption())
    .option('--json', 'the count as JSON')
    .action((account: string, options: ExportOptions) => {
      return withMail(options, async (find) => {
        const found = await find(account, options.mailbox)
        const { format, out } = options
        const counts = await orCannotWrite(out, () => {
          return format === 'mbox' ? writeMbox(found, out) : writeMaildir(found, out)
        })
        const { length: messages } = found
        const known = counts.there + counts.gone > 0 ? counts : {}
        if (options.json === true) printJson({ account, format, messages, ...known })
        else say(exported(counts, out))
      })
    })
  return withDataOptions(command)
}

/** What became of the messages of an export. */
interface ExportCounts {
  readonly written: number
  /** In the Maildir already. */
  readonly there: number
  /** Written before, and taken away there since. */
  readonly gone: number
}

function exported({ written, there, gone }: ExportCounts, out: string): string {
  const rest = [
    ...(there > 0 ? [`${there} there already`] : []),
    ...(gone > 0 ? [`${gone} not brought back: moved or deleted there`] : []),
  ]
  const end = rest.length === 0 ? '' : `, ${rest.join(', ')}`
  return `${written} message${written === 1 ? '' : 's'} written to ${out}${end}`
}

/** What the file system says of a place that somebody named is not a fault of ours. */
async function orCannotWrite<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    const here = cause instanceof Error && 'path' in cause && String(cause.path).startsWith(path)
    const code = here && 'code' in cause ? cause.code : undefined
    const why = typeof code === 'string' ? writeProblems.get(code) : undefined
    if (why === undefined) throw cause
    const kind = code === 'ENOENT' ? 'not-found' : 'usage'
    throw new WaybillError(kind, `Cannot write ${path}: ${why}.`, { cause })
  }
}

const writeProblems: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'the folder that it should be in is not there'],
  ['EEXIST', 'there is a file of this name already; name another'],
  ['ENOTDIR', 'a part of its path is a file'],
  ['EISDIR', 'it is a folder, and an mbox is one file'],
  ['EACCES', 'you may not write there'],
  ['EPERM', 'you may not write there'],
  ['EROFS', 'nothing can be written there'],
  ['ENOSPC', 'the disk is full'],
])

async function writeMbox(found: readonly Found[], path: string): Promise<ExportCounts> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  const done = finished(file)
  for (const one of found) {
    const { receivedAt, journeyId } = one.row
    const journey = await one.reader.journeys.find(journeyId)
    const reversePath = journey.type === 'found' ? journey.journey.mailFrom : ''
    const chunks = formatMbox({ reversePath, receivedAt, chunks: (await open(one)).chunks() }, 'lf')
    for await (const chunk of chunks) {
      if (!file.write(chunk)) await once(file, 'drain')
    }
  }
  file.end()
  await done
  return { written: found.length, there: 0, gone: 0 }
}

async function writeMaildir(found: readonly Found[], path: string): Promise<ExportCounts> {
  const counts = { written: 0, exists: 0, gone: 0 }
  for (const mailbox of new Set(found.map(({ row }) => row.mailbox))) {
    const folder = maildirFolder(mailbox)
    const writer = await MaildirWriter.open(folder === '' ? path : `${path}/${folder}`)
    try {
      for (const one of found) {
        if (one.row.mailbox !== mailbox) continue
        const { receivedAt, messageId, size } = one.row
        const place = maildirPlace({ receivedAt, unique: messageId, host: 'waybill', size })
        const { type } = await writer.write(place, formatMaildir((await open(one)).chunks()))
        counts[type]++
      }
    } finally {
      await writer.close()
    }
  }
  const { written, exists: there, gone } = counts
  return { written, there, gone }
}

function exportFormat(text: string): 'maildir' | 'mbox' {
  if (text === 'maildir' || text === 'mbox') return text
  throw new InvalidArgumentError('Wants maildir or mbox.')
}
