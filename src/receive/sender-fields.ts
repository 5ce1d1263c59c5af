import { type ListedMailbox, parseAddressList } from '../message/address-list.ts'
import { type HeaderField, unfoldedValue } from '../message/field.ts'

/** A mailbox that a header names as the one who wrote or sent the message. */
export interface NamedSender {
  /** As people know the field. */
  readonly field: 'From' | 'Sender' | 'Resent-From' | 'Resent-Sender'
  readonly mailbox: ListedMailbox
}

const names: ReadonlyMap<string, NamedSender['field']> = new Map([
  ['from', 'From'],
  ['sender', 'Sender'],
  ['resent-from', 'Resent-From'],
  ['resent-sender', 'Resent-Sender'],
] as const)

/**
 * Everybody in whose name a header is sent: authors, the agent who sends for them (RFC 5322 §3.6.2),
 * and whoever sends it again (§3.6.6). A field that stands twice counts twice, because nobody knows
 * which of them a reader is shown.
 *
 * Of several times that a message was sent again only the last one is named: every time puts its
 * Resent fields on top, and those below are the history of the message.
 */
export function namedSenders(fields: readonly HeaderField[]): readonly NamedSender[] {
  const resent = new Set(lastResent(fields))
  return fields.flatMap((one) => {
    const field = names.get(one.name)
    if (field === undefined || (isResent(one) && !resent.has(one))) return []
    const { mailboxes } = parseAddressList(unfoldedValue(one))
    return mailboxes.map((mailbox) => ({ field, mailbox }))
  })
}

function isResent({ name }: HeaderField): boolean {
  return name.startsWith('resent-')
}

/**
 * The Resent fields on top. One time of sending again has each of them once (RFC 5322 §3.6.6), and
 * the servers that it then passes put their Received on top of them.
 */
function lastResent(fields: readonly HeaderField[]): readonly HeaderField[] {
  const found = new Map<string, HeaderField>()
  for (const field of fields) {
    if (field.name === 'received' && found.size > 0) break
    if (!isResent(field)) continue
    if (found.has(field.name)) break
    found.set(field.name, field)
  }
  return [...found.values()]
}
