import { type Result, bad, ok } from '../base/result.ts'
import { type AddressLiteral, parseAddressLiteral } from './address-literal.ts'
import { type Domain, parseDomain } from './domain.ts'

/**
 * What an address has that RFC 5321 does not allow and real mail has: more than 64 octets before the
 * `@` (§4.5.3.1.1), dots that part nothing (§4.1.2), an underscore in the domain, a dot at its end.
 * None of them leaves open which mailbox is meant.
 */
export type AddressRemark = 'long-local-part' | 'odd-dots' | 'underscore' | 'trailing-dot'

/** The same of a path as MAIL and RCPT have it: also how it stands in the command (§3.3, §4.1.2). */
export type PathRemark = AddressRemark | 'space-before-path' | 'no-brackets'

const problems: Readonly<Record<PathRemark, string>> = {
  'long-local-part': 'the local part is longer than 64 octets',
  'odd-dots': 'a dot of the local part has nothing before or behind it',
  underscore: 'the domain has an underscore',
  'trailing-dot': 'the domain ends with a dot',
  'space-before-path': 'a space stands before the address',
  'no-brackets': 'the address stands without angle brackets',
}

/** The remark as a sentence without its full stop, for whoever holds to the letter of RFC 5321. */
export function remarkText(remark: PathRemark): string {
  return problems[remark]
}

/**
 * Octets a local part may have on the wire, quotes and backslashes counted (RFC 5321 §4.5.3.1.1).
 * Longer ones are remarked on and read, as far as the path has room for them.
 */
const maxLocalPartOctets = 64

/** A local part as read: its meaning (no quotes), and where the text after it starts. */
export interface ReadLocalPart {
  readonly value: string
  readonly end: number
  readonly remarks: readonly AddressRemark[]
}

// RFC 5322 §3.2.3 atext, and UTF8-non-ascii of RFC 6531 §3.3.
const atoms = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u0080-\uffff]+/y
const dotString =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+)*$/
const quotedText = /[\x20-\x21\x23-\x5b\x5d-\x7e\u0080-\uffff]+/y

/** Reads `Dot-string`, with dots anywhere, or `Quoted-string` at `at`. RFC 5321 §4.1.2. */
export function readLocalPart(text: string, at: number): Result<ReadLocalPart> {
  const read = text[at] === '"' ? readQuoted(text, at) : readDotString(text, at)
  if (!read.ok) return read
  if (utf8Length(text, at, read.value.end) <= maxLocalPartOctets) return read
  return ok({ ...read.value, remarks: [...read.value.remarks, 'long-local-part'] })
}

/** The wire form with the least quoting. RFC 5321 §4.1.2. */
export function formatLocalPart(value: string): string {
  return dotString.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** Octets of `text[start, end)` in UTF-8. */
export function utf8Length(text: string, start = 0, end: number = text.length): number {
  let octets = 0
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    // A surrogate pair is four octets: two for each half.
    octets += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
  }
  return octets
}

function readDotString(text: string, start: number): Result<ReadLocalPart> {
  atoms.lastIndex = start
  const end = atoms.test(text) ? atoms.lastIndex : start
  if (end < text.length && text[end] !== '@') {
    return bad('a character of the local part is only allowed in quotes')
  }
  if (end === start) return bad('the local part is empty')
  const value = text.slice(start, end)
  return ok({ value, end, remarks: dotString.test(value) ? [] : ['odd-dots'] })
}

function readQuoted(text: string, start: number): Result<ReadLocalPart> {
  let value = ''
  let at = start + 1
  while (at < text.length) {
    quotedText.lastIndex = at
    if (quotedText.test(text)) {
      value += text.slice(at, quotedText.lastIndex)
      at = quotedText.lastIndex
    } else if (text[at] === '"') {
      return ok({ value, end: at + 1, remarks: [] })
    } else if (text[at] === '\\' && at + 1 < text.length && isPrintable(text.charCodeAt(at + 1))) {
      value += text.charAt(at + 1)
      at += 2
    } else {
      return bad('a character in the quoted local part is not allowed')
    }
  }
  return bad('the quoted local part has no end')
}

/** quoted-pairSMTP takes printable ASCII only, with SMTPUTF8 too. RFC 5321 §4.1.2. */
function isPrintable(code: number): boolean {
  return code >= 0x20 && code <= 0x7e
}

/** What may stand after the `@`: a domain in A-labels and lower case, or an address literal. */
export type MailDomain = Domain | AddressLiteral

