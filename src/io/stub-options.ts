import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { parseIp } from '../base/ip.ts'
import { type Log, silent } from '../base/log.ts'
import { zoneOf } from '../dns/resolver.ts'

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

/** Whom a stub resolver asks, and how. */
export interface StubOptions {
  /** Recursive resolvers, asked in this order; one that is silent moves behind the others. */
  readonly servers: readonly DnsEndpoint[]
  readonly clock: Clock
  /** For one server in the first round, doubled with each round; 2,000 when not given. */
  readonly timeoutMs?: number
  /** Rounds over all servers; 2 when not given. */
  readonly attempts?: number
  /** For a question with all its servers, rounds and aliases; 20,000 when not given. */
  readonly totalTimeoutMs?: number
  /**
   * Whether a server's word that DNSSEC proves an answer is believed; not when not given. On the way
   * from another machine anybody can set the bit, so by itself this is for servers on loopback.
   */
  readonly trustAd?: boolean
  /**
   * With `trustAd`: also of servers on other machines. Who writes `options trust-ad` into
   * `resolv.conf` answers for the way to them.
   */
  readonly trustAdFrom?: 'loopback' | 'anywhere'
  /** Ask with letters in random case and want them back so ("0x20"); not when not given. */
  readonly randomizeCase?: boolean
  /** Sockets open at once; 256 when not given. */
  readonly maxInFlight?: number
  /** Of these for one client, an eighth when not given; its network has twice as many. */
  readonly maxPerClient?: number
  /** The zone that a name is counted for; its last two labels when not given. */
  readonly zoneOf?: (name: string) => string
  /** Hears when no server answers, when one answers again, and of limits that are met. */
  readonly log?: Log
}

/** All of it but what follows from the rest. */
export type WholeStubOptions = Required<Omit<StubOptions, 'maxPerClient'>>

/** The options, and what holds where they say nothing. */
export function withDefaults(options: StubOptions): WholeStubOptions {
  return {
    timeoutMs: 2000,
    attempts: 2,
    totalTimeoutMs: 20_000,
    trustAd: false,
    trustAdFrom: 'loopback',
    randomizeCase: false,
    maxInFlight: 256,
    zoneOf,
    log: silent,
    ...options,
  }
}
