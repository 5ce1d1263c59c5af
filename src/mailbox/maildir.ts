import { type LineEnding, withLineEnding } from './line-endings.ts'

/** Flags of a message, as Maildir spells them: the letters behind `:2,`. */
export interface MaildirFlags {
  readonly draft?: boolean
  readonly flagged?: boolean
  readonly passed?: boolean
  readonly replied?: boolean
  readonly seen?: boolean
  readonly trashed?: boolean
}

/** Where a message goes in a Maildir, and under which name. */
export interface MaildirPlace {
  /** `new` as long as no program has seen the message, else `cur`. */
  readonly folder: 'new' | 'cur'
  readonly name: string
}

/**
 * Names a message: `1795454947.M123Uid.host,W=5120:2,S`.
 *
 * The first part is the time, the second the milliseconds and what makes it unique, the third the
 * host; then `W=`, the size with CRLF line ends, which is the size that IMAP speaks of. The same
 * message is given the same name each time, so that an export can be repeated into the same place.
 *
 * @param input.unique what no other message of this account and second has: its id
 * @see https://cr.yp.to/proto/maildir.html
 */
export function maildirPlace(input: {
  readonly receivedAt: number
  readonly unique: string
  readonly host: string
  readonly size?: number
  readonly flags?: MaildirFlags
}): MaildirPlace {
  const seconds = Math.floor(input.receivedAt / 1000)
  const millis = String(input.receivedAt - seconds * 1000).padStart(3, '0')
  const unique = input.unique.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  const size = input.size === undefined ? '' : `,W=${input.size}`
  const base = `${seconds}.M${millis}${unique}.${safeHost(input.host)}${size}`
  const letters = flagLetters(input.flags ?? {})
  return letters === ''
    ? { folder: 'new', name: base }
    : { folder: 'cur', name: `${base}:2,${letters}` }
}

/**
 * The folder of a mailbox in the Maildir++ layout: the inbox is the Maildir itself (`''`), another
 * one is a folder `.Name` in it. `/` and `.` are parts of paths there and become `_`, like all
 * characters that a file system or a terminal could trip over.
 */
export function maildirFolder(mailbox: string): string {
  if (mailbox.toLowerCase() === 'inbox') return ''
  const name = Array.from(mailbox.toWellFormed().normalize('NFC'))
    .slice(0, 60)
    .join('')
    .replace(/[^\p{L}\p{M}\p{N} _-]/gu, '_')
  return `.${name === '' ? '_' : name}`
}

/** The octets of a message for a Maildir file; see `LineEnding` for the choice. */
export function formatMaildir(
  chunks: AsyncIterable<Uint8Array>,
  lineEnding: LineEnding = 'lf',
): AsyncIterable<Uint8Array> {
  return withLineEnding(chunks, lineEnding)
}

/** The letters stand in the order of the alphabet. */
function flagLetters(flags: MaildirFlags): string {
  return [
    flags.draft === true ? 'D' : '',
    flags.flagged === true ? 'F' : '',
    flags.passed === true ? 'P' : '',
    flags.replied === true ? 'R' : '',
    flags.seen === true ? 'S' : '',
    flags.trashed === true ? 'T' : '',
  ].join('')
}

/** `/` and `:` cannot stand in a name: they are written `\057` and `\072`. */
function safeHost(host: string): string {
  const clean = host.slice(0, 100).replace(/[^A-Za-z0-9._:/-]/g, '_')
  return clean.replaceAll('/', '\\057').replaceAll(':', '\\072')
}
