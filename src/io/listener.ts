import { createServer, type Server, type Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import { WaybillError } from '../base/error.ts'
import { Peer, tlsFacts } from './peer.ts'

export interface ListenOptions {
  readonly address: string
  /** 0 lets the system choose a free one. */
  readonly port: number
  /** With a context every connection begins with TLS (RFC 8314 §3.3). */
  readonly implicitTls?: SecureContext
  /** More connections than this are closed at once. */
  readonly maxConnections: number
  /** How long an implicit TLS handshake may take. */
  readonly handshakeTimeoutMs: number
  onPeer(peer: Peer): void
  /** A connection that never became a session: a TLS handshake that failed. */
  onFailure(failure: { readonly ip: string; readonly problem: string }): void
}

/** A listening port. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** Stops taking connections; open ones live on until their agents end them. */
  close(): Promise<void>
}

/**
 * Listens for TCP connections.
 *
 * @throws WaybillError `port-taken` when another program has the port or it may not be opened.
 */
export function listen(options: ListenOptions): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    if (options.implicitTls === undefined) options.onPeer(new Peer(socket))
    else handshake(socket, options.implicitTls, options)
  })
  server.maxConnections = options.maxConnections
  return new Promise((resolve, reject) => {
    server.once('error', (problem: NodeJS.ErrnoException) =>
      reject(listenProblem(problem, options)),
    )
    server.listen({ host: options.address, port: options.port, backlog: 1024 }, () => {
      server.removeAllListeners('error')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('listen: not a TCP address')
      resolve({ address: bound.address, port: bound.port, close: () => close(server) })
    })
  })
}

function handshake(socket: Socket, secureContext: SecureContext, options: ListenOptions): void {
  const ip = socket.remoteAddress ?? ''
  const secure = new TLSSocket(socket, { isServer: true, secureContext })
  const timer = setTimeout(() => {
    secure.destroy(new Error('the TLS handshake took too long'))
  }, options.handshakeTimeoutMs)
  const failed = (problem: Error): void => {
    clearTimeout(timer)
    options.onFailure({ ip, problem: problem.message })
    secure.destroy()
  }
  secure.once('error', failed)
  secure.once('close', () => clearTimeout(timer))
  secure.once('secure', () => {
    clearTimeout(timer)
    secure.off('error', failed)
    options.onPeer(new Peer(secure, tlsFacts(secure, { side: 'server' })))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function listenProblem(problem: NodeJS.ErrnoException, options: ListenOptions): WaybillError {
  const place = `${options.address}:${options.port}`
  if (problem.code === 'EADDRINUSE') {
    return new WaybillError(
      'port-taken',
      `Port ${options.port} is taken by another program (${place}).`,
      {
        cause: problem,
        hint: 'Stop that program, or choose another port.',
      },
    )
  }
  if (problem.code === 'EACCES') {
    return new WaybillError(
      'port-taken',
      `This user may not open port ${options.port} (${place}).`,
      {
        cause: problem,
        hint: 'Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE.',
      },
    )
  }
  return new WaybillError('port-taken', `Cannot listen on ${place}: ${problem.message}`, {
    cause: problem,
  })
}
