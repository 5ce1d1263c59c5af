import { matchesHost } from '../address/host-pattern.ts'
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
 * Whether the name of an MX host is one that the pattern allows. RFC 8461 §4.1.
 *
 * @param pattern as `readMxPattern` gives it
 * @param mxHost  the exchange of the MX record, not the name behind an alias
 */
export function matchesMx(pattern: string, mxHost: string): boolean {
  return matchesHost(pattern, mxHost)
}
