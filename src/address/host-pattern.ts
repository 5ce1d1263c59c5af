import { parseDomain } from './domain.ts'

/**
 * Whether a host is one that the pattern allows: the same name, or `*.` and its parent. `*` stands for
 * exactly one label, the leftmost. Case and a dot at the end make no difference, U-labels and A-labels
 * are the same. RFC 6125 §6.4.3, RFC 8461 §4.1: certificates and policies are read alike.
 */
export function matchesHost(pattern: string, host: string): boolean {
  // What is no domain name is no host either: neither an empty label nor the root of a null MX can
  // stand where the asterisk is.
  const name = parseDomain(host)
  if (name === undefined) return false
  const isWildcard = pattern.startsWith('*.')
  const domain = parseDomain(isWildcard ? pattern.slice(2) : pattern)
  if (domain === undefined) return false
  return domain === (isWildcard ? parentOf(name) : name)
}

function parentOf(host: string): string | undefined {
  const dot = host.indexOf('.')
  return dot < 0 ? undefined : host.slice(dot + 1)
}
