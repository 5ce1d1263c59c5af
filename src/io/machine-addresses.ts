import { networkInterfaces } from 'node:os'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'

/** The addresses of all interfaces of this machine, as they are now, in canonical form. */
export function machineAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
  const read = all.flatMap(({ address }) => {
    const ip = parseIp(address)
    return ip === undefined ? [] : [formatIp(unmapIp(ip))]
  })
  return Array.from(new Set(read))
}
