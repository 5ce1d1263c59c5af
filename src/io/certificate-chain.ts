import { createHash, X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { ChainCertificate, Digest } from '../dane/chain.ts'

/** More than any chain that is sound; the rest is not looked at. */
const maxCertificates = 10

/** Digests of TLSA records, by Node's own. */
export const tlsaDigest: Digest = (algorithm, octets) => {
  return createHash(algorithm).update(octets).digest()
}

/**
 * The certificates of the other side, its own first, each followed by the one that issued it; none of
 * those that it sent and that lead nowhere. Empty when there are none, or one cannot be read.
 */
export function presentedChain(socket: TLSSocket): readonly ChainCertificate[] {
  const octets: Uint8Array[] = []
  const seen = new Set<string>()
  let at: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true)
  while (at?.raw !== undefined && octets.length < maxCertificates) {
    // An authority that signs itself is its own issuer.
    if (seen.has(at.fingerprint512 ?? '')) break
    seen.add(at.fingerprint512 ?? '')
    octets.push(at.raw)
    at = at.issuerCertificate
  }
  return readChain(octets)
}

/** Reads certificates in DER, each followed by its issuer. Empty when one cannot be read. */
export function readChain(octets: readonly Uint8Array[]): readonly ChainCertificate[] {
  try {
    const all = octets.map((one) => new X509Certificate(one))
    return all.map((one, place) => read(one, all[place + 1]))
  } catch {
    // What is no certificate proves nothing, and whoever sent it is not worth a fault of ours.
    return []
  }
}

function read(one: X509Certificate, issuer: X509Certificate | undefined): ChainCertificate {
  return {
    certificate: one.raw,
    publicKey: publicKeyOf(one.raw),
    dnsNames: dnsNamesIn(one.subjectAltName ?? ''),
    commonName: commonNameOf(one),
    notBefore: one.validFromDate.getTime(),
    notAfter: one.validToDate.getTime(),
    isAuthority: one.ca,
    signedByNext: issuer !== undefined && isIssuedBy(one, issuer),
  }
}

function isIssuedBy(one: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return one.checkIssued(issuer) && one.verify(issuer.publicKey)
  } catch {
    // A key of a kind that is not known here has signed nothing that could be checked.
    return false
  }
}

function commonNameOf({ subject }: X509Certificate): string {
  const line = (subject ?? '').split('\n').find((one) => one.startsWith('CN='))
  return line?.slice(3) ?? ''
}

/** `DNS:a.example, DNS:"odd, name", IP Address:192.0.2.1`: names in quotes are no host names. */
function dnsNamesIn(text: string): readonly string[] {
  const names: string[] = []
  for (const [, kind, value = ''] of text.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    if (kind === 'DNS' && !value.startsWith('"')) names.push(value.toLowerCase())
  }
  return names
}

/**
 * SubjectPublicKeyInfo as it stands in the certificate, RFC 5280 §4.1: behind version, serial number,
 * algorithm, issuer, validity and subject. Written anew from the parsed key it could differ.
 */
function publicKeyOf(certificate: Uint8Array): Uint8Array {
  const toBeSigned = open(certificate, open(certificate, 0).start)
  let at = toBeSigned.start
  // The version is explicit, and absent in certificates of version 1.
  if (certificate[at] === 0xa0) at = open(certificate, at).end
  for (let skipped = 0; skipped < 5; skipped++) at = open(certificate, at).end
  return certificate.slice(at, open(certificate, at).end)
}

/** Where the content of a DER element begins and ends. X.690 §8.1. @throws RangeError */
function open(octets: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = octets[at + 1] ?? 0
  const count = first < 0x80 ? 0 : first & 0x7f
  let length = count === 0 ? first : 0
  for (let i = 0; i < count; i++) length = length * 256 + (octets[at + 2 + i] ?? 0)
  const start = at + 2 + count
  const end = start + length
  if (end > octets.length) throw new RangeError('DER: an element beyond the end')
  return { start, end }
}
