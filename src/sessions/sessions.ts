import type { Socket } from 'node:net'
import type { RecordOrigin } from '../journey/row.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import type { Endpoint } from '../io/peer.ts'
import type { ServerContext, StaticRsa } from '../io/tls-context.ts'
import type { LimitMet } from '../receive/guard.ts'
import type { InboundOptions, InboundRules } from '../receive/inbound-options.ts'
import type { Port } from '../receive/port.ts'
import type { TrustedNetworks } from '../receive/trust.ts'
import type { ServerOptions } from '../smtp/server-types.ts'

/** What a port is for. */
export type ListenerKind = 'smtp' | 'submission' | 'submissions'

/** By which rules letters are taken and kept. */
export interface SessionRules extends InboundRules {
  /** Whether addresses beyond RFC 5321 are taken where they can be meant in one way only. */
  readonly addresses: 'strict' | 'lenient'
  /** How much is kept of a letter that is refused, in octets. */
  readonly refusedBytes?: number
  /** How long a letter waits in the queue before it is given up. */
  readonly queueMs: number
  /** Whose machines may send without a log-in. Absent: nobody's. */
  readonly trusted?: TrustedNetworks
}

/** How much one session may say. */
export interface SessionLimits {
  readonly messageBytes: number
  readonly recipients: number
  readonly errors: number
}

/** What sessions go by. Plain data: it crosses threads. */
export interface SessionSettings {
  /** Which server the records are of. */
  readonly origin: RecordOrigin
  readonly rules: SessionRules
  readonly limits: SessionLimits
  readonly certificate: KeyedCertificate
  /** Whether port 25 takes TLS 1.2 with static RSA. The other ports never do. */
  readonly staticRsa: StaticRsa | undefined
  /** A client that comes again may come to another thread. */
  readonly ticketKeys: TicketKeys
}

/** Keys for tickets: users' ports take none of port 25, which has rules of its own. */
export interface TicketKeys {
  readonly strangers: Uint8Array
  readonly users: Uint8Array
}

/** How a port answers that is not one of a mail server's own: in the lab, and where mail is caught. */
export interface Manner {
  /** What its engine is told beside what its kind says. */
  readonly engine: Partial<Pick<ServerOptions, 'auth' | 'extensions'>>
  /** Who answers there; for each connection one. */
  port(parts: PortParts): Port
  /** Another TLS than the server's own, for a connection that begins; `undefined`: its own. */
  context?(): ServerContext | undefined
}

/** What a port in another manner can be made of. */
export interface PortParts {
  readonly inbound: InboundOptions
  /** The one that a mail server has for this kind. */
  readonly usual: () => Port
  /** Drops the connection without a word. */
  readonly drop: () => void
}

/** A connection that was let in. */
export interface Connection {
  readonly kind: ListenerKind
  /** Who is there, as all that is recorded, checked and told has it. */
  readonly remote: Endpoint
  /** Port 25 alone: STARTTLS is not offered. */
  readonly tls: 'none' | undefined
  /** Only for sessions on this thread. Absent: its kind's own. */
  readonly manner?: Manner | undefined
  /**
   * What its client had used up when it came, for a greeting that is due at once. `ask`: it is asked
   * when it is due, after the handshake.
   */
  readonly met: LimitMet | 'ask' | undefined
}

/** The sessions of a server, wherever they run. */
export interface Sessions {
  /** How many are open. */
  readonly size: number
  /** Resolves when there is somebody who takes connections. */
  ready(): Promise<void>
  /**
   * Begins one over a socket that nobody has read from.
   *
   * @param keep keeps its place when the socket leaves this thread: see `ListenOptions.onSocket`
   */
  take(socket: Socket, connection: Connection, keep: () => () => void): void
  /**
   * Sessions that begin from now on go by these, and so do letters that begin from now on. Resolves
   * when they hold everywhere.
   */
  use(settings: SessionSettings): Promise<void>
  /** Ends each with 421 as soon as nothing is under way in it. Resolves when all are over. */
  shutdown(): Promise<void>
  /** Ends each with 421 now, in the middle of a message too. */
  stop(): void
  /** Drops the connections at once. */
  abort(): void
  /** After `shutdown`: lets go of what sessions needed, when what they put down is on disk. */
  close(): Promise<void>
}
