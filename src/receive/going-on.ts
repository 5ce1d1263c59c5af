import type { MailboxRole } from '../journey/recipients.ts'
import type { MailRecipient } from '../post/placing.ts'
import type { DsnRequest } from '../store/ports/post.ts'

/*
 * What a letter of a stranger needs that goes on to the server which keeps the mailboxes of a domain
 * of ours.
 */

/**
 * What its sender may be told of what fails later. RFC 5321 §6.1: a report must not reach somebody who
 * has sent nothing; only where SPF vouches for the sender is it the sender who gets it.
 */
export function reportsFor(spf: { readonly result: string }): DsnRequest {
  return spf.result === 'pass' ? {} : { notify: ['never'], unproven: true }
}

/** A field for who cannot be told which mailbox to file it in, but by the letter; empty else. */
export function spamFlag(recipients: readonly MailRecipient[], role: MailboxRole): string {
  const goesOn = recipients.some(({ to }) => {
    return to.type === 'remote' || to.accounts.some(({ handedOn }) => handedOn === true)
  })
  return role === 'junk' && goesOn ? 'X-Spam-Flag: YES\r\n' : ''
}
