/** Who is checked: the <sender> and <domain> of check_host() from the SMTP dialogue. */
import { parseDomain } from '../address/domain.ts'
import { parseIp } from '../base/ip.ts'
import { isAscii } from '../base/octets.ts'
import { isQueryableName } from '../dns/resolver.ts'
import type { SpfIdentity } from './verdict.ts'

/** What the SMTP dialogue says, and which part of it is to be checked. */
export interface ClaimedIdentity {
  readonly helo: string
  readonly mailFrom: string
  readonly identity?: SpfIdentity
}

/** Read by `readIdentity`. */
export interface Identity {
  readonly identity: SpfIdentity
  readonly localPart: string
  /** The domain of the sender as it was written, without a trailing dot; A-labels for U-labels. */
  readonly senderDomain: string
  /** `senderDomain` in lower case when it is a name to ask for. */
  readonly domain: string | undefined
}

/** What is longer is no local-part, and macros that repeat it must not grow without bound. */
const maxLocalPart = 1024

/**
 * The identity to check: MAIL FROM, or HELO when that is asked for or when the reverse-path is empty
 * (RFC 7208 §2.4). A missing local-part is `postmaster` (§4.3).
 */
export function readIdentity({ helo, mailFrom, identity }: ClaimedIdentity): Identity {
  const checksHelo = identity === 'helo' || mailFrom === ''
  const text = checksHelo ? helo : mailFrom
  // A quoted local-part may have "@" in it: the domain follows the last one.
  const at = checksHelo ? -1 : text.lastIndexOf('@')
  const written = text.slice(at + 1)
  const undotted = written.endsWith('.') ? written.slice(0, -1) : written
  const domain = mailDomain(undotted)
  return {
    identity: checksHelo ? 'helo' : 'mailfrom',
    localPart: at > 0 ? text.slice(0, Math.min(at, maxLocalPart)) : 'postmaster',
    senderDomain: domain === undefined || isAscii(undotted) ? undotted : domain,
    domain,
  }
}

/**
 * A domain of mail: more than one label, all of a length that DNS takes (RFC 7208 §4.3). Address
 * literals are none, and neither are bare IPv4 addresses, which clients like to greet with.
 */
function mailDomain(text: string): string | undefined {
  if (!text.includes('.') || text.endsWith('.') || text.length > 1024) return undefined
  const domain = parseDomain(text) ?? looseDomain(text)
  if (domain === undefined || !domain.includes('.')) return undefined
  return parseIp(domain) === undefined ? domain : undefined
}

/** Labels that begin or end with a hyphen: no host names, yet names that are asked for and exist. */
function looseDomain(text: string): string | undefined {
  return /^[A-Za-z0-9_.-]+$/.test(text) && isQueryableName(text) ? text.toLowerCase() : undefined
}
