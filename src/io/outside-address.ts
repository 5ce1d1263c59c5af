import { inNetwork, parseIp, parseNetwork } from '../base/ip.ts'

/** Networks that are nobody's on the internet: RFC 6890, and what was registered since. */
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
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
  return !special.some((network) => inNetwork(ip, network.ip, network.prefixLength))
}
