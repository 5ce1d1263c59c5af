import type { Socket } from 'node:net'
import {
  connect as tlsConnect,
  TLSSocket,
  type SecureContext,
  type PeerCertificate,
} from 'node:tls'
import { countPassing } from './passing-octets.ts'

export interface Endpoint {
  readonly ip: string
  readonly port: number
}

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

export type TlsStart =
  | { readonly type: 'started'; readonly facts: TlsFacts }
  | { readonly type: 'failed'; readonly problem: string }

export interface PeerHandlers {
  octets(chunk: Uint8Array): void
  /** The other side will send no more; what we send still reaches it. */
  ended(): void
  /** The socket is gone. Called once, always last. */
  closed(problem: string | undefined): void
}

/** The server's side of TLS, and the client's. */
export type TlsRole =
  | { readonly side: 'server'; readonly context: SecureContext }
  | {
      readonly side: 'client'
      /** The name that is asked for, and that the certificate should be for. */
      readonly serverName: string
      /** PEM; `undefined` is the system's own set. */
      readonly trustAnchors: readonly string[] | undefined
      /** How long the handshake may take; the server's side is timed by its engine. */
      readonly timeoutMs: number
    }

/**
 * One TCP connection, which may become a TLS session. Octets come by handlers; writing never
 * throws: a broken connection is told by `closed`.
 */
export class Peer {
  readonly remote: Endpoint
  readonly local: Endpoint
  #socket: Socket
  #handlers: PeerHandlers | undefined
  #tls: TlsFacts | undefined
  #problem: string | undefined
  #closed = false

  constructor(socket: Socket, tls?: TlsFacts) {
    this.#socket = socket
    this.#tls = tls
    this.remote = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.local = { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    socket.setNoDelay(true)
    this.#attach()
  }

  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  /** The socket is gone. */
  get closed(): boolean {
    return this.#closed
  }

  /** Starts the flow of octets. Called once. */
  open(handlers: PeerHandlers): void {
    this.#handlers = handlers
    if (this.#closed) handlers.closed(this.#problem)
    else this.#socket.resume()
  }

  write(octets: Uint8Array): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(octets)
  }

  /** Holds back what is written until `flush`, so that it leaves in one piece. */
  hold(): void {
    this.#socket.cork()
  }

  flush(): void {
    this.#socket.uncork()
  }

  /** How many octets wait to be sent: for holding back a fast producer. */
  get backlog(): number {
    return this.#socket.writableLength
  }

  /** Resolves when what was written has left, or the connection is gone. */
  drained(): Promise<void> {
    if (this.#closed || this.#socket.writableLength === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const socket = this.#socket
      const done = (): void => {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.once('drain', done)
      socket.once('close', done)
    })
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume()
  }

  /** Sends what was written, then closes our side. */
  end(): void {
    if (this.#closed) return
    this.#socket.end()
    this.#socket.resume()
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Turns the connection into a TLS session. What was buffered in clear text is gone. */
  startTls(role: TlsRole): Promise<TlsStart> {
    const plain = this.#socket
    plain.uncork()
    plain.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close')
    plain.removeAllListeners('error')
    const secure =
      role.side === 'server'
        ? new TLSSocket(plain, { isServer: true, secureContext: role.context })
        : tlsConnect({
            socket: plain,
            rejectUnauthorized: false,
            ...(isName(role.serverName) ? { servername: role.serverName } : {}),
            ...(role.trustAnchors === undefined ? {} : { ca: [...role.trustAnchors] }),
          })
    this.#socket = secure
    return new Promise((resolve) => {
      const settle = (outcome: TlsStart): void => {
        clearTimeout(timer)
        secure
          .off('secure', ready)
          .off('secureConnect', ready)
          .off('error', failed)
          .off('close', gone)
        if (outcome.type === 'started') {
          this.#tls = outcome.facts
          this.#attach()
          secure.resume()
        } else {
          this.#attach()
          secure.destroy()
        }
        resolve(outcome)
      }
      const ready = (): void => settle({ type: 'started', facts: tlsFacts(secure, role) })
      const failed = (problem: Error): void => settle({ type: 'failed', problem: problem.message })
      const gone = (): void => settle({ type: 'failed', problem: 'the connection was closed' })
      const late = (): void =>
        settle({ type: 'failed', problem: 'the TLS handshake took too long' })
      const timer = role.side === 'client' ? setTimeout(late, role.timeoutMs) : undefined
      secure.once(role.side === 'server' ? 'secure' : 'secureConnect', ready)
      secure.once('error', failed)
      secure.once('close', gone)
    })
  }

  #attach(): void {
    const socket = this.#socket
    socket.pause()
    socket.on('data', (chunk: Uint8Array) => {
      this.#handlers?.octets(chunk)
      countPassing(chunk.length)
    })
    socket.on('end', () => this.#handlers?.ended())
    socket.on('error', (problem) => {
      this.#problem = problem.message
    })
    socket.on('close', () => {
      if (this.#closed) return
      this.#closed = true
      this.#handlers?.closed(this.#problem)
    })
  }
}

/** SNI carries names only, never an address (RFC 6066 §3). */
function isName(serverName: string): boolean {
  return serverName !== '' && !/^[\d.]+$|:/.test(serverName)
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
