import { WaybillError } from '../base/error.ts'
import { parseIp } from '../base/ip.ts'

/** Where a DNS server listens: an IP address, never a name. */
export interface DnsEndpoint {
  readonly address: string
  readonly port: number
}

/**
 * Checks that there are servers, each an address and a port.
 *
 * @throws WaybillError `config-invalid`
 */
export function checkServers(servers: readonly DnsEndpoint[]): void {
  if (servers.length === 0) throw new WaybillError('config-invalid', 'No DNS server is named.')
  for (const { address, port } of servers) {
    // A link-local address has its interface behind a percent sign.
    const sound = parseIp(address.replace(/%[\w.-]+$/, '')) !== undefined
    if (sound && Number.isInteger(port) && port >= 1 && port <= 65_535) continue
    throw new WaybillError('config-invalid', `"${address}" port ${port} is no DNS server.`, {
      hint: 'Name it by its IP address, like 127.0.0.1, and a port from 1 to 65535.',
    })
  }
}

/** Whether the way to this address stays on this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** As it is shown: `127.0.0.1:53`, `[::1]:53`. */
export function formatEndpoint({ address, port }: DnsEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
