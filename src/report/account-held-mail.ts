import { encodeUtf8 } from '../base/octets.ts'
import { formatDate } from '../message/date.ts'
import { formatField } from '../message/field.ts'

/** What the postmaster is told when an account is held. */
export interface AccountHeldMail {
  /** Of this server. */
  readonly hostname: string
  /** The postmaster, who is its author too. */
  readonly postmaster: string
  readonly account: string
  /** With the figures: `sent 1,240 in the last hour; usually at most 40`. */
  readonly why: string
  /** After it was released nothing holds it for so long. */
  readonly releaseHours: number
  /** With its angle brackets. */
  readonly messageId: string
  /** Unix milliseconds. */
  readonly now: number
}

/** Writes the mail that says that an account is held, why, and what to do. */
export function writeAccountHeldMail(mail: AccountHeldMail): Uint8Array {
  const { hostname, postmaster, account, why, releaseHours, messageId, now } = mail
  return encodeUtf8(
    [
      formatField('From', `Waybill at ${hostname} <${postmaster}>`),
      formatField('To', `<${postmaster}>`),
      formatField('Subject', `Held: what ${account} sends`),
      formatField('Date', formatDate(now)),
      formatField('Message-ID', messageId),
      // RFC 3834 §5: no program shall answer it.
      formatField('Auto-Submitted', 'auto-generated'),
      formatField('MIME-Version', '1.0'),
      formatField('Content-Type', 'text/plain; charset=utf-8'),
      '\r\n',
      `${account} ${why} (recipients at other servers).\r\n`,
      '\r\n',
      'What it sends to other servers is held from now on: it is taken as before and\r\n',
      'waits. Nothing is lost.\r\n',
      '\r\n',
      'Somebody may have its password. To look at what waits, and to change it:\r\n',
      '\r\n',
      `  waybill queue list 'account:"${account}"'\r\n`,
      `  waybill account password ${account}\r\n`,
      '\r\n',
      'To give up what a stranger wrote, and to let go on what is right:\r\n',
      '\r\n',
      `  waybill queue drop 'account:"${account}"' --dry-run\r\n`,
      `  waybill account release '${account}'\r\n`,
      '\r\n',
      `After that nothing holds it for ${releaseHours} hours ([account_rate] release_hours).\r\n`,
    ].join(''),
  )
}
