import { matchesHost } from '../address/host-pattern.ts'
import type { TlsaRecord } from '../dns/resolver.ts'
import type { ChainCertificate, Digest } from './chain.ts'
import { tlsaText } from './tlsa.ts'

/** What a chain is checked against. */
export interface DaneInput {
  /** Those that `sortTlsa` calls usable. */
  readonly records: readonly TlsaRecord[]
  /** The server's own certificate first, each followed by the one that issued it. */
  readonly chain: readonly ChainCertificate[]
  /** For usage 2: the names of which the certificate must have one. RFC 7672 §3.2.2, §3.2.3. */
  readonly names: readonly string[]
  /** Unix milliseconds. */
  readonly now: number
  readonly digest: Digest
}

/** Why a chain that a record points into does not hold. Only usage 2 can come to these. */
export type DaneFlaw =
  | 'wrong-name'
  | 'expired'
  | 'not-yet-valid'
  | 'not-an-authority'
  | 'bad-signature'

/** Whether a server is the one that its TLSA records promise. Plain data. */
export type DaneVerdict =
  | {
      readonly result: 'match'
      /** The record, as in a zone file. */
      readonly record: string
      /** Which certificate it points to: 0 is the server's own. */
      readonly depth: number
    }
  | { readonly result: 'mismatch'; readonly reason: 'no-certificate' | 'no-match' | DaneFlaw }

/**
 * Compares the certificates of a server with its TLSA records. RFC 6698 §2.1, RFC 7671 §5, RFC 7672
 * §3: one record that matches is enough.
 *
 * DANE-EE (3) is about the server's own certificate, of which nothing else counts: neither its names
 * nor its dates (RFC 7672 §3.1.1). DANE-TA (2) is about one that issued it: from the server's own up to
 * there each must be signed by the next, be valid today, and those that sign must be authorities; and
 * the server's own must have one of the names (§3.1.2, §3.2.3). Path lengths and name constraints of
 * authorities are not looked at.
 */
export function checkDane(input: DaneInput): DaneVerdict {
  const { records, chain } = input
  const [own] = chain
  if (own === undefined) return { result: 'mismatch', reason: 'no-certificate' }
  for (const record of records) {
    if (record.usage !== 3 || !isOf(record, own, input.digest)) continue
    return { result: 'match', record: tlsaText(record), depth: 0 }
  }
  let flaw: DaneFlaw | undefined
  for (const record of records.filter(({ usage }) => usage === 2)) {
    // An anchor issued the server's certificate: it is never that certificate itself.
    for (let depth = 1; depth < chain.length; depth++) {
      const anchor = chain[depth]
      if (anchor === undefined || !isOf(record, anchor, input.digest)) continue
      const problem = flawBelow(depth, input) ?? flawOfName(own, input.names)
      if (problem === undefined) return { result: 'match', record: tlsaText(record), depth }
      flaw ??= problem
    }
  }
  return { result: 'mismatch', reason: flaw ?? 'no-match' }
}

/** Whether the record is of this certificate. RFC 6698 §2.1.2, §2.1.3. */
function isOf(record: TlsaRecord, certificate: ChainCertificate, digest: Digest): boolean {
  const octets = record.selector === 0 ? certificate.certificate : certificate.publicKey
  switch (record.matchingType) {
    case 0:
      return hexOf(octets) === record.data
    case 1:
      return hexOf(digest('sha256', octets)) === record.data
    case 2:
      return hexOf(digest('sha512', octets)) === record.data
    default:
      return false
  }
}

/** What is wrong with the chain between the server's certificate and the one at `depth`. */
function flawBelow(depth: number, { chain, now }: DaneInput): DaneFlaw | undefined {
  for (const [place, one] of chain.slice(0, depth + 1).entries()) {
    if (place < depth && !one.signedByNext) return 'bad-signature'
    if (place > 0 && !one.isAuthority) return 'not-an-authority'
    if (now > one.notAfter) return 'expired'
    if (now < one.notBefore) return 'not-yet-valid'
  }
  return undefined
}

function flawOfName(own: ChainCertificate, names: readonly string[]): DaneFlaw | undefined {
  return namesOf(own).some((name) => names.some((one) => matchesHost(name, one)))
    ? undefined
    : 'wrong-name'
}

/** RFC 7672 §3.2.3: a common name counts only where there is no DNS name at all. */
function namesOf({ dnsNames, commonName }: ChainCertificate): readonly string[] {
  if (dnsNames.length > 0) return dnsNames
  return commonName === '' ? [] : [commonName]
}

function hexOf(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += octet.toString(16).padStart(2, '0')
  return text
}
