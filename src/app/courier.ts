import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Connector } from '../deliver/connect.ts'
import { Deliverer } from '../deliver/deliverer.ts'
import { Demands } from '../deliver/demands.ts'
import { deliverFiling } from '../deliver/filing.ts'
import { type GivenUp, giveUp } from '../deliver/give-up.ts'
import { IdleSessions } from '../deliver/idle-sessions.ts'
import type { ItemTurn } from '../desk/item-turns.ts'
import { HoldRules } from '../desk/hold-rules.ts'
import { PersonPauses } from '../desk/pauses.ts'
import { QueueDesk } from '../desk/queue.ts'
import { screenedQueue } from '../desk/screened-queue.ts'
import { Notices } from '../deliver/notices.ts'
import { Settlements } from '../deliver/settlements.ts'
import type { SourceBook } from '../deliver/source-book.ts'
import { deliverUnsuppressed } from '../deliver/suppressed.ts'
import { RegisteredTlsMemory } from '../deliver/tls-memory.ts'
import { type NamedWays, noNamedWays } from '../deliver/way.ts'
import type { Directory } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Dialer } from '../io/dialer.ts'
import type { StsPolicies } from '../mta-sts/finding.ts'
import type { Batch, BatchOutcome } from '../post/batch.ts'
import type { Post } from '../post/post.ts'
import { defaultConcurrency } from '../queue/concurrency.ts'
import { backOffWithin } from '../queue/destination-health.ts'
import { Dispatcher } from '../queue/dispatcher.ts'
import { QueueWatch } from '../queue/queue-watch.ts'
import { type RetryPolicy, RetrySchedule } from '../queue/schedule.ts'
import type { TlsLedger } from '../report/tls-fact.ts'
import type { Self } from '../route/self.ts'
import type { SuppressionList } from '../suppression/suppression-list.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import type { Store } from '../store/ports/store.ts'
import type { TransportRules } from '../transport/transport.ts'
import { type AccountHabitPlan, AccountHolding } from './account-holding.ts'
import { type CourierLimits, keptFor, nothingSaid } from './courier-limits.ts'
import { OutgoingSources } from './outgoing-sources.ts'

export interface CourierOptions {
  readonly hostname: string
  readonly directory: Directory
  readonly store: Store
  readonly post: Post
  /** Both are shut before deliveries are broken off, so that none waits for others. */
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly clock: Clock
  /** Numbers in [0, 1) that nobody can guess. */
  readonly random: () => number
  /** PEM certificates to trust; `undefined` is the system's own set. */
  readonly trustAnchors: readonly string[] | undefined
  /** What is asked of TLS at other servers, by the destination. Absent: nothing. */
  readonly transport?: ((destination: string) => TransportRules) | undefined
  /** Who knows what domains ask of TLS. Absent: nobody is asked. */
  readonly sts?: StsPolicies | undefined
  /** Who is told how TLS fared in each session. Absent: nobody. */
  readonly ledger?: TlsLedger | undefined
  readonly self: Self
  /** The servers that the settings name. Absent: DNS is asked for all. */
  readonly ways?: NamedWays | undefined
  /** The addresses to which nothing is sent, and how they come onto that list. */
  readonly suppressions: SuppressionList
  readonly retry: RetryPolicy
  /** Which accounts are held that send far above their habit, as it is now. Absent: none. */
  readonly habit?: () => AccountHabitPlan | undefined
  readonly limits: CourierLimits
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** Brings to other servers what waits in the queue. */
export class Courier {
  readonly #options: CourierOptions
  /** What is held instead of sent. */
  readonly rules: HoldRules
  /** What is not sent for a while. */
  readonly pauses: PersonPauses
  readonly #holding: AccountHolding
  readonly #tlsMemory: RegisteredTlsMemory
  readonly #sources: OutgoingSources
  readonly #deliverer: Deliverer
  /** Connections that have sent all and may serve other destinations. */
  readonly #idle: IdleSessions
  readonly #dispatcher: Dispatcher
  readonly #watch: QueueWatch

