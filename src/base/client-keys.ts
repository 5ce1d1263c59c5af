import { formatIp, parseIp, unmapIp } from './ip.ts'

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
