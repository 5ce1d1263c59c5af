import { inNetwork, type IpNetwork, parseNetwork, unmapIp } from './ip.ts'

/** Networks in which addresses mean something to their neighbours alone: private, of a link, of the machine. */
const ownRanges: readonly IpNetwork[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
  '::1',
].flatMap((text) => parseNetwork(text) ?? [])

/**
 * The same network in the family that its addresses are of: `::ffff:192.0.2.0/120` is `192.0.2.0/24`.
 * All of `::/0`, and what else holds every IPv4 address, stays IPv6: its prefix says how wide it is.
 */
export function plainNetwork({ ip, prefixLength }: IpNetwork): IpNetwork {
  const plain = unmapIp(ip)
  if (plain.family === ip.family || prefixLength < 96) return { ip, prefixLength }
  return { ip: plain, prefixLength: prefixLength - 96 }
}

/** Whether a network lies within those that are private, of a link, or of the machine itself. */
export function isOwnRange(network: IpNetwork): boolean {
  const { ip, prefixLength } = plainNetwork(network)
  return ownRanges.some((range) => {
    return prefixLength >= range.prefixLength && inNetwork(ip, range.ip, range.prefixLength)
  })
}
