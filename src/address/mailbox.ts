import { bad, ok, type Result } from '../base/result.ts'
import { type AddressLiteral, isAddressLiteral, parseAddressLiteral } from './address-literal.ts'
import { type Domain, parseDomain } from './domain.ts'
import { formatLocalPart, readLocalPart, utf8Length } from './local-part.ts'

/** What may stand after the `@`: a domain in A-labels and lower case, or an address literal. */
export type MailDomain = Domain | AddressLiteral

/** An address of a person or program. `formatMailbox` gives its text. */
export interface Mailbox {
  /** The meaning, without quotes and backslashes, case kept. Unicode when the address is. */
  readonly localPart: string
  readonly domain: MailDomain
}

/** Octets of a mailbox: a path of 256 (RFC 5321 §4.5.3.1.3) without its two brackets. */
export const maxMailboxOctets = 254

// RFC 5321 §4.1.2: sub-domain = Let-dig [Ldh-str]. No underscore, no trailing dot.
const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** Reads `local-part@domain`, without brackets. RFC 5321 §4.1.2, RFC 6531 §3.3. */
export function parseMailbox(text: string): Result<Mailbox> {
  if (utf8Length(text) > maxMailboxOctets) return bad('the address is longer than 254 octets')
  if (!text.isWellFormed()) return bad('the address is not Unicode text')
  const local = readLocalPart(text, 0)
  if (!local.ok) return local
  if (text[local.value.end] !== '@') return bad(afterLocalPart(text, local.value.end))
  const domain = parseMailDomain(text.slice(local.value.end + 1))
  if (!domain.ok) return domain
  return ok({ localPart: local.value.value, domain: domain.value })
}

/**
 * Reads what follows an `@`: a domain (U-labels become A-labels) or an address literal.
 * RFC 5321 §4.1.2, §4.1.3.
 */
export function parseMailDomain(text: string): Result<MailDomain> {
  if (text === '') return bad('the domain is empty')
  if (text.startsWith('[')) {
    const literal = parseAddressLiteral(text)
    return literal === undefined ? bad('the address literal is not valid') : ok(literal)
  }
  if (text.endsWith('.')) return bad('the domain ends with a dot')
  const domain = parseDomain(text)
  if (domain === undefined || !hostName.test(domain)) return bad('the domain is not a valid name')
  return ok(domain)
}

/** The text on the wire, with the least quoting. Not ASCII only when the local part is not. */
export function formatMailbox(mailbox: Mailbox): string {
  return `${formatLocalPart(mailbox.localPart)}@${mailbox.domain}`
}

/**
 * Whether both name the same mailbox for sure: the domains agree, and the local parts agree to the
 * letter. Only the receiving host may see more local parts as equal (RFC 5321 §2.4).
 */
export function sameMailbox(a: Mailbox, b: Mailbox): boolean {
  return a.localPart === b.localPart && a.domain === b.domain
}

/** The domain as a name to ask DNS for; `undefined` for an address literal. */
export function domainName(domain: MailDomain): Domain | undefined {
  return isAddressLiteral(domain) ? undefined : domain
}

function afterLocalPart(text: string, at: number): string {
  if (at >= text.length) return 'the address has no @ and domain'
  return 'a character of the local part is only allowed in quotes'
}

/**
 * What stands behind the last `@` of an address in text, as it is written there: for one that is
 * known to be an address. The whole text when there is no `@`.
 */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