  constructor(options: CourierOptions) {
    const { store, report } = options
    this.#options = options
    const now = (): number => options.clock.now()
    this.rules = new HoldRules({ register: store.register, queue: store.queue, now })
    this.pauses = new PersonPauses({ register: store.register, now })
    this.#holding = this.#makeHolding()
    this.#tlsMemory = new RegisteredTlsMemory({
      register: store.register,
      clock: options.clock,
      report: (problem) => report(problem, 'memory of TLS'),
    })
    this.#sources = new OutgoingSources({
      register: store.register,
      clock: options.clock,
      persons: this.pauses,
      log: options.log,
      report: (problem) => report(problem, 'counts of sources'),
    })
    this.#idle = new IdleSessions(options.clock, keptFor)
    const settlements = this.#makeSettlements()
    this.#deliverer = this.#makeDeliverer(settlements)
    this.#dispatcher = this.#makeDispatcher(settlements)
    this.use(options.limits)
    this.#watch = new QueueWatch({
      changes: (query) => store.changes(query),
      // What is known of destinations stays known.
      wake: (dueAt) => this.#dispatcher.notify(dueAt),
      onProblem: (problem) => report(problem, 'queue: the feed of changes'),
    })
  }

  /** Begins to deliver what waits in the queue. */
  async start(): Promise<void> {
    const { queue } = this.#options.store
    const { pauses } = this
    const known = [pauses.load(), this.#holding.habits.load(), this.#sources.loaded()]
    await Promise.all([queue.releaseLeases(), ...known])
    this.#watch.start()
    this.#dispatcher.start()
  }

  /**
   * Looks at the queue now: the clock was moved, or somebody asked. That a destination (or any) was
   * down is forgotten.
   */
  wake(destination?: string): void {
    this.#sources.book.forget(
      destination === undefined ? undefined : this.#dispatcher.siteOf(destination),
    )
    this.#dispatcher.forget(destination)
  }

  /** Letters that are being delivered or have their turn next. */
  get underWay(): number {
    return this.#dispatcher.counts.leased
  }

  /** Where each of these items is. */
  turns(queueIds: readonly string[]): readonly ItemTurn[] {
    return queueIds.map((queueId): ItemTurn => {
      const taken = this.#dispatcher.has(queueId) ? 'place' : 'elsewhere'
      return { queueId, at: this.#deliverer.sending(queueId) ?? taken }
    })
  }

  /** The site of each of these destinations, in their order, as far as it is known. */
  sites(destinations: readonly string[]): readonly string[] {
    return destinations.map((destination) => this.#dispatcher.siteOf(destination))
  }

  /** The destinations to which nothing is sent for a while. */
  get down(): Dispatcher['down'] {
    return this.#dispatcher.down
  }

  /** Destinations with letters that are due and may not go, and why. */
  get heldBack(): Dispatcher['heldBack'] {
    return this.#dispatcher.heldBack
  }

  /** The addresses that mail goes out from, how each stands, and which a letter would go from. */
  get sources(): Pick<SourceBook, 'standings' | 'laneOf' | 'foresee'> {
    return this.#sources.book
  }

  /** From now on so much may go when, and from where. */
  use({ traffic = nothingSaid, sources }: Pick<CourierLimits, 'traffic' | 'sources'>): void {
    this.pauses.knows(sources?.sources ?? [])
    this.#sources.use(sources)
    this.#dispatcher.use(traffic)
  }

  /** Takes back what is leased and not begun; gives the ids of what is truly under way. */
  withdraw(queueIds: readonly string[]): Promise<readonly string[]> {
    return this.#dispatcher.withdraw(queueIds)
  }

  /** What is written down of letters that somebody gives up, with the notices to their senders. */
  giveUp(
    items: readonly QueueItem[],
    given: GivenUp & { readonly tellSender: boolean },
  ): Promise<readonly Settlement[]> {
    const { clock, log } = this.#options
    const notices = given.tellSender ? this.#makeNotices() : undefined
    return giveUp(items, given, { clock, log, notices })
  }

  /** Begins nothing new. Resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#idle.close()
    await Promise.all([this.#watch.stop(), this.#dispatcher.stop()])
    const settled = [this.#tlsMemory.settled(), this.#holding.settled(), this.#sources.settled()]
    await Promise.all(settled)
  }

  /**
   * What is under way must end now. A letter that was sent whole and not answered is waited for as
   * long as RFC 5321 §4.5.3.2.6 asks, ten minutes; the log says for which. `hurry` cuts that short.
   */
  breakOff(): void {
    this.#dispatcher.breakOff('wait-for-answer')
  }

  /**
   * Nothing is waited for any more. The records of letters that were sent whole say that their
   * answers were not waited for.
   */
  hurry(): void {
    this.#dispatcher.breakOff('at-once', 'this server was told to wait no longer')
  }

  #makeHolding(): AccountHolding {
    const { habit: plan = () => undefined, store, clock, ...rest } = this.#options
    const { rules, pauses } = this
    const desk = new QueueDesk({
      queue: store.queue,
      rules,
      pauses,
      now: () => clock.now(),
      withdraw: (queueIds) => this.withdraw(queueIds),
      canTell: true,
      giveUp: (items, given) => this.giveUp(items, given),
    })
    return new AccountHolding({ ...rest, store, clock, rules, desk, plan })
  }

  #makeDispatcher(settlements: Settlements): Dispatcher {
    const { hostname, directory, store, clock, random, retry, limits, suppressions, log, report } =
      this.#options
    const deliver = (batch: Batch): Promise<BatchOutcome> => this.#deliverer.deliver(batch)
    const by = { clock, log, notices: this.#makeNotices(), deliver }
    return new Dispatcher({
      queue: screenedQueue(store.queue, this.rules, (items) => this.#holding.habits.note(items)),
      clock,
      owner: `${hostname} ${process.pid}`,
      deliverBatch: (batch) => {
        const deliver = (rest: Batch): Promise<BatchOutcome> =>
          deliverUnsuppressed(rest, suppressions, by)
        return deliverFiling(batch, { directory, settlements, clock, deliver })
      },
      postponeBatch: (postponement) => settlements.ofPostponed(postponement),
      pauses: this.pauses,
      onProblem: ({ type, error }) => report(error, `queue: ${type}`),
      random,
      keepConnectionMs: keptFor.keepMs,
      backOff: backOffWithin(retry),
      // With what chance adds to it, and a margin for what is put off between two attempts.
      longestWaitMs: retry.maxDelayMs * (1 + retry.jitter) + 3_600_000,
      limits: { total: limits.outgoing, slow: limits.outgoingSlow },
      concurrency: {
        ...defaultConcurrency,
        limit: limits.outgoingToSite ?? defaultConcurrency.limit,
      },
    })
  }

  #makeNotices(): Notices {
    const { hostname, directory, store, post, clock, random } = this.#options
    const { messages, journeys } = store
    return new Notices({ hostname, directory, post, messages, journeys, clock, random })
  }

  #makeSettlements(): Settlements {
    const { clock, log, retry, random, suppressions: memory } = this.#options
    const schedule = new RetrySchedule(retry, Math.floor(random() * 2 ** 32))
    return new Settlements({ schedule, notices: this.#makeNotices(), memory, clock, log })
  }

  #makeDemands(): Demands | undefined {
    const { transport: rules, ...rest } = this.#options
    if (rules === undefined) return undefined
    return new Demands({ ...rest, rules, memory: this.#tlsMemory })
  }

  #makeDeliverer(settlements: Settlements): Deliverer {
    const { store, ways = noNamedWays, ...rest } = this.#options
    return new Deliverer({
      ...rest,
      ways,
      connector: new Connector(rest),
      messages: store.messages,
      settlements,
      demands: this.#makeDemands(),
      sources: this.#sources.book,
      idle: this.#idle,
    })
  }
}
