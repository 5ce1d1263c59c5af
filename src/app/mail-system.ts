import { makeId } from '../base/id.ts'
import type { RoutePlace } from '../desk/limited-route.ts'
import type { ListenerStatus } from '../desk/status.ts'
import { noNamedWays } from '../deliver/way.ts'
import { chance } from '../io/clock.ts'
import type { Listener } from '../io/listener.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import type { RecordOrigin } from '../journey/row.ts'
import { Admission as Clients } from '../policy/admission.ts'
import { noLimits } from '../policy/admission-limits.ts'
import { Post } from '../post/post.ts'
import { LetterDoor } from '../sessions/letter-door.ts'
import { LocalSessions } from '../sessions/local-sessions.ts'
import type { SessionNeeds } from '../sessions/session-needs.ts'
import { startSessionWorker } from '../sessions/session-thread.ts'
import type { Sessions, SessionSettings } from '../sessions/sessions.ts'
import { ThreadSessions } from '../sessions/thread-sessions.ts'
import { defaultConcurrency } from '../queue/concurrency.ts'
import { ReturnedMail } from '../bounces/returned-mail.ts'
import type { SuppressionList } from '../suppression/suppression-list.ts'
import { Courier } from './courier.ts'
import { MailServer, type PortPlan } from './mail-server.ts'
import { Reporter } from './reporter.ts'
import { StoppableNetwork } from './stoppable-network.ts'
import { openSts, type Sts } from './sts.ts'
import { suppressing, suppressionList } from './suppressing.ts'
import { WeeklyTicketKeys } from './ticket-keys.ts'
import type { MailSystemOptions, MailSystemChange } from './system-options.ts'

/** One running mail server: what comes in, what goes out, and what is reported. */
export class MailSystem {
  #options: MailSystemOptions
  /** The one door for all that is to reach somebody. */
  readonly post: Post
  /** Where letters are handed in that come by no connection of SMTP. */
  readonly door: LetterDoor
  /** The addresses to which nothing is sent. */
  readonly suppressions: SuppressionList
  readonly #sessions: Sessions
  readonly #server: MailServer
  readonly #courier: Courier
  readonly #reporter: Reporter
  readonly #returned: ReturnedMail
  readonly #sts: Sts | undefined
  /** The way to others, for all but the sessions. */
  readonly #network: StoppableNetwork
  readonly #tickets: WeeklyTicketKeys
  #hurried = false

