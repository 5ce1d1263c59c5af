/** Who refused an address of ours. */
export interface Refuser {
  /** The domain that somebody registered, of the host that said so: `north.example`. */
  readonly organization: string
  /** Of the host's address: `192.0.2.0/24`, `2001:db8::/48`. */
  readonly network: string
}

/** Domains and networks that are said to stand behind all that was seen. */
interface Blame {
  readonly organizations: readonly string[]
  readonly networks: readonly string[]
}

/**
 * The first of these with which so many of them are independent: no two of those in one domain, and no
 * two in one network. `undefined`: they are never as many.
 *
 * So many cannot be found as long as one domain or network fewer accounts for all of them (König's
 * theorem, for the graph of domains and networks). So each way to account for them is followed: at
 * most 2 to the power of `wanted` - 1, in one pass.
 */
export function independentWith<T extends Refuser>(
  refusers: Iterable<T>,
  wanted: number,
): T | undefined {
  let ways: readonly Blame[] = [{ organizations: [], networks: [] }]
  for (const one of refusers) {
    ways = ways.flatMap((way) => accountingFor(one, way, wanted - 1))
    if (ways.length === 0) return one
  }
  return undefined
}

function accountingFor(one: Refuser, way: Blame, most: number): readonly Blame[] {
  const { organization, network } = one
  const { organizations, networks } = way
  if (organizations.includes(organization) || networks.includes(network)) return [way]
  if (organizations.length + networks.length >= most) return []
  return [
    { organizations: [...organizations, organization], networks },
    { organizations, networks: [...networks, network] },
  ]
}
