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
  /** More connections than this are told `busy` and closed. */
  readonly maxConnections: number
  /** What one connection too many is told, where that needs no TLS. */
  readonly busy?: Uint8Array
  /** How long an implicit TLS handshake may take. */
  readonly handshakeTimeoutMs: number
  onPeer(peer: Peer): void
  /** Connections that never became sessions: a failed TLS handshake, or the first one too many. */
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
  let open = 0
  /** Connections that are no sessions (yet): nobody else can end them. */
  const loose = new Set<Socket>()
  /** Told once for each time that the limit is reached: a flood must not fill the log as well. */
  let told = false
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    if (open >= options.maxConnections) {
      if (!told) {
        const problem = `more than ${options.maxConnections} connections at once`
        options.onFailure({ ip: socket.remoteAddress ?? '', problem })
      }
      told = true
      keep(loose, socket)
      turnAway(socket, options)
      return
    }
    open++
    socket.once('close', () => {
      open--
      told = false
    })
    if (options.implicitTls === undefined) options.onPeer(new Peer(socket))
    else {
      keep(loose, socket)
      handshake(socket, options.implicitTls, {
        ...options,
        onPeer(peer) {
          loose.delete(socket)
          options.onPeer(peer)
        },
      })
    }
  })
  // Those that are being told so are few as well: the system drops what comes beyond.
  server.maxConnections = options.maxConnections + turnedAwayAtOnce
  return new Promise((resolve, reject) => {
    server.once('error', (problem: NodeJS.ErrnoException) =>
      reject(listenProblem(problem, options)),
    )
    server.listen({ host: options.address, port: options.port, backlog: 1024 }, () => {
      server.removeAllListeners('error')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('listen: not a TCP address')
      resolve({ address: bound.address, port: bound.port, close: () => close(server, loose) })
    })
  })
}

const turnedAwayAtOnce = 50
const turnAwayMs = 2000

/** A word and the end. Who does not close its side in time is dropped. */
function turnAway(socket: Socket, { busy, implicitTls }: ListenOptions): void {
  socket.on('error', () => {})
  if (busy === undefined || implicitTls !== undefined) {
    socket.destroy()
    return
  }
  const timer = setTimeout(() => socket.destroy(), turnAwayMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(busy)
  socket.resume()
}

function handshake(socket: Socket, secureContext: SecureContext, options: ListenOptions): void {
  const ip = socket.remoteAddress ?? ''
  const secure = new TLSSocket(socket, { isServer: true, secureContext })
  const timer = setTimeout(() => {
    secure.destroy(new Error('the TLS handshake took too long'))
  }, options.handshakeTimeoutMs)
  const failed = (problem: Error): void => {
    clearTimeout(timer)
    secure.off('close', left)
    options.onFailure({ ip, problem: `TLS: ${problem.message}` })
    secure.destroy()
  }
  const left = (): void => failed(new Error('the connection ended within the handshake'))
  secure.once('error', failed)
  secure.once('close', left)
  secure.once('secure', () => {
    clearTimeout(timer)
    secure.off('error', failed).off('close', left)
    options.onPeer(new Peer(secure, tlsFacts(secure, { side: 'server' })))
  })
}

function keep(loose: Set<Socket>, socket: Socket): void {
  loose.add(socket)
  socket.once('close', () => loose.delete(socket))
}

function close(server: Server, loose: ReadonlySet<Socket>): Promise<void> {
  for (const socket of loose) socket.destroy()
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
