import type { Log } from '../base/log.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { ListenerStatus } from '../desk/status.ts'
import { descriptorLimit, descriptorsForConnections } from '../io/descriptors.ts'
import { clientAddress } from '../io/client-address.ts'
import { type Admission, listen, type Listener, type ListenFailure } from '../io/listener.ts'
import type { Admission as Clients } from '../policy/admission.ts'
import { busy } from '../receive/replies.ts'
import type { Connection, ListenerKind, Manner, Sessions } from '../sessions/sessions.ts'
import { formatReply } from '../smtp/reply.ts'

export interface MailServerOptions {
  readonly hostname: string
  readonly sessions: Sessions
  /** How much each client may use. */
  readonly clients: Pick<Clients, 'enter' | 'closedForMail' | 'closedForLogins'>
  /** Connections to each port at once. */
  readonly connections: number
  readonly log: Log
}

/** A port to be opened. */
export interface PortPlan {
  readonly kind: ListenerKind
  readonly address: string
  readonly port: number
  /** What every client on this port counts as; its own address when absent. */
  readonly clientIp?: string
  /** Port 25 alone: STARTTLS is not offered. */
  readonly tls?: 'none'
  /** See `Manner`; only where sessions have no threads of their own. */
  readonly manner?: Manner
}

/** The ports of a server: who is let in, and whose session begins. */
export class MailServer {
  readonly #options: MailServerOptions
  #connections: number
  readonly #listeners: { readonly kind: ListenerKind; readonly listener: Listener }[] = []

  constructor(options: MailServerOptions) {
    this.#options = options
    this.#connections = options.connections
  }

  /** The ports that are open, and who is there. */
  get listeners(): readonly ListenerStatus[] {
    return this.#listeners.map(({ kind, listener }) => {
      const { address, port, taken } = listener
      return { name: kind, address, port, ...taken }
    })
  }

  /** From now on so many connections are taken at once on each port. */
  setConnections(most: number): void {
    this.#connections = most
    for (const { listener } of this.#listeners) listener.setMaxConnections(most)
  }

  /**
   * Opens a port.
   *
   * @throws WaybillError `port-taken`
   */
  async listen(plan: PortPlan): Promise<Listener> {
    const { kind, clientIp, tls, manner } = plan
    const { sessions } = this.#options
    await sessions.ready()
    const listener = await listen({
      address: plan.address,
      port: plan.port,
      maxConnections: this.#connections,
      maxDescriptor: descriptorsForConnections(descriptorLimit()),
      busy: this.#busy(kind),
      admit: (ip) => this.#admit(kind, clientIp ?? ip),
      onSocket: (socket, keep) => {
        const ip = clientIp ?? clientAddress(socket.remoteAddress ?? '')
        const remote = { ip, port: socket.remotePort ?? 0 }
        sessions.take(socket, { kind, remote, tls, manner, met: this.#met(kind, ip) }, keep)
      },
      onFailure: (failure) => this.#full(kind, failure),
    })
    this.#listeners.push({ kind, listener })
    return listener
  }

  /** No new connections. Resolves when the ports are closed and all sessions are over. */
  async shutdown(): Promise<void> {
    const closed = Promise.all(this.#listeners.map(({ listener }) => listener.close()))
    const over = this.#options.sessions.shutdown()
    await closed
    await over
    // Of those too that came while the ports were closing.
    await this.#options.sessions.shutdown()
  }

  /** What somebody hears for whom there is no room; before TLS nothing can be said. */
  #busy(kind: ListenerKind): Uint8Array | undefined {
    if (kind === 'submissions') return undefined
    return encodeUtf8(`${formatReply(busy(this.#options.hostname)).join('\r\n')}\r\n`)
  }

  #admit(kind: ListenerKind, ip: string): Admission {
    const entrance = this.#options.clients.enter(ip, { name: kind, places: this.#connections })
    if (entrance.type === 'admitted') return entrance
    return { type: 'turnedAway', words: this.#busy(kind) }
  }

  /** A session on another thread would have to ask. Behind a handshake it does: it may last. */
  #met(kind: ListenerKind, ip: string): Connection['met'] {
    const { clients } = this.#options
    switch (kind) {
      case 'smtp':
        return clients.closedForMail(ip)
      case 'submission':
        return clients.closedForLogins(ip)
      case 'submissions':
        return 'ask'
    }
  }

  #full(kind: ListenerKind, { type, ip, problem }: ListenFailure): void {
    const limit = type === 'full' ? 'limits.connections' : 'descriptors'
    const fields = { limit, listener: kind, client: clientAddress(ip), why: problem }
    // Whoever comes next is not to blame.
    this.#options.log({ level: 'error', event: 'limit', fields })
  }
}
