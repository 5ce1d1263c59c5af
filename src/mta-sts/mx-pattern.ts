import { parseDomain } from '../address/domain.ts'
import { parseMailDomain } from '../address/mailbox.ts'
import { isAscii } from '../base/octets.ts'

/**
 * Reads the value of an `mx` field: a host, or `*.` and a domain. Lower case; `undefined` when it is
 * neither. RFC 8461 §3.2: sts-policy-mx-value, whose Domain is that of RFC 5321 §4.1.2, so there is
 * no dot at its end; names in other scripts are written as A-labels.
 */
export function readMxPattern(text: string): string | undefined {
  const wildcard = text.startsWith('*.') ? '*.' : ''
  const name = text.slice(wildcard.length)
  if (!isAscii(name) || name.startsWith('[')) return undefined
  const domain = parseMailDomain(name)
  return domain.ok ? `${wildcard}${domain.value}` : undefined
}

/**
 * Whether the name of an MX host is one that the pattern allows. `*` stands for exactly one label,
 * the leftmost. Case and a dot at the end make no difference, U-labels and A-labels are the same.
 * RFC 8461 §4.1.
 *
 * @param pattern as `readMxPattern` gives it
 * @param mxHost  the exchange of the MX record, not the name behind an alias
 */
export function matchesMx(pattern: string, mxHost: string): boolean {
  // What is no domain name is no host either: neither an empty label nor the root of a null MX can
  // stand where the asterisk is.
  const host = parseDomain(mxHost)
  if (host === undefined) return false
  const isWildcard = pattern.startsWith('*.')
  const domain = parseDomain(isWildcard ? pattern.slice(2) : pattern)
  if (domain === undefined) return false
  return domain === (isWildcard ? parentOf(host) : host)
}

function parentOf(host: string): string | undefined {
  const dot = host.indexOf('.')
  return dot < 0 ? undefined : host.slice(dot + 1)
}