/** An address of a person or program. `formatMailbox` gives its text. */
export interface Mailbox {
  /** The meaning, without quotes and backslashes, case kept. Unicode when the address is. */
  readonly localPart: string
  readonly domain: MailDomain
}

/** Octets of a mailbox: a path of 256 (RFC 5321 §4.5.3.1.3) without its two brackets. */
const maxMailboxOctets = 254

// RFC 5321 §4.1.2: sub-domain = Let-dig [Ldh-str]. Of what `parseDomain` lets through, it is the
// underscore alone that this does not have.
const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** An address that was read, and where it goes beyond RFC 5321. */
export interface ReadMailbox {
  readonly mailbox: Mailbox
  /** Empty for an address by the letter of RFC 5321. */
  readonly remarks: readonly AddressRemark[]
}

/** Reads `local-part@domain`, without brackets; see `readMailbox` for what is taken. */
export function parseMailbox(text: string): Result<Mailbox> {
  const read = readMailbox(text)
  return read.ok ? ok(read.value.mailbox) : read
}

/**
 * Reads `local-part@domain`, without brackets. RFC 5321 §4.1.2, RFC 6531 §3.3. What real mail has
 * beyond them is read and remarked on; what could be read in two ways is refused, and so is every
 * control character.
 */
export function readMailbox(text: string): Result<ReadMailbox> {
  if (utf8Length(text) > maxMailboxOctets) return bad('the address is longer than 254 octets')
  if (!text.isWellFormed()) return bad('the address is not Unicode text')
  const local = readLocalPart(text, 0)
  if (!local.ok) return local
  if (text[local.value.end] !== '@') return bad(afterLocalPart(text, local.value.end))
  const domain = readMailDomain(text.slice(local.value.end + 1))
  if (!domain.ok) return domain
  const mailbox = { localPart: local.value.value, domain: domain.value.domain }
  // Quotes and A-labels may need more room than what was given, and it is sent with them.
  if (utf8Length(formatMailbox(mailbox)) > maxMailboxOctets) {
    return bad('the address is longer than 254 octets')
  }
  return ok({ mailbox, remarks: [...local.value.remarks, ...domain.value.remarks] })
}

/** A domain that was read, and where it goes beyond RFC 5321. */
export interface ReadMailDomain {
  readonly domain: MailDomain
  readonly remarks: readonly AddressRemark[]
}

/**
 * Reads a domain (U-labels become A-labels) or an address literal by the letter of RFC 5321 §4.1.2
 * and §4.1.3: no underscore, no dot at the end.
 */
export function parseMailDomain(text: string): Result<MailDomain> {
  const read = readMailDomain(text)
  if (!read.ok) return read
  const [remark] = read.value.remarks
  return remark === undefined ? ok(read.value.domain) : bad(remarkText(remark))
}

/** Reads what follows an `@`: a domain (U-labels become A-labels) or an address literal. */
export function readMailDomain(text: string): Result<ReadMailDomain> {
  if (text === '') return bad('the domain is empty')
  if (text.startsWith('[')) {
    const literal = parseAddressLiteral(text)
    if (literal === undefined) return bad('the address literal is not valid')
    return ok({ domain: literal, remarks: [] })
  }
  const domain = parseDomain(text)
  if (domain === undefined) return bad('the domain is not a valid name')
  const remarks: AddressRemark[] = hostName.test(domain) ? [] : ['underscore']
  return ok({ domain, remarks: text.endsWith('.') ? [...remarks, 'trailing-dot'] : remarks })
}

/** The text on the wire, with the least quoting. Not ASCII only when the local part is not. */
export function formatMailbox(mailbox: Mailbox): string {
  return `${formatLocalPart(mailbox.localPart)}@${mailbox.domain}`
}

function afterLocalPart(text: string, at: number): string {
  if (at >= text.length) return 'the address has no @ and domain'
  return 'a character of the local part is only allowed in quotes'
}

/**
 * How a local part of ours compares: without case, and in one form of Unicode, because nobody sees
 * whether an accent was typed as a letter of its own (NFC, RFC 6530 §10.1).
 */
export function foldLocalPart(localPart: string): string {
  return localPart.normalize('NFC').toLowerCase().normalize('NFC')
}

/**
 * What stands behind the last `@` of an address in text, as it is written there: for one that is
 * known to be an address. The whole text when there is no `@`.
 */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
