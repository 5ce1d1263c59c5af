import { randomInt } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { makeId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import { deliverBatch } from '../deliver/deliverer.ts'
import { type GivenUp, giveUp } from '../deliver/give-up.ts'
import { postponeBatch } from '../deliver/postpone.ts'
import type { Directory } from '../directory/directory.ts'
import type { ListenerStatus } from '../desk/status.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import type { Dialer } from '../io/dialer.ts'
import { descriptorLimit, descriptorsForConnections } from '../io/descriptors.ts'
import { type Admission, listen, type ListenFailure, type Listener } from '../io/listener.ts'
import type { Peer } from '../io/peer.ts'
import { serverContext, type StaticRsa } from '../io/tls-context.ts'
import { Post } from '../post/post.ts'
import { Admission as Clients, noLimits } from '../policy/admission.ts'
import { backOffWithin } from '../queue/destination-health.ts'
import { Dispatcher } from '../queue/dispatcher.ts'
import { defaultLimits } from '../queue/places.ts'
import { isDelayWarningDue, nextStep, type RetryPolicy } from '../queue/schedule.ts'
import { busy } from '../receive/replies.ts'
import { InboundPort, type InboundRules } from '../receive/inbound.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { Port } from '../receive/port.ts'
import type { ConnectionFacts } from '../receive/connection-log.ts'
import { MailHandler } from '../receive/mail-handler.ts'
import { ReceiveSession } from '../receive/session.ts'
import { SubmissionPort } from '../receive/submission.ts'
import type { RecordOrigin } from '../journey/row.ts'
import type { Self } from '../route/self.ts'
import { formatReply } from '../smtp/reply-format.ts'
import { defaultServerOptions } from '../smtp/server-options.ts'
import type { ServerOptions } from '../smtp/server-types.ts'
import type { FullStore, OpenMessage, QueueItem, Settlement } from '../store/store.ts'
import { clientAddress } from './client-address.ts'
import { FailureReports, type FailureReportsPlan } from './failure-reports.ts'
import { Outside } from './outside.ts'

/** One mail server: what it is made of. */
export interface SitePlan {
  readonly hostname: string
  /** What records say of where they were made. */
  readonly mode: RecordOrigin['mode']
  readonly directory: Directory
  /** Who has a word about recipients beside the directory. */
  readonly admission?: RecipientAdmission | undefined
  readonly rules: SiteRules
  readonly store: FullStore
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  readonly certificate: KeyedCertificate
  /** Whether port 25 takes TLS 1.2 with static RSA; absent: no. The other ports never do. */
  readonly staticRsa?: StaticRsa
  /** PEM certificates to trust beside none; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  readonly self: Self
  readonly retry: RetryPolicy
  readonly limits: {
    readonly messageBytes: number
    readonly recipients: number
    readonly connections: number
    readonly errors: number
    readonly outgoing: number
    readonly outgoingSlow: number
  }
  /** How much each client may use. Absent: no client is counted. */
  readonly clients?: Clients | undefined
  /** Absent: no failure reports are sent. */
  readonly failureReports?: FailureReportsPlan | undefined
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** By which rules letters are taken and kept. */
export interface SiteRules extends InboundRules {
  /** Whether addresses beyond RFC 5321 are taken where they can be meant in one way only. */
  readonly addresses: 'strict' | 'lenient'
  /** How much is kept of a letter that is refused, in octets. */
  readonly refusedBytes?: number
  /** How long a letter waits in the queue before it is given up. */
  readonly queueMs: number
}

export type ListenerKind = 'smtp' | 'submission' | 'submissions'

/** Chance that nobody can guess: for ids, Message-IDs and the boundaries of reports. */
export function chance(): number {
  return randomInt(2 ** 47) / 2 ** 47
}

/** What each port speaks TLS with. */
export type TlsContexts = Readonly<Record<ListenerKind, ReturnType<typeof serverContext>>>

/**
 * The contexts of all ports. Users' programs have no need of static RSA, whatever the setting.
 *
 * @throws WaybillError `key-unusable`
 */
export function tlsContexts(
  certificate: KeyedCertificate,
  staticRsa: StaticRsa | undefined,
): TlsContexts {
  const forUsers = serverContext(certificate)
  return {
    smtp: serverContext(certificate, staticRsa),
    submission: forUsers,
    submissions: forUsers,
  }
}

/** One running mail server: its listeners, its sessions, its queue. */
export class Site {
  #plan: SitePlan
  #secure: TlsContexts
  /** The one door for all that is to reach somebody. */
  readonly post: Post
  readonly #dispatcher: Dispatcher
  readonly #listeners: { readonly kind: ListenerKind; readonly listener: Listener }[] = []
  readonly #sessions = new Set<ReceiveSession>()
  readonly #outside: Outside
  readonly #clients: Clients
  readonly #failureReports: FailureReports | undefined
  #empty: (() => void) | undefined
  #hurried = false
  #closing = false

  constructor(plan: SitePlan) {
    this.#plan = plan
    this.#secure = tlsContexts(plan.certificate, plan.staticRsa)
    const { clock, log } = plan
    this.#clients = plan.clients ?? new Clients({ limits: noLimits, clock, log })
    this.#outside = new Outside(plan.dialer, plan.resolver)
    this.post = this.#makePost(plan)
    this.#dispatcher = this.#makeDispatcher()
    this.#failureReports = this.#makeFailureReports(plan.failureReports)
  }

  /** Begins to deliver what waits in the queue. */
  async start(): Promise<void> {
    await this.#plan.store.releaseLeases()
    this.#dispatcher.start()
  }

  newId(): string {
    return makeId(this.#plan.clock.now(), chance)
  }

  /** These limits hold for every session that begins from now on. */
  replaceLimits(limits: SitePlan['limits']): void {
    this.#plan = { ...this.#plan, limits }
    for (const { listener } of this.#listeners) listener.setMaxConnections(limits.connections)
  }

  /** By these rules every letter is taken that begins from now on. */
  replaceRules(rules: SiteRules): void {
    this.#plan = { ...this.#plan, rules }
  }

  /** The ports that are open, and who is there. */
  get listeners(): readonly ListenerStatus[] {
    return this.#listeners.map(({ kind, listener }) => {
      const { address, port, taken } = listener
      return { name: kind, address, port, ...taken }
    })
  }

  /** Letters that are being delivered or have their turn next. */
  get underWay(): number {
    return this.#dispatcher.counts.leased
  }

  /** The destinations to which nothing is sent for a while. */
  get down(): Dispatcher['down'] {
    return this.#dispatcher.down
  }

  /** What is written down of letters that somebody gives up, with the notices to their senders. */
  giveUp(
    items: readonly QueueItem[],
    given: GivenUp & { readonly tellSender: boolean },
  ): Promise<readonly Settlement[]> {
    const { hostname, directory, store, clock, log } = this.#plan
    const openMessage = (id: string): OpenMessage | undefined => store.read.openMessage(id)
    const report = { hostname, directory, clock, random: chance, openMessage, post: this.post }
    return giveUp(items, given, { clock, log, report: given.tellSender ? report : undefined })
  }

  /** Something new is in the queue. What is known of destinations stays known. */
  queued(): void {
    this.#dispatcher.notify()
  }

  /** Connections that begin from now on speak TLS with these. */
  replaceTls(secure: TlsContexts): void {
    this.#secure = secure
  }

  /**
   * Looks at the queue now: the clock was moved, or somebody asked. That a destination (or any) was
   * down is forgotten.
   */
  wakeQueue(destination?: string): void {
    this.#dispatcher.forget(destination)
  }

  /**
   * Opens a port.
   *
   * @param input.clientIp what every client on this port counts as; its own address when absent
   * @throws WaybillError `port-taken`
   */
  async listen(input: {
    readonly kind: ListenerKind
    readonly address: string
    readonly port: number
    readonly clientIp?: string
    /** Port 25 alone: STARTTLS is not offered. */
    readonly tls?: 'none'
  }): Promise<Listener> {
    const { kind, clientIp, tls } = input
    const listener = await listen({
      address: input.address,
      port: input.port,
      maxConnections: this.#plan.limits.connections,
      maxDescriptor: descriptorsForConnections(descriptorLimit()),
      busy: this.#busy(),
      admit: (ip) => this.#admit(kind, clientIp ?? ip),
      handshakeTimeoutMs: handshakeMs,
      ...(kind === 'submissions' ? { implicitTls: () => this.#secure[kind] } : {}),
      onPeer: (peer) => this.#serve({ kind, tls }, peer, clientIp ?? clientAddress(peer.remote.ip)),
      onFailure: (failure) => this.#failed(kind, clientIp, failure),
    })
    this.#listeners.push({ kind, listener })
    return listener
  }

  /**
   * Stops: no new connections, no new delivery, and what is under way may finish within `graceMs`.
   * Who is not done then is told so, and cut off when that takes too long.
   *
   * A letter that was sent whole and not answered is waited for as long as RFC 5321 §4.5.3.2.6 asks,
   * ten minutes; the log says for which. `hurry` cuts that short.
   */
  async close(graceMs = 2000, others?: Promise<unknown>): Promise<void> {
    this.#closing = true
    const closed = Promise.all(this.#listeners.map(({ listener }) => listener.close()))
    const delivered = this.#dispatcher.stop()
    for (const session of this.#sessions) session.shutdown()
    const late = setTimeout(() => {
      for (const session of this.#sessions) session.stop()
      this.#outside.shut()
      this.#dispatcher.breakOff('wait-for-answer')
    }, graceMs)
    const last = setTimeout(() => {
      for (const session of this.#sessions) session.abort()
    }, graceMs + lastWordMs)
    if (this.#hurried) this.hurry()
    await Promise.all([closed.then(() => this.#noSessions()), delivered])
    await this.#failureReports?.settled()
    await others
    clearTimeout(late)
    clearTimeout(last)
    this.#outside.cut()
    await this.#plan.store.close()
  }

  /**
   * Cuts a `close` short, also one that is to come: nothing is waited for any more but the store. The
   * records of letters that were sent whole say that their answers were not waited for.
   */
  hurry(): void {
    this.#hurried = true
    for (const session of this.#sessions) session.abort()
    this.#outside.shut()
    this.#dispatcher.breakOff('at-once', 'this server was told to wait no longer')
  }

  #noSessions(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#empty = resolve
    })
  }

  /** What somebody hears for whom there is no room. */
  #busy(): Uint8Array {
    return encodeUtf8(`${formatReply(busy(this.#plan.hostname)).join('\r\n')}\r\n`)
  }

  #serve(
    { kind, tls }: { readonly kind: ListenerKind; readonly tls: 'none' | undefined },
    peer: Peer,
    ip: string,
  ): void {
    const { clock } = this.#plan
    const facts = { remote: { ...peer.remote, ip }, listener: kind, tls: peer.tls }
    const session: ReceiveSession = new ReceiveSession({
      peer,
      options: { ...this.#serverOptions(kind), ...(tls === undefined ? {} : { tls }) },
      handler: this.#handler(kind, facts),
      tlsRole: { side: 'server', context: this.#secure[kind] },
      clock,
      onClosed: () => {
        this.#sessions.delete(session)
        if (this.#sessions.size === 0) this.#empty?.()
      },
    })
    this.#sessions.add(session)
    session.start()
    // Its handshake was done when the ports closed.
    if (this.#closing) session.shutdown()
  }

  #admit(kind: ListenerKind, ip: string): Admission {
    const listener = { name: kind, places: this.#plan.limits.connections }
    const entrance = this.#clients.enter(ip, listener)
    if (entrance.type === 'admitted') return entrance
    return { type: 'turnedAway', words: this.#busy() }
  }

  /** A connection that is no session: full, or no handshake. */
  #failed(kind: ListenerKind, clientIp: string | undefined, failure: ListenFailure): void {
    const { type, port, problem } = failure
    const ip = clientAddress(failure.ip)
    if (type === 'tls') {
      const facts = { remote: { ip: clientIp ?? ip, port }, listener: kind, tls: undefined }
      const handler = this.#handler(kind, facts)
      handler.tlsFailed(problem.replace(/^TLS: /, ''))
      handler.closed('lost')
      return
    }
    const limit = type === 'full' ? 'limits.connections' : 'descriptors'
    const fields = { limit, listener: kind, client: ip, why: problem }
    // Whoever comes next is not to blame.
    this.#plan.log({ level: 'error', event: 'limit', fields })
  }

  get #origin(): RecordOrigin {
    const { hostname: host, mode } = this.#plan
    return { host, mode }
  }

  #handler(kind: ListenerKind, facts: ConnectionFacts): MailHandler {
    const { directory, store, clock, log, report } = this.#plan
    const options = {
      origin: this.#origin,
      directory,
      guard: this.#clients,
      contents: store,
      post: this.post,
      clock,
      refusedBytes: () => this.#plan.rules.refusedBytes,
      log,
      report,
    }
    return new MailHandler(options, facts, kind === 'smtp' ? this.#inbound() : this.#submission())
  }

  #inbound(): Port {
    const { hostname, directory, admission, resolver, clock, report } = this.#plan
    return new InboundPort({
      hostname,
      directory,
      admission,
      rules: () => this.#plan.rules,
      post: this.post,
      resolver,
      clock,
      judged: (letter) => this.#failureReports?.judged(letter),
      report,
    })
  }

  #submission(): Port {
    const { hostname, directory, admission, clock } = this.#plan
    return new SubmissionPort({
      hostname,
      directory,
      admission,
      guard: this.#clients,
      clock,
      random: chance,
      post: this.post,
    })
  }

  #makePost({ store, directory, clock }: SitePlan): Post {
    return new Post({
      store,
      directory,
      origin: this.#origin,
      clock,
      newId: () => this.newId(),
      queueMs: () => this.#plan.rules.queueMs,
      queued: () => this.queued(),
    })
  }

  #makeFailureReports(plan: FailureReportsPlan | undefined): FailureReports | undefined {
    if (plan === undefined) return undefined
    const { directory, hostname, store, clock, report } = this.#plan
    return new FailureReports({
      plan,
      messages: store.read,
      resolver: this.#outside,
      directory,
      hostname,
      post: this.post,
      clock,
      random: chance,
      report,
    })
  }

  #serverOptions(kind: ListenerKind): ServerOptions {
    const { hostname, rules, limits } = this.#plan
    return {
      ...defaultServerOptions,
      hostname,
      addresses: rules.addresses,
      tls: kind === 'submissions' ? 'implicit' : 'starttls',
      auth: kind === 'smtp' ? 'off' : 'required',
      maxMessageBytes: limits.messageBytes,
      // A report of success to a stranger could be a report to anybody whose name was written on the
      // letter. Not offered, the server before us reports that it handed the letter on (RFC 3461 §5.2.2).
      extensions: { ...defaultServerOptions.extensions, dsn: kind !== 'smtp' },
      limits: {
        ...defaultServerOptions.limits,
        recipients: limits.recipients,
        errors: limits.errors,
      },
    }
  }

  #makeDispatcher(): Dispatcher {
    const { hostname, directory, store, clock, log, trustAnchors, self, retry, limits } = this.#plan
    const world = {
      hostname,
      self,
      resolver: this.#outside,
      dialer: this.#outside,
      clock,
      log,
      trustAnchors,
      random: chance,
      openMessage: (id: string) => store.read.openMessage(id),
      retryAt: (item: { readonly attempts: number; readonly expiresAt: number }, now: number) => {
        const { attempts, expiresAt } = item
        const next = nextStep({
          policy: retry,
          attempts: attempts + 1,
          now,
          expiresAt,
          random: chance,
        })
        return next.type === 'retry' ? next.at : undefined
      },
      warnOfDelay: (
        item: { readonly createdAt: number; readonly nextAttemptAt: number },
        nextAttemptAt: number,
      ) => {
        const { createdAt, nextAttemptAt: scheduledAt } = item
        return isDelayWarningDue({ policy: retry, createdAt, scheduledAt, nextAttemptAt })
      },
      directory,
      post: this.post,
    }
    return new Dispatcher({
      store,
      clock,
      owner: `${hostname} ${process.pid}`,
      deliverBatch: (batch) => deliverBatch(world, batch),
      postponeBatch: (postponement) => postponeBatch(world, postponement),
      onProblem: ({ type, error }) => this.#plan.report(error, `queue: ${type}`),
      random: chance,
      keepConnectionMs,
      backOff: backOffWithin(retry),
      // With what chance adds to it, and a margin for what is put off between two attempts.
      longestWaitMs: retry.maxDelayMs * (1 + retry.jitter) + 3_600_000,
      limits: {
        total: limits.outgoing,
        slow: limits.outgoingSlow,
        perDestination: Math.min(defaultLimits.perDestination, limits.outgoing),
      },
    })
  }
}

/** How long a client may take to hear that the server stops. */
const lastWordMs = 500

/** How long a connection to another server is kept when all is sent: more may come at once. */
const keepConnectionMs = 1000

/** How long the handshake on the port that begins with TLS may take; STARTTLS has the same. */
const handshakeMs = 20_000
