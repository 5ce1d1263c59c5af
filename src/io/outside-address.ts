import { inNetwork, parseIp, parseNetwork } from '../base/ip.ts'
import { makeReachCheck } from '../route/reach.ts'

/** Where an address is called, or why it is not, in words: `a private address`. */
export type CallPlace = (ip: string) => { readonly host: string; readonly port: number } | string

/** Where no letter may be taken, nothing else is either. */
const reach = makeReachCheck([])

/** Networks beside them in which nobody of the internet has a receiver (RFC 6890). */
const special = [
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  // Teredo and others for protocols, documentation, 6to4: each of them may lead to IPv4.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].flatMap((text) => parseNetwork(text) ?? [])

/** Of IPv6 only this is given to networks (RFC 4291 §2.4): no mapped IPv4, no NAT64, nothing local. */
const given = parseNetwork('2000::/3')

/**
 * Whether an address is one of the internet's: neither of this machine nor of its networks, where
 * whoever names an address to be called could ask what nobody outside may.
 */
export function isOutside(address: string): boolean {
  const ip = parseIp(address)
  if (ip === undefined || given === undefined) return false
  if (ip.family === 6 && !inNetwork(ip, given.ip, given.prefixLength)) return false
  if (reach.forbidden(ip) !== undefined) return false
  return !special.some((network) => inNetwork(ip, network.ip, network.prefixLength))
}

/**
 * Where the HTTPS of an address is: at port 443 of itself when it is one of the internet, or of a
 * network that may be called all the same.
 *
 * @param allowed networks such as `10.0.0.0/8`; text that is none is passed over
 */
export function secureWebPlace(allowed: readonly string[]): CallPlace {
  const networks = allowed.flatMap((text) => parseNetwork(text) ?? [])
  return (address) => {
    const ip = parseIp(address)
    if (ip === undefined) return 'no address'
    const isAllowed = networks.some((net) => inNetwork(ip, net.ip, net.prefixLength))
    if (isAllowed || isOutside(address)) return { host: address, port: 443 }
    return reach.forbidden(ip) ?? 'no address of the internet'
  }
}
