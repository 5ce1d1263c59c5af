import { getDomain } from 'tldts'
import { parseDomain } from '../address/domain.ts'
import type { PublicSuffixList } from '../dmarc/dmarc.ts'
import { zoneOf } from '../dns/resolver.ts'

/**
 * The ICANN section of the public suffix list, as the package `tldts` carries it. Of DMARC only the
 * reading of RFC 7489 rests on it, which decides nothing. The PRIVATE section is left out: its names belong to
 * organizations that publish DMARC records for all below them.
 *
 * The list is part of the program, so a replay by the same program gives the same reading.
 */
export const publicSuffixes: PublicSuffixList = {
  registrableDomain: (domain) => {
    const name = parseDomain(domain)
    return name === undefined ? undefined : (getDomain(name, options) ?? undefined)
  },
}

/**
 * The part of a DNS name that one holder has, by both sections of the list: below a name of the PRIVATE
 * section (`github.io`) each label is somebody else's. A public suffix stands for itself.
 *
 * @returns `undefined` for what is no name
 */
export function heldName(name: string): string | undefined {
  const domain = parseDomain(name)
  if (domain === undefined) return undefined
  return getDomain(domain, { ...options, allowPrivateDomains: true }) ?? domain
}

/** The zone that a DNS name is counted for, by this list. */
export function zoneOfName(name: string): string {
  return zoneOf(name, (domain) => publicSuffixes.registrableDomain(domain))
}

/** `parseDomain` has seen that it is a name: nothing of a URL, an address or a port is looked for. */
const options = {
  allowPrivateDomains: false,
  extractHostname: false,
  validateHostname: false,
  mixedInputs: false,
  detectIp: false,
} as const
