import { formatIp, inNetwork, type IpAddress, parseIp, parseNetwork, unmapIp } from '../base/ip.ts'
import { normalizeName } from '../dns/resolver.ts'

/** How this server is known to others, so that it never sends a message to itself. */
export interface Self {
  /** Host names of this server, in any case. */
  readonly selfNames: readonly string[]
  /** Addresses under which it takes mail, as text. */
  readonly selfAddresses: readonly string[]
  /**
   * Whether 127.0.0.0/8, ::1, 0.0.0.0/8 and :: are this server as well, which they are wherever the
   * dialler does not map addresses: `true` when not given.
   */
  readonly loopbackIsSelf?: boolean
  /**
   * Networks that mail may be taken to though they are not public, as text: `10.0.0.0/8`. Absent, as
   * in records of version 0.1.0: any address may be reached.
   */
  readonly allowedNetworks?: readonly string[]
}

/**
 * Which rules a route is found by, so that a record is replayed by its own. 2, since 0.5.0: an exchange
 * that is an alias of a name of our own is this server, and an address is a target of each exchange that
 * has it, and not of the first alone.
 */
export type RouteRules = 1 | 2

/** Those of now. */
export const routeRules: RouteRules = 2

export interface SelfCheck {
  name(host: string): boolean
  /** Whether a name that an exchange is an alias of is ours. */
  alias(target: string): boolean
  address(ip: IpAddress): boolean
}

const loopbacks: readonly (readonly [IpAddress, number])[] = [
  [{ family: 4, octets: [127, 0, 0, 0] }, 8],
  // RFC 1122 §3.2.1.3: "this host"; a connection to it ends at the machine itself.
  [{ family: 4, octets: [0, 0, 0, 0] }, 8],
  [{ family: 6, octets: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }, 127],
]

export function makeSelfCheck(self: Self, rules: RouteRules = routeRules): SelfCheck {
  const names = new Set(self.selfNames.map(normalizeName))
  const addresses = new Set<string>()
  for (const text of self.selfAddresses) {
    const ip = parseIp(text)
    if (ip !== undefined) addresses.add(formatIp(unmapIp(ip)))
  }
  const loopbackIsSelf = self.loopbackIsSelf ?? true
  // Who names a loopback network has another server there.
  const others = (self.allowedNetworks ?? []).flatMap((text) => parseNetwork(text) ?? [])
  const isOther = (ip: IpAddress): boolean => {
    return others.some((network) => inNetwork(ip, network.ip, network.prefixLength))
  }
  return {
    name: (host) => names.has(normalizeName(host)),
    alias: (target) => rules > 1 && names.has(normalizeName(target)),
    address(ip) {
      const plain = unmapIp(ip)
      if (addresses.has(formatIp(plain))) return true
      const isLoopback = loopbacks.some(([net, length]) => inNetwork(plain, net, length))
      return loopbackIsSelf && isLoopback && !isOther(plain)
    },
  }
}
