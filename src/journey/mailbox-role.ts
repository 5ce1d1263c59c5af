/** What a mailbox is for. Code knows mailboxes by this and never by a name. */
export type MailboxRole = 'inbox' | 'junk'

/** The names that people see, and that records and JSON have. The one place that gives them. */
const names: Readonly<Record<MailboxRole, string>> = { inbox: 'Inbox', junk: 'Junk' }

/** Every role, in the order in which people expect the mailboxes. */
export const mailboxRoles: readonly MailboxRole[] = ['inbox', 'junk']

/** The name of the mailbox for people: `Inbox`. */
export function mailboxName(role: MailboxRole): string {
  return names[role]
}

/** The role of the mailbox with this name, in any case; `undefined` for another mailbox. */
export function roleNamed(name: string): MailboxRole | undefined {
  return mailboxRoles.find((role) => names[role].toLowerCase() === name.toLowerCase())
}

/** Whether a text is a role, as the store writes it. */
export function isMailboxRole(text: unknown): text is MailboxRole {
  return mailboxRoles.some((role) => role === text)
}
