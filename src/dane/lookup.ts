import type { DnsFailure, DnssecState, Resolver, TlsaRecord } from '../dns/resolver.ts'
import { sortTlsa, type UnusableTlsa } from './tlsa.ts'

/** What is known of a server before its TLSA records are asked for. */
export interface TlsaHost {
  /** The exchange of the MX record, or what a person has set: not the name behind an alias. */
  readonly host: string
  readonly port: number
  /** What DNSSEC says of its addresses: of A and of AAAA, where they were answered. */
  readonly addresses: DnssecState
  /** The names that the address questions were led to, in order. */
  readonly aliases: readonly string[]
}

/** What the TLSA records of a server come to. Plain data. RFC 7672 §2.2. */
export type TlsaFinding =
  /** Its addresses are not proved by DNSSEC, so it was not asked. */
  | { readonly type: 'insecure' }
  /** There are no records that DNSSEC proves, by these names. */
  | { readonly type: 'none'; readonly asked: readonly string[] }
  | {
      readonly type: 'found'
      /** The TLSA base domain: the name that is asked for by SNI, and checked for usage 2. */
      readonly base: string
      /** None: TLS must be there, and nobody can be authenticated by it. */
      readonly usable: readonly TlsaRecord[]
      readonly unusable: readonly UnusableTlsa[]
    }
  /** It could not be asked: nothing may be sent to this server now. RFC 7672 §2.1.2. */
  | { readonly type: 'failed'; readonly name: string; readonly reason: DnsFailure }

/**
 * Looks for the TLSA records of one server. RFC 7672 §2.2.2, §2.2.3.
 *
 * Where its addresses are not proved, nothing is asked: name servers of zones without signatures often
 * fail at the question, and no record of such a zone could be believed. For an alias the name at its end
 * is asked first and the alias itself second; where only the alias is proved, it alone.
 *
 * Never rejects. At most three questions.
 */
export async function findTlsa(host: TlsaHost, resolver: Resolver): Promise<TlsaFinding> {
  const bases = await candidates(host, resolver)
  if ('type' in bases) return bases
  const asked: string[] = []
  for (const base of bases.names) {
    const name = tlsaName(base, host.port)
    asked.push(name)
    const answer = await resolver.resolve(name, 'TLSA')
    if (answer.type === 'failed') return { type: 'failed', name, reason: answer.reason }
    if (answer.type !== 'found' || answer.dnssec !== 'secure') continue
    return { type: 'found', base, ...sortTlsa(answer.records) }
  }
  return { type: 'none', asked }
}

/** The candidates for the TLSA base domain, the preferred one first. */
async function candidates(
  { host, addresses, aliases }: TlsaHost,
  resolver: Resolver,
): Promise<
  { readonly names: readonly string[] } | (TlsaFinding & { readonly type: 'insecure' | 'failed' })
> {
  const last = aliases.at(-1)
  if (addresses === 'secure') return { names: last === undefined ? [host] : [last, host] }
  if (last === undefined) return { type: 'insecure' }
  // RFC 7672 §2.1.3: one answer for the whole way says nothing of its first step, so that is asked.
  const alias = await resolver.resolve(host, 'CNAME')
  if (alias.type === 'failed') return { type: 'failed', name: host, reason: alias.reason }
  if (alias.type !== 'found' || alias.dnssec !== 'secure') return { type: 'insecure' }
  return { names: [host] }
}

/** The name of the TLSA records of a service. RFC 6698 §3. */
function tlsaName(base: string, port: number): string {
  return `_${port}._tcp.${base}`
}
