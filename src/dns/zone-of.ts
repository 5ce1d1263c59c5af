/**
 * The zone that a name is counted for: whose servers are silent when it gets no answer. DNS itself
 * does not tell a stub resolver where zones begin, so this is the domain that somebody registered, or
 * the network of a reverse name. Names beside it are neighbours and not to be blamed.
 *
 * @param registrable the registrable domain of a domain name, from a list of public suffixes; without
 * one it is the last two labels
 */
export function zoneOf(
  name: string,
  registrable: (domain: string) => string | undefined = () => undefined,
): string {
  const labels = name.split('.')
  if (labels.at(-1) === 'arpa') {
    // A /24 of IPv4, a /64 of IPv6.
    return labels.slice(labels.at(-2) === 'ip6' ? -18 : -5).join('.')
  }
  // `_dmarc.north.example`: a list of public suffixes knows domains alone.
  const domain = labels.slice(labels.findLastIndex((label) => label.includes('_')) + 1).join('.')
  return registrable(domain) ?? labels.slice(-2).join('.')
}