  /** @throws WaybillError `key-unusable` */
  constructor(options: MailSystemOptions) {
    this.#options = options
    const { clock, log, store } = options
    this.suppressions = suppressionList({ store, clock }, () => this.#options.suppression)
    const clients = options.clients ?? new Clients({ limits: noLimits, clock, log })
    this.#tickets = new WeeklyTicketKeys(clock)
    this.post = this.#makePost(options)
    this.#network = new StoppableNetwork(options.dialer, options.resolver)
    const { post, suppressions } = this
    const outside = { resolver: this.#network, dialer: this.#network, suppressions }
    this.#sts = openSts({ ...options, network: this.#network, random: chance })
    const sts = this.#sts?.policies
    const { directory, self, ways, hostname, limits, reports: plan = {} } = options
    this.#reporter = new Reporter({ ...options, ...outside, plan, post, random: chance })
    const { ledger } = this.#reporter
    const habit = (): MailSystemOptions['habit'] => this.#options.habit
    const more = { sts, ledger, post, habit, transport: this.#transport(options), random: chance }
    this.#courier = new Courier({ ...options, ...outside, ...more })
    this.#returned = new ReturnedMail({ ...options, suppressions })
    this.#sessions = this.#makeSessions(clients)
    const settings = (): SessionSettings => this.#sessionSettings()
    this.door = new LetterDoor({ ...this.#needs(clients), directory, self, ways }, settings)
    const { connections } = limits
    const sessions = this.#sessions
    this.#server = new MailServer({ hostname, sessions, clients, connections, log })
  }

  /** Begins to deliver what waits in the queue, and to report. */
  async start(): Promise<void> {
    const { report } = this.#options
    const failed = (problem: unknown): void => report(problem, 'new keys for TLS tickets')
    this.#tickets.start(() => void this.use({}).catch(failed))
    await this.suppressions.start()
    await this.#courier.start()
    this.#returned.start()
    this.#reporter.start()
    this.#sts?.start()
  }

  newId(): string {
    return makeId(this.#options.clock.now(), chance)
  }

  /**
   * Connections and letters that begin from now on go by these, and where sessions have threads of
   * their own, by those who live here now. Resolves when it holds everywhere.
   *
   * @throws WaybillError `key-unusable`; nothing has changed then
   */
  async use(change: Partial<MailSystemChange>): Promise<void> {
    const before = this.#options
    this.#options = { ...this.#options, ...change }
    try {
      await this.#sessions.use(this.#sessionSettings())
    } catch (problem) {
      this.#options = before
      throw problem
    }
    this.#courier.use(this.#options.limits)
    this.#server.setConnections(this.#options.limits.connections)
  }

  /** By which rules letters that come in are decided, as they are now. */
  get decisionRules(): DecisionRules {
    return this.#options.rules.decision
  }

  /** See `Courier.wake`. */
  wakeQueue(destination?: string): void {
    this.#courier.wake(destination)
  }

  /** The ports that are open, and who is there. */
  get listeners(): readonly ListenerStatus[] {
    return this.#server.listeners
  }

  /** What was counted of TLS at other servers, in the text format of Prometheus. */
  get tlsLines(): readonly string[] {
    return [...(this.#sts?.lines ?? []), ...(this.#reporter.ledger?.lines ?? [])]
  }

  /** See `Courier.underWay`. */
  get underWay(): number {
    return this.#courier.underWay
  }

  /** See `Courier.down`. */
  get down(): Courier['down'] {
    return this.#courier.down
  }

  /** See `Courier.heldBack`. */
  get heldBack(): Courier['heldBack'] {
    return this.#courier.heldBack
  }

  /** How the last round of MTA-STS policies went. */
  get mtaSts(): Sts['lastRefresh'] {
    return this.#sts?.lastRefresh
  }

  /** What became of the last reports of TLS. */
  get tlsReports(): Reporter['lastTls'] {
    return this.#reporter.lastTls
  }

  /** By what the way of a letter is found. */
  get roads(): Pick<
    RoutePlace,
    'resolver' | 'self' | 'ways' | 'rules' | 'sts' | 'limits' | 'sources'
  > {
    const { self, ways = noNamedWays, transport, limits, store } = this.#options
    const { traffic = { destinations: [], senders: [] } } = limits
    const connections = limits.outgoingToSite ?? defaultConcurrency.limit
    return {
      resolver: this.#network,
      self,
      ways,
      rules: transport ?? nothingAsked,
      sts: this.#sts?.policies ?? noPolicies,
      limits: { plan: traffic, connections, register: store.register },
      sources: this.#courier.sources,
    }
  }

  /** See `Courier.sources`. */
  get sources(): Courier['sources']['standings'] {
    return this.#courier.sources.standings
  }

  /** What people may do with what waits. */
  get letters(): Pick<Courier, 'withdraw' | 'giveUp' | 'rules' | 'pauses' | 'turns' | 'sites'> {
    return this.#courier
  }

  /**
   * Opens a port.
   *
   * @throws WaybillError `port-taken`
   */
  listen(port: PortPlan): Promise<Listener> {
    return this.#server.listen(port)
  }

  /**
   * Stops: no new connections, no new delivery, and what is under way may finish within `graceMs`.
   * Who is not done then is told so, and cut off when that takes too long. See `Courier.breakOff`.
   */
  async close(graceMs = 2000, others?: Promise<unknown>): Promise<void> {
    this.#tickets.stop()
    const served = this.#server.shutdown()
    const delivered = this.#courier.stop()
    const reported = Promise.all([this.#reporter.stop(), this.#sts?.stop()])
    const late = setTimeout(() => {
      this.#sessions.stop()
      this.#network.shut()
      this.#courier.breakOff()
    }, graceMs)
    const last = setTimeout(() => this.#sessions.abort(), graceMs + lastWordMs)
    if (this.#hurried) this.hurry()
    await Promise.all([served, delivered, reported])
    await this.#returned.stop()
    await this.#reporter.settled()
    await others
    clearTimeout(late)
    clearTimeout(last)
    this.#network.cut()
    await this.#sessions.close()
    await this.#options.store.close()
  }

  /** Cuts a `close` short, also one that is to come: nothing is waited for any more but the store. */
  hurry(): void {
    this.#hurried = true
    this.#sessions.abort()
    this.#network.shut()
    this.#courier.hurry()
  }

  /** As the settings have it now. */
  #transport({ transport }: MailSystemOptions): MailSystemOptions['transport'] {
    if (transport === undefined) return undefined
    return (destination) => (this.#options.transport ?? transport)(destination)
  }

  #makeSessions(guard: Clients): Sessions {
    const { threads } = this.#options
    const needs = this.#needs(guard)
    if (threads === undefined) return new LocalSessions(needs, this.#sessionSettings())
    const { count, start = startSessionWorker } = threads
    return new ThreadSessions({ ...needs, ...threads }, this.#sessionSettings(), { count, start })
  }

  #sessionSettings(): SessionSettings {
    const { rules, limits, certificate, staticRsa } = this.#options
    const { messageBytes, recipients, errors } = limits
    const each = { messageBytes, recipients, errors }
    const tls = { certificate, staticRsa, ticketKeys: this.#tickets.current }
    return { origin: this.#origin, rules, limits: each, ...tls }
  }

  #needs(guard: Clients): SessionNeeds {
    const { directory, admission, store, resolver, clock, log, report } = this.#options
    return {
      directory,
      admission: suppressing(this.suppressions, admission),
      guard,
      contents: store.contents,
      post: this.post,
      resolver,
      clock,
      random: chance,
      judged: this.#reporter.judged,
      log,
      report,
    }
  }

  get #origin(): RecordOrigin {
    const { hostname: host, mode = 'live' } = this.#options
    return { host, mode }
  }

  #makePost({ store, directory, clock }: MailSystemOptions): Post {
    return new Post({
      store: store.post,
      directory,
      origin: this.#origin,
      clock,
      newId: () => this.newId(),
      queueMs: () => this.#options.rules.queueMs,
    })
  }
}

/** What is asked of TLS where the settings say nothing. */
const nothingAsked: RoutePlace['rules'] = () => {
  return { dane: false, mtaSts: false, least: 'opportunistic', memory: 'note' }
}

const noPolicies: RoutePlace['sts'] = { of: () => Promise.resolve({ type: 'none' }) }

/** How long a client may take to hear that the server stops. */
const lastWordMs = 500
