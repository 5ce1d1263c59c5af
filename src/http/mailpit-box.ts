import { WaybillError } from '../base/error.ts'
import { RecentMap } from '../base/recent-map.ts'
import type { Archive, Archives } from '../desk/archives.ts'
import type { MailboxRow } from '../store/ports/mailboxes.ts'
import { readKept } from './kept-message.ts'
import { type MailpitMessage, readMailpitMessage } from './mailpit-message.ts'
import { mailpitQuery, type Searched } from './mailpit-search.ts'

/** A letter that lies in some mailbox, as Mailpit's list has it. */
export interface BoxedLetter {
  /** The id of its journey. */
  readonly id: string
  readonly archive: Archive
  /** Where it lies: once for each mailbox. */
  readonly rows: readonly [MailboxRow, ...MailboxRow[]]
}

/** How many letters of a mailbox are looked at, the newest. */
const newest = 1000
/** How many of them are read for a search. */
const searched = 500
/** How many that were read are remembered. */
const remembered = 1000

/** All mailboxes of all archives as the one mailbox that Mailpit has. */
export class MailpitBox {
  readonly #archives: Archives
  readonly #read = new RecentMap<string, MailpitMessage>(remembered)

  constructor(archives: Archives) {
    this.#archives = archives
  }

  /** The letters, the newest first. */
  async letters(): Promise<readonly BoxedLetter[]> {
    const found = new Map<string, { archive: Archive; rows: [MailboxRow, ...MailboxRow[]] }>()
    for (const archive of this.#archives.all) {
      for (const mailbox of await archive.reads.mailboxes.list()) {
        const afterUid = Math.max(0, mailbox.uidNext - 1 - newest)
        const rows = await archive.reads.mailboxes.items({ mailbox: mailbox.id, afterUid })
        for (const row of rows) {
          const known = found.get(row.journeyId)
          if (known === undefined) found.set(row.journeyId, { archive, rows: [row] })
          else known.rows.push(row)
        }
      }
    }
    return Array.from(found, ([id, letter]) => ({ id, ...letter })).toSorted((a, b) => {
      return b.rows[0].receivedAt - a.rows[0].receivedAt
    })
  }

  /** Those that a query of Mailpit lets through. */
  async search(query: string): Promise<readonly BoxedLetter[]> {
    const test = mailpitQuery(query)
    const fitting: BoxedLetter[] = []
    for (const letter of (await this.letters()).slice(0, searched)) {
      if (test(searchedText(await this.message(letter), letter))) fitting.push(letter)
    }
    return fitting
  }

  /** @throws WaybillError `not-found` */
  async letter(id: string): Promise<BoxedLetter> {
    const letters = await this.letters()
    const found = id === 'latest' ? letters[0] : letters.find((one) => one.id === id)
    if (found === undefined) throw new WaybillError('not-found', 'message not found')
    return found
  }

  /** A letter's octets. */
  octets({ archive, rows: [row], id }: BoxedLetter): Promise<Uint8Array> {
    return readKept(archive.reads, row.messageId, id)
  }

  /** A letter as Mailpit shows it. */
  async message(letter: BoxedLetter): Promise<MailpitMessage> {
    const known = this.#read.get(letter.id)
    if (known !== undefined) return known
    const { archive, rows, id } = letter
    const found = await archive.reads.journeys.find(id)
    const journey = found.type === 'found' ? found.journey : undefined
    const message = readMailpitMessage(await this.octets(letter), {
      mailFrom: journey?.mailFrom ?? '',
      rcptTo: journey?.rcptTo ?? rows.map(({ account }) => account),
      receivedAt: rows[0].receivedAt,
    })
    if (message.Size < 100_000) this.#read.set(id, message)
    return message
  }
}

/** Whether somebody has read it. */
export function isRead({ rows }: BoxedLetter): boolean {
  return rows.every(({ flags }) => flags.includes('\\Seen'))
}

function searchedText(message: MailpitMessage, letter: BoxedLetter): Searched {
  const { From, To, Cc, Bcc, ReplyTo, Subject, MessageID, Text, HTML, Attachments } = message
  const text = (list: readonly { readonly Name: string; readonly Address: string }[]): string => {
    return list.map(({ Name, Address }) => `${Name} ${Address}`).join(' ')
  }
  return {
    from: text([From]),
    to: text(To),
    cc: text(Cc),
    bcc: text(Bcc),
    replyTo: text(ReplyTo),
    subject: Subject,
    messageId: MessageID,
    text: `${Text}\n${HTML}`,
    read: isRead(letter),
    attachments: Attachments.length,
  }
}
