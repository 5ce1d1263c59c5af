import ipaddr from 'ipaddr.js'

/** An address in numbers, IPv4 as 4 octets and IPv6 as 16. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly octets: readonly number[]
}

const decimalOctet = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])'
const dottedQuad = new RegExp(`^${decimalOctet}(?:\\.${decimalOctet}){3}$`)

/**
 * Reads `192.0.2.1` or `2001:db8::1`, strictly: four decimal octets without leading zeros, and no
 * zone index. `undefined` for anything else. (ipaddr.js alone also takes `010.0.0.1` and `1.2`.)
 */
export function parseIp(text: string): IpAddress | undefined {
  if (dottedQuad.test(text)) return { family: 4, octets: text.split('.').map(Number) }
  if (!text.includes(':') || text.includes('%') || text.length > 45) return undefined
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  if (tail.includes('.') && !dottedQuad.test(tail)) return undefined
  // ipaddr.js reads '::192.0.2.1' as '::ffff:192.0.2.1', which is another address.
  const groups = tail.includes('.') ? text.slice(0, lastColon + 1) + hexGroups(tail) : text
  if (!ipaddr.IPv6.isValid(groups)) return undefined
  return { family: 6, octets: ipaddr.IPv6.parse(groups).toByteArray() }
}

/** The last 32 bits of an IPv6 address as two groups: `192.0.2.1` is `c000:201`. */
function hexGroups(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

/** `::ffff:192.0.2.1` becomes `192.0.2.1` (RFC 4291 §2.5.5.2); every other address stays. */
export function unmapIp(ip: IpAddress): IpAddress {
  if (ip.family === 4) return ip
  const mapped = ip.octets.slice(0, 10).every((o) => o === 0)
  if (!mapped || ip.octets[10] !== 255 || ip.octets[11] !== 255) return ip
  return { family: 4, octets: ip.octets.slice(12) }
}

/** The canonical text: dotted quad, or RFC 5952 form for IPv6. */
export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) return ip.octets.join('.')
  return new ipaddr.IPv6([...ip.octets]).toRFC5952String()
}

/** Addresses that begin with the same bits. */
export interface IpNetwork {
  readonly ip: IpAddress
  readonly prefixLength: number
}

/** Reads `192.0.2.0/24` or `2001:db8::/32`; an address alone is a network of one. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const match = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text)
  const ip = parseIp(match?.[1] ?? '')
  if (ip === undefined) return undefined
  const whole = ip.family === 4 ? 32 : 128
  const prefixLength = match?.[2] === undefined ? whole : Number(match[2])
  return prefixLength <= whole ? { ip, prefixLength } : undefined
}

/** Whether the first `prefixLength` bits of both are equal. Families never match each other. */
export function inNetwork(ip: IpAddress, network: IpAddress, prefixLength: number): boolean {
  if (ip.family !== network.family) return false
  const whole = prefixLength >> 3
  for (let i = 0; i < whole; i++) if (ip.octets[i] !== network.octets[i]) return false
  const rest = prefixLength & 7
  if (rest === 0) return true
  const mask = (0xff << (8 - rest)) & 0xff
  return ((ip.octets[whole] ?? 0) & mask) === ((network.octets[whole] ?? 0) & mask)
}

/** The name under `in-addr.arpa` or `ip6.arpa` that holds the PTR records of `ip`. */
export function reverseName(ip: IpAddress): string {
  if (ip.family === 4) return `${[...ip.octets].reverse().join('.')}.in-addr.arpa`
  const nibbles = ip.octets.flatMap((o) => [(o >> 4).toString(16), (o & 15).toString(16)])
  return `${nibbles.reverse().join('.')}.ip6.arpa`
}

/** What a client is counted by. */
export interface ClientKeys {
  /** The address in its one form: `192.0.2.1`, `2001:db8::1`, never `::ffff:192.0.2.1`. */
  readonly address: string
  /** Its network: `192.0.2.0/24`, `2001:db8::/64`. One customer has at least as much of IPv6. */
  readonly network: string
  /**
   * The /48 that an IPv6 network lies in: what one place may be given (RFC 6177 §2), and what any
   * tunnel broker gives to anybody, 65,536 networks of it. IPv4 has none.
   */
  readonly site: string | undefined
}

/** What the client at `ip` is counted by. A zone index (`fe80::1%eth0`) does not count. */
export function clientKeys(ip: string): ClientKeys {
  const parsed = parseIp(ip.split('%')[0] ?? '')
  // A socket that was gone before it was looked at has no address.
  if (parsed === undefined) return { address: 'unknown', network: 'unknown', site: undefined }
  const { family, octets } = unmapIp(parsed)
  const within = (bits: number): string => {
    const network = octets.map((octet, at) => (at * 8 < bits ? octet : 0))
    return `${formatIp({ family, octets: network })}/${bits}`
  }
  return {
    address: formatIp({ family, octets }),
    network: within(family === 4 ? 24 : 64),
    site: family === 4 ? undefined : within(48),
  }
}
