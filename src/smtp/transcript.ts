/** Lines as they go into the record: readable, bounded, and without passwords. */
import { displayUtf8 } from '../base/octets.ts'
import type { ReadLine } from '../wire/octet-queue.ts'

/** What stands in the record for a secret. */
export const hidden = '(hidden)'

const maxLength = 500

/** Text with what cannot be printed as `\x00`, cut at 500 characters. */
export function printable(text: string): string {
  const shown = text.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown
}

/** Commands whose arguments are no secrets, whatever stands in them. */
const plainVerbs = /^(?:MAIL|RCPT|EHLO|HELO|DATA|BDAT|RSET|QUIT|STARTTLS)(?![A-Z0-9+/=])/i

/** Commands with free text. Once a password may come, it may be this text. */
const textVerbs = /^(VRFY|EXPN|HELP|NOOP)(?![A-Z0-9+/=])(?:\s+(?=\S))?/i

const mechanism =
  /^[\s=:]*(PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|GSSAPI|NTLM|EXTERNAL|ANONYMOUS|XOAUTH2|OAUTHBEARER|SCRAM-SHA-(?:1|256|512)(?:-PLUS)?)(?![A-Z0-9+/=-])/i

/** AUTH that is misspelled or said in another protocol: a mechanism, and something behind it. */
const secretBehind =
  /^((?:\S{1,12}\s+)?(?:PLAIN|LOGIN|CRAM-MD5|NTLM|XOAUTH2|OAUTHBEARER)|USER|PASS)\s+\S/i

/** Whether a line may belong to a login, so that the lines after it may be the rest of it. */
export function mayBeLogin(line: Uint8Array): boolean {
  const text = displayUtf8(line)
  if (plainVerbs.test(text) || textVerbs.test(text)) return false
  return /auth/i.test(text) || secretBehind.test(text)
}

/**
 * A command line of a client. What follows `AUTH` is hidden wherever it stands, but for the name of
 * a mechanism, because clients send their password also where and when AUTH is not to be had.
 *
 * @param secretsMayCome a login was tried before: what is no command may be the rest of it
 */
export function commandForRecord(line: Uint8Array, secretsMayCome: boolean): string {
  const text = displayUtf8(line)
  if (plainVerbs.test(text)) return printable(text)
  const free = textVerbs.exec(text)
  if (free !== null) {
    const secret = secretsMayCome && text.length > free[0].length
    return secret ? `${free[1] ?? ''} ${hidden}` : printable(text)
  }
  const auth = /^[^]*?auth/i.exec(text)?.[0]
  if (auth !== undefined) {
    const rest = text.slice(auth.length)
    const name = mechanism.exec(rest)
    const start = name === null ? auth : `${auth} ${name[1] ?? ''}`
    const more = rest.slice(name?.[0].length ?? 0).trim() !== ''
    return more ? `${printable(start)} ${hidden}` : printable(start)
  }
  const behind = secretBehind.exec(text)
  if (behind !== null) return `${printable(behind[1] ?? '')} ${hidden}`
  return secretsMayCome ? hidden : printable(text)
}

/** A line of a client that is no line. */
export function brokenLineForRecord(
  line: Exclude<ReadLine, { readonly type: 'line' }>,
  secretsMayCome: boolean,
): string {
  switch (line.type) {
    case 'bareNewline':
      return commandForRecord(line.octets, secretsMayCome)
    case 'tooLong':
      return '(a line that is too long)'
    case 'endless':
      return '(a line without end)'
  }
}
