import type { Socket } from 'node:net'
import { connect as tlsConnect, TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { presentedChain } from './certificate-chain.ts'
import { type TlsFacts, tlsFacts } from './tls-facts.ts'
import { describeTlsProblem } from './tls-problem.ts'
import type { TlsRole } from './tls-role.ts'
import { trustContext } from './trust.ts'

export interface Endpoint {
  readonly ip: string
  readonly port: number
}

export type TlsStart =
  | { readonly type: 'started'; readonly facts: TlsFacts }
  /** `facts`: the handshake was done, and what it showed was not enough. */
  | { readonly type: 'failed'; readonly problem: string; readonly facts?: TlsFacts }

export interface PeerHandlers {
  octets(chunk: Uint8Array): void
  /** The other side will send no more; what we send still reaches it. */
  ended(): void
  /** The socket is gone. Called once, always last. */
  closed(problem: string | undefined): void
}

/** What the connection is at. Within a handshake nobody but the TLS library may read or write. */
type State =
  | { readonly name: 'open' }
  | { readonly name: 'handshake'; readonly settle: (outcome: TlsStart) => void }
  | { readonly name: 'closed' }

/**
 * One TCP connection, which may become a TLS session. Octets come by handlers; writing never
 * throws: a broken connection is told by `closed`.
 *
 * Its listeners are its own: those of others on the same socket (who counts it, for one) stay.
 */
export class Peer {
  readonly remote: Endpoint
  readonly local: Endpoint
  #socket: Socket
  #handlers: PeerHandlers | undefined
  #tls: TlsFacts | undefined
  #problem: string | undefined
  #state: State = { name: 'open' }
  /** Whether octets are wanted; within a handshake it is remembered for what comes after. */
  #wanted: 'flow' | 'pause' = 'pause'

  constructor(socket: Socket) {
    this.#socket = socket
    this.remote = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.local = { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    socket.setNoDelay(true)
    socket.pause()
    this.#attach(socket)
  }

  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  /** The socket is gone. */
  get closed(): boolean {
    return this.#state.name === 'closed'
  }

  /** Starts the flow of octets. Called once. */
  open(handlers: PeerHandlers): void {
    this.#handlers = handlers
    if (this.closed) handlers.closed(this.#problem)
    else this.resume()
  }

  write(octets: Uint8Array): void {
    if (!this.closed && this.#socket.writable) this.#socket.write(octets)
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
    if (this.closed || this.#socket.writableLength === 0) return Promise.resolve()
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
    this.#wanted = 'pause'
    if (this.#state.name === 'open') this.#socket.pause()
  }

  resume(): void {
    this.#wanted = 'flow'
    if (this.#state.name === 'open') this.#socket.resume()
  }

  /** Sends what was written, then closes our side. Within a handshake nothing can be said. */
  end(): void {
    if (this.#state.name === 'handshake') this.#failHandshake('the handshake was given up')
    if (this.closed) return
    this.#socket.end()
    this.#socket.resume()
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /**
   * Turns the connection into a TLS session. What was buffered in clear text is gone. A failed
   * handshake ends the connection, and its `closed` comes after the answer.
   */
  startTls(role: TlsRole): Promise<TlsStart> {
    if (this.#state.name !== 'open') {
      return Promise.resolve({ type: 'failed', problem: 'the connection was closed' })
    }
    const plain = this.#socket
    plain.uncork()
    this.#detach(plain)
    const secure =
      role.side === 'server'
        ? new TLSSocket(plain, { isServer: true, secureContext: role.context })
        : tlsConnect({
            socket: plain,
            rejectUnauthorized: false,
            // What the certificate is checked against where it is an address and no name.
            host: role.serverName,
            ...(isName(role.serverName) ? { servername: role.serverName } : {}),
            ...(role.trustAnchors === undefined
              ? {}
              : { secureContext: trustContext(role.trustAnchors) }),
          })
    this.#socket = secure
    this.#attach(secure)
    return new Promise((resolve) => {
      const ready = (): void => {
        const facts = tlsFacts(secure, role)
        const chain = (): ReturnType<typeof presentedChain> => presentedChain(secure)
        const problem = role.side === 'client' ? role.lacks?.(facts, chain) : undefined
        settle(
          problem === undefined ? { type: 'started', facts } : { type: 'failed', problem, facts },
        )
      }
      const late = (): void => this.#failHandshake('the TLS handshake took too long')
      const timer = role.timeoutMs === undefined ? undefined : setTimeout(late, role.timeoutMs)
      const settle = (outcome: TlsStart): void => {
        clearTimeout(timer)
        secure.off('secure', ready).off('secureConnect', ready)
        this.#state = { name: 'open' }
        if (outcome.type === 'failed') secure.destroy()
        else {
          this.#tls = outcome.facts
          // What came right behind the handshake is for who asked for it, when they are ready.
          if (this.#wanted === 'pause') secure.pause()
        }
        resolve(outcome)
      }
      this.#state = { name: 'handshake', settle }
      secure.once(role.side === 'server' ? 'secure' : 'secureConnect', ready)
      // Only a socket that is read from tells that the other side is gone.
      secure.resume()
    })
  }

  #failHandshake(problem: string): void {
    if (this.#state.name === 'handshake') this.#state.settle({ type: 'failed', problem })
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  /** All but errors: those of the socket below are never told twice, and must not go unheard. */
  #detach(socket: Socket): void {
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#handlers?.octets(chunk)
    countPassing(chunk.length)
  }

  readonly #onEnd = (): void => {
    if (this.#state.name === 'handshake') {
      this.#failHandshake('the connection ended within the handshake')
    } else this.#handlers?.ended()
  }

  readonly #onError = (problem: Error): void => {
    const handshake = this.#state.name === 'handshake'
    this.#problem = handshake ? describeTlsProblem(problem) : problem.message
    this.#failHandshake(this.#problem)
  }

  readonly #onClose = (): void => {
    if (this.#state.name === 'handshake') {
      this.#failHandshake(this.#problem ?? 'the connection was closed within the handshake')
      // Who waits for the handshake hears of it first.
      setImmediate(this.#onClose)
      return
    }
    if (this.closed) return
    this.#state = { name: 'closed' }
    this.#handlers?.closed(this.#problem)
  }
}

/** SNI carries names only, never an address (RFC 6066 §3). */
function isName(serverName: string): boolean {
  return serverName !== '' && !/^[\d.]+$|:/.test(serverName)
}

/** A small collection is asked for when this much has passed since the last one. */
const octetsBetweenCollections = 8 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let passed = 0
let collect: Collect | undefined

/**
 * Counts octets that sockets bring and that nobody keeps, and lets the engine free them in time.
 * V8 does not see the buffers of sockets when it decides on a small collection: it frees them when
 * they come to 64 MiB, so one large letter would cost its whole size. A small collection takes
 * about a millisecond.
 */
function countPassing(octets: number): void {
  passed += octets
  if (passed < octetsBetweenCollections) return
  passed = 0
  collect ??= collector()
  collect({ type: 'minor' })
}

/** The engine's own function; it is given to a new context only, so the flag changes nothing here. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof found !== 'function') return () => undefined
  return (options) => {
    Reflect.apply(found, undefined, [options])
  }
}
