import type { PeerCertificate, TLSSocket } from 'node:tls'

/** What is known of a TLS session, for the record. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string
  readonly cipher: string
  /** The name asked for by SNI, where there was one. */
  readonly serverName: string | undefined
  readonly certificate: CertificateFacts | undefined
}

/** The other side's certificate and whether it holds against our trust anchors and the name. */
export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly validFrom: string
  readonly validTo: string
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  readonly trusted: boolean
  /** Why it is not trusted: the TLS library's own code, such as `CERT_HAS_EXPIRED`. */
  readonly problem: string | undefined
}

/** Reads the facts of an established session. */
export function tlsFacts(
  socket: TLSSocket,
  role: { readonly side: 'server' | 'client'; readonly serverName?: string },
): TlsFacts {
  const cipher = socket.getCipher()
  const asked = role.side === 'client' ? role.serverName : (socket.servername ?? undefined)
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: cipher.standardName ?? cipher.name,
    serverName: typeof asked === 'string' && asked !== '' ? asked : undefined,
    certificate: role.side === 'client' ? certificateFacts(socket) : undefined,
  }
}

function certificateFacts(socket: TLSSocket): CertificateFacts | undefined {
  const found: Partial<PeerCertificate> = socket.getPeerCertificate()
  if (found.fingerprint256 === undefined) return undefined
  const problem = socket.authorized ? undefined : String(socket.authorizationError)
  return {
    subject: nameText(found.subject),
    issuer: nameText(found.issuer),
    names: (found.subjectaltname ?? '').split(', ').filter((name) => name !== ''),
    validFrom: found.valid_from ?? '',
    validTo: found.valid_to ?? '',
    fingerprint: found.fingerprint256.replaceAll(':', '').toLowerCase(),
    trusted: socket.authorized,
    problem,
  }
}

function nameText(name: PeerCertificate['subject'] | undefined): string {
  if (name === undefined) return ''
  return Object.entries(name)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ')
}
