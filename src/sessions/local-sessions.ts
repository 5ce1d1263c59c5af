import type { Socket } from 'node:net'
import { Handshakes } from '../io/handshakes.ts'
import { Peer } from '../io/peer.ts'
import type { ServerContext } from '../io/tls-context.ts'
import type { ConnectionFacts } from '../receive/connection-log.ts'
import { InboundPort } from '../receive/inbound.ts'
import type { InboundOptions } from '../receive/inbound-options.ts'
import { MailHandler } from '../receive/mail-handler.ts'
import type { Port } from '../receive/port.ts'
import { ReceiveSession } from '../receive/session.ts'
import { SubmissionPort } from '../receive/submission.ts'
import { type Trust, trustIn } from '../receive/trust.ts'
import { TrustedPort } from '../receive/trusted-port.ts'
import { freshSession } from '../smtp/server-answers.ts'
import { defaultServerOptions } from '../smtp/server-engine.ts'
import type { ServerOptions } from '../smtp/server-types.ts'
import { handlerOptions, inboundOptions, type SessionNeeds } from './session-needs.ts'
import type { Connection, ListenerKind, Sessions, SessionSettings } from './sessions.ts'
import { CurrentTls } from './tls-contexts.ts'

/** Sessions on the thread that makes this. */
export class LocalSessions implements Sessions {
  readonly #needs: SessionNeeds
  #settings: SessionSettings
  readonly #tls: CurrentTls
  readonly #open = new Set<ReceiveSession>()
  readonly #handshakes = new Handshakes(handshakeMs)
  /** Who waits for the last one to be over. */
  readonly #empty: (() => void)[] = []
  #closing = false

  /** @throws WaybillError `key-unusable` */
  constructor(needs: SessionNeeds, settings: SessionSettings) {
    this.#needs = needs
    this.#settings = settings
    this.#tls = new CurrentTls(settings)
  }

  get size(): number {
    return this.#open.size
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  take(socket: Socket, connection: Connection): void {
    const peer = new Peer(socket)
    if (connection.kind !== 'submissions') {
      this.#serve(peer, connection)
      return
    }
    this.#handshakes.begin(peer, this.#contextOf(connection), (outcome) => {
      if (outcome.type === 'started') this.#serve(peer, connection)
      else this.#failed(connection, outcome.problem)
    })
  }

  /** @throws WaybillError `key-unusable`; what held before holds on then */
  use(settings: SessionSettings): Promise<void> {
    this.#tls.use(settings)
    this.#settings = settings
    return Promise.resolve()
  }

  async shutdown(): Promise<void> {
    const first = !this.#closing
    this.#closing = true
    const shaken = this.#handshakes.close()
    if (first) for (const session of this.#open) session.shutdown()
    await shaken
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      this.#empty.push(resolve)
    })
  }

  stop(): void {
    for (const session of this.#open) session.stop()
  }

  abort(): void {
    for (const session of this.#open) session.abort()
  }

  /** There is nothing to let go of: the store that letters went to is for its owner to close. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  #serve(peer: Peer, connection: Connection): void {
    const { clock } = this.#needs
    const { kind, remote, tls, met, manner } = connection
    const facts = { remote, listener: kind, tls: peer.tls, met }
    const session: ReceiveSession = new ReceiveSession({
      peer,
      options: {
        ...this.#serverOptions(kind, remote.ip),
        ...(tls === undefined ? {} : { tls }),
        ...manner?.engine,
      },
      handler: this.#handler(
        facts,
        this.#portOf(connection, () => session.drop()),
      ),
      tlsRole: { side: 'server', context: this.#contextOf(connection) },
      clock,
      onClosed: () => {
        this.#open.delete(session)
        if (this.#open.size === 0) for (const tell of this.#empty.splice(0)) tell()
      },
    })
    this.#open.add(session)
    session.start()
    // Its handshake was done when the ports closed.
    if (this.#closing) session.shutdown()
  }

  /** A connection that is no session: no handshake. */
  #failed({ kind, remote, met }: Connection, problem: string): void {
    const facts = { remote, listener: kind, tls: undefined, met }
    const handler = this.#handler(facts, this.#port(kind, remote.ip))
    handler.tlsFailed(problem)
    handler.closed('lost', freshSession(null))
  }

  #handler(facts: ConnectionFacts, port: Port): MailHandler {
    return new MailHandler(handlerOptions(this.#needs, this.#current), facts, port)
  }

  #contextOf({ kind, manner }: Connection): ServerContext {
    return manner?.context?.() ?? this.#tls.contexts[kind]
  }

  #portOf({ kind, manner, remote }: Connection, drop: () => void): Port {
    const usual = (): Port => this.#port(kind, remote.ip)
    return manner?.port({ inbound: this.#inbound(), usual, drop }) ?? usual()
  }

  #port(kind: ListenerKind, ip: string): Port {
    const { host: hostname } = this.#settings.origin
    const { directory, admission, guard, clock, random, post } = this.#needs
    const options = { hostname, directory, admission, guard, clock, random, post }
    const usual = kind === 'smtp' ? new InboundPort(this.#inbound()) : new SubmissionPort(options)
    const trust = this.#trust(ip)
    return trust === undefined ? usual : new TrustedPort(options, { ip, trust, usual })
  }

  #trust(ip: string): Trust | undefined {
    return trustIn(this.#settings.rules.trusted, ip)
  }

  #inbound(): InboundOptions {
    return inboundOptions(this.#needs, this.#current)
  }

  readonly #current = (): SessionSettings => this.#settings

  #serverOptions(kind: ListenerKind, ip: string): ServerOptions {
    const { origin, rules, limits } = this.#settings
    return {
      ...defaultServerOptions,
      hostname: origin.host,
      addresses: rules.addresses,
      tls: kind === 'submissions' ? 'implicit' : 'starttls',
      auth: kind === 'smtp' ? 'off' : this.#trust(ip) === undefined ? 'required' : 'optional',
      maxMessageBytes: limits.messageBytes,
      // A report of success to a stranger could be a report to anybody whose name was written on the
      // letter. Not offered, the server before us reports that it handed the letter on (RFC 3461 §5.2.2).
      extensions: { ...defaultServerOptions.extensions, dsn: kind !== 'smtp', requireTls: true },
      limits: {
        ...defaultServerOptions.limits,
        recipients: limits.recipients,
        errors: limits.errors,
      },
    }
  }
}

/** How long the handshake on the port that begins with TLS may take; STARTTLS has the same. */
const handshakeMs = 20_000
