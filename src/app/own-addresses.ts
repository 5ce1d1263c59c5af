import { networkInterfaces } from 'node:os'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import type { Settings } from '../config/settings.ts'
import type { Self } from '../route/self.ts'

/** An address of an interface, as `os.networkInterfaces` tells it. */
export interface InterfaceAddress {
  readonly address: string
  readonly family: string
}

/**
 * The addresses under which this server takes mail: the one that it listens on, all of its interfaces
 * where it listens on every one, and those that the settings name.
 */
export function ownAddresses(
  { address, own_addresses }: Pick<Settings['listen'], 'address' | 'own_addresses'>,
  interfaces: readonly InterfaceAddress[],
): readonly string[] {
  const ip = parseIp(address)
  const everywhere = ip !== undefined && unmapIp(ip).octets.every((octet) => octet === 0)
  // A socket on "::" hears IPv4 too. A public address may be on the loopback interface: anycast.
  const heard = interfaces.filter(({ address: own, family }) => {
    return !isLoopback(own) && everywhere && (ip.family === 6 || family === 'IPv4')
  })
  const all = [address, ...heard.map((one) => one.address), ...own_addresses].flatMap((text) => {
    const read = parseIp(text)
    return read === undefined ? [] : [formatIp(unmapIp(read))]
  })
  return Array.from(new Set(all))
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** How a server with these settings is known to others; its interfaces are looked up each time. */
export function selfOf(
  { hostname, listen, queue }: Pick<Settings, 'hostname' | 'listen' | 'queue'>,
  loopbackIsSelf: boolean,
): Self {
  return {
    selfNames: [hostname],
    get selfAddresses() {
      return ownAddresses(
        listen,
        Object.values(networkInterfaces()).flatMap((all) => all ?? []),
      )
    },
    loopbackIsSelf,
    allowedNetworks: loopbackIsSelf
      ? queue.allow_networks
      : [...queue.allow_networks, '127.0.0.0/8', '::1'],
  }
}
