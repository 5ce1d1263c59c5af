import { isWithin } from '../address/domain.ts'
import { normalizeName, type Resolver } from '../dns/resolver.ts'

/**
 * A resolver that asks for some names alone. Of all others it says honestly that nobody has asked,
 * and not that they do not exist.
 */
export function onlyFor(isKnown: (name: string) => boolean, resolver: Resolver): Resolver {
  return {
    resolve: (name, type, client) =>
      isKnown(normalizeName(name))
        ? resolver.resolve(name, type, client)
        : Promise.resolve({ type: 'failed', reason: 'not-asked' }),
  }
}

/**
 * Whether a name belongs to one of these domains, or stands above one: who walks up from a domain
 * (RFC 9989 §4.10) must find there that nothing is published.
 */
export function belongsTo(domains: readonly string[]): (name: string) => boolean {
  return (name) => {
    const bare = name.replace(/^_dmarc\./, '')
    return domains.some((domain) => isWithin(name, domain) || isWithin(domain, bare))
  }
}

/** Asks for nothing at all. */
export const nothingLookedUp: Resolver = {
  resolve: () => Promise.resolve({ type: 'failed', reason: 'not-asked' }),
}
