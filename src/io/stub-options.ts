import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DnsEndpoint } from './dns-endpoint.ts'

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
