/**
 * Source addresses: from which of our addresses a letter goes to another server. Several that belong
 * together are a pool.
 */

/** A source, as the settings have it. */
export interface Source {
  readonly name: string
  readonly pool: string
  /** At least 1: its share of what goes from its pool. */
  readonly weight: number
  /** As it says in EHLO. */
  readonly hostname: string
  /** Canonical addresses of this machine; at least one of both. */
  readonly ipv4?: string
  readonly ipv6?: string
  /** How much goes a day while it is new. Absent: as much as there is. */
  readonly warmUp?: WarmUp
}

/** How an address that nobody knows yet becomes known. */
export interface WarmUp {
  /** Its first day, in UTC: `2026-12-01`. */
  readonly from: string
  /** Most letters on the first day, on the second, and so on; from then on any number. */
  readonly perDay: readonly number[]
}

/** An address family of the internet. */
export type Family = 4 | 6

/** The pool of sources that name none, for mail that no rule gives another. */
export const defaultPool = 'default'

/** Which of its addresses a source has of one family. */
export function addressOf(
  { ipv4, ipv6 }: { readonly ipv4?: string; readonly ipv6?: string },
  family: Family,
): string | undefined {
  return family === 4 ? ipv4 : ipv6
}
