import type { IpNetwork } from '../base/ip.ts'
import type { LimitMet as MetLimit } from '../receive/guard.ts'

/**
 * How much one client may use. Each number is for one address; its network (/24 of IPv4, /64 of
 * IPv6) may use twice as much, and all networks of a /48 of IPv6 together eight times.
 * `docs/limits.md` has them all.
 */
export interface AdmissionLimits {
  /** Connections at once, all ports together. */
  readonly connectionsPerAddress: number
  /** Connections at once on which one account is logged in, wherever they come from. */
  readonly connectionsPerAccount: number
  readonly connectionsPerMinute: number
  /** Wrong passwords within `forgetMs`; then nobody there may log in for a while. */
  readonly wrongPasswords: number
  /** Recipients refused for good within `forgetMs`, to a stranger. */
  readonly refusedRecipients: number
  readonly forgetMs: number
  /** Octets of memory for letters that are coming in; one network has a quarter of it. */
  readonly memoryBytes: number
  /** Who is not counted. */
  readonly exempt: readonly IpNetwork[]
}

/** For whoever uses more than their share: which limit it was, and whose. */
export interface LimitMet extends MetLimit {
  readonly limit: LimitName
  /** Of which network, where it is not the usual one. */
  readonly network?: string
}

export type LimitName =
  | 'limits.connections'
  | 'limits.connections_per_address'
  | 'limits.connections_per_account'
  | 'limits.connections_per_minute'
  | 'limits.wrong_passwords'
  | 'limits.refused_recipients'
  | 'limits.memory_bytes'

/** For a server whose one user is everybody: no client is counted, passwords still have their queue. */
export const noLimits: AdmissionLimits = {
  connectionsPerAddress: Infinity,
  connectionsPerAccount: Infinity,
  connectionsPerMinute: Infinity,
  wrongPasswords: Infinity,
  refusedRecipients: Infinity,
  memoryBytes: Infinity,
  forgetMs: 3_600_000,
  exempt: [
    { ip: { family: 4, octets: [0, 0, 0, 0] }, prefixLength: 0 },
    { ip: { family: 6, octets: Array.from({ length: 16 }, () => 0) }, prefixLength: 0 },
  ],
}
