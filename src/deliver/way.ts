import type { NextHop } from '../route/next-hop.ts'
import type { ClientAuth } from '../smtp/client-types.ts'

/**
 * What TLS must come to before mail is sent. `opportunistic`: clear text will do where TLS is not
 * offered or fails (RFC 7435). `required`: TLS, whoever is at its other end. `verified`: TLS, and a
 * certificate that is trusted and is for the name that was connected to.
 */
export type TlsNeed = 'opportunistic' | 'required' | 'verified'

/** How a server is spoken with, whatever its address is. */
export interface Way {
  readonly protocol: 'smtp' | 'lmtp'
  /** 0 for a Unix socket. */
  readonly port: number
  /** `implicit`: TLS begins with the connection (RFC 8314 §3.3). `none`: it is not asked for. */
  readonly tls: 'starttls' | 'implicit' | 'none'
  readonly need: TlsNeed
  /** With what to log in; `null` where nobody has to. */
  readonly login: ClientAuth | null
  /** `never`: content goes by DATA, whatever is offered. Absent: by BDAT where it is (RFC 3030). */
  readonly chunking?: 'never'
}

/** How the servers that MX records name are spoken with. RFC 5321 §4.5.4.2, RFC 7435. */
export const exchangeWay: Way = {
  protocol: 'smtp',
  port: 25,
  tls: 'starttls',
  need: 'opportunistic',
  login: null,
}

/** Where mail for some destinations goes by the settings, and how that server is spoken with. */
export interface NamedWay {
  readonly hop: NextHop
  readonly way: Way
}

/** What the settings say of destinations. Asked before each batch, so that it may change. */
export interface NamedWays {
  /**
   * The server that the settings name for a destination; `undefined` where DNS is asked for one.
   *
   * @param destination a domain as `parseDomain` gives it, or an address literal with its brackets
   */
  to(destination: string): NamedWay | undefined
  /** Whether the settings keep BDAT away from a destination. Absent: from none. */
  withoutChunking?(destination: string): boolean
}

/** How the servers of a destination are spoken with: as the settings say, or as servers of MX records. */
export function wayTo(destination: string, ways: NamedWays): Way {
  const way = ways.to(destination)?.way ?? exchangeWay
  return ways.withoutChunking?.(destination) === true ? { ...way, chunking: 'never' } : way
}

/** Settings that name no server. */
export const noNamedWays: NamedWays = { to: () => undefined }
