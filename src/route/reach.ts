import { formatIp, inNetwork, type IpAddress, parseNetwork, unmapIp } from '../base/ip.ts'

/**
 * Whether a letter may be taken to an address, when DNS or the literal of a stranger names it: whoever
 * sends a letter must not make this server talk to machines that he cannot reach himself.
 */
export interface ReachCheck {
  /** `undefined`: it may. Else what the address is, in words: `a private address`. */
  forbidden(ip: IpAddress): string | undefined
}

/** What the address registries of IANA call not globally reachable, and what is no single host. */
const notPublic: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this host itself'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'an address within a provider'],
  ['127.0.0.0/8', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'an address of a protocol'],
  ['192.168.0.0/16', 'a private address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/127', 'a loopback address'],
  ['64:ff9b:1::/48', 'an address of a local translator'],
  ['100::/64', 'an address that is thrown away'],
  ['fc00::/7', 'a unique-local address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a site-local address'],
  ['ff00::/8', 'a multicast address'],
]

/** Networks whose addresses lead to an IPv4 address that stands in them, from this octet on. */
const carriers: readonly (readonly [network: string, from: number, name: string])[] = [
  // RFC 4291 §2.5.5.1 and RFC 2765 §2.1: the deprecated and the translated form.
  ['::/96', 12, 'IPv4-compatible'],
  ['::ffff:0:0:0/96', 12, 'IPv4-translated'],
  // RFC 6052 §2.1: the translator's well-known prefix.
  ['64:ff9b::/96', 12, 'NAT64'],
  // RFC 3056 §2.
  ['2002::/16', 2, '6to4'],
  // RFC 4380 §4: the server stands in it as it is.
  ['2001::/32', 4, 'Teredo'],
]

const refusedNetworks = notPublic.flatMap(([text, name]) => {
  const network = parseNetwork(text)
  return network === undefined ? [] : [{ network, name }]
})

const carrierNetworks = carriers.flatMap(([text, from, name]) => {
  const network = parseNetwork(text)
  return network === undefined ? [] : [{ network, from, name }]
})

/** @param allowed networks that may be reached all the same; text that is none is passed over */
export function makeReachCheck(allowed: readonly string[]): ReachCheck {
  const networks = allowed.flatMap((text) => parseNetwork(text) ?? [])
  const isAllowed = (ip: IpAddress): boolean => {
    return networks.some(({ ip: net, prefixLength }) => inNetwork(ip, net, prefixLength))
  }
  return {
    forbidden(given) {
      const ip = unmapIp(given)
      if (isAllowed(ip)) return undefined
      const [refused] = refusedNetworks.filter(({ network }) =>
        inNetwork(ip, network.ip, network.prefixLength),
      )
      if (refused !== undefined) return refused.name
      for (const { kind, inner } of carried(ip)) {
        if (isAllowed(inner)) continue
        const within = this.forbidden(inner)
        if (within !== undefined) return `${within} (${formatIp(inner)}) in an address of ${kind}`
      }
      return undefined
    },
  }
}

/** The IPv4 addresses that an IPv6 address leads to. */
function carried(ip: IpAddress): readonly { readonly kind: string; readonly inner: IpAddress }[] {
  if (ip.family === 4) return []
  const found = carrierNetworks
    .filter(({ network }) => inNetwork(ip, network.ip, network.prefixLength))
    .map(({ from, name }) => ({ kind: name, inner: fourOf(ip.octets.slice(from, from + 4)) }))
  // RFC 5214 §6.1: whatever the network is, this interface identifier leads to an IPv4 address.
  const [a, b, c, d] = ip.octets.slice(8, 12)
  if ((a === 0 || a === 2) && b === 0 && c === 0x5e && d === 0xfe) {
    found.push({ kind: 'ISATAP', inner: fourOf(ip.octets.slice(12)) })
  }
  // RFC 4380 §4: the client stands in the last 32 bits, each of them turned around.
  if (found.some(({ kind }) => kind === 'Teredo')) {
    found.push({ kind: 'Teredo', inner: fourOf(ip.octets.slice(12).map((octet) => octet ^ 0xff)) })
  }
  return found
}

function fourOf(octets: readonly number[]): IpAddress {
  return { family: 4, octets }
}
