import type { MailboxPort, MailPlace } from '../store/ports/mailboxes.ts'
import { member, notMeant, type Operation } from './act.ts'

/** Messages in mailboxes that somebody wants gone. */
export interface DeletedMail {
  readonly items: readonly MailPlace[]
  /** The ids of the messages, for the audit. */
  readonly ids: readonly string[]
}

/** What the desk needs for mailboxes. */
export interface MailPart {
  readonly mail: {
    readonly mailboxes: Pick<MailboxPort, 'remove'>
    readonly now: () => number
  }
}

/** How many messages are named at one go. */
export const messagesAtOnce = 500

/** `waybill mail delete`. */
export const mailDelete: Operation<MailPart, DeletedMail, number> = {
  name: 'mail delete',
  read(input) {
    const [items, ids] = [member(input, 'items'), member(input, 'ids')]
    if (!Array.isArray(items)) throw notMeant('mail delete', '"items", a list of places')
    return { items: items.map(placeOf), ids: Array.isArray(ids) ? ids.map(String) : [] }
  },
  run: ({ mail }, { items }) => mail.mailboxes.remove({ items, at: mail.now() }),
  tell({ items, ids }, messages) {
    const accounts = Array.from(new Set(items.map(({ account }) => account)))
    return messages === 0 ? undefined : { accounts, messages, ids }
  },
}

function placeOf(item: unknown): MailPlace {
  const [account, mailbox, uid] = ['account', 'mailbox', 'uid'].map((name) => member(item, name))
  if (typeof account === 'string' && typeof mailbox === 'string' && typeof uid === 'number') {
    return { account, mailbox, uid }
  }
  throw notMeant('mail delete', 'an "account", a "mailbox" and a "uid" of each message')
}
