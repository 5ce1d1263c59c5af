import type { Clock } from '../base/clock.ts'
import type { QueueItem, Settlement, Store } from '../store/store.ts'
import {
  type BackOffPolicy,
  defaultBackOff,
  type DestinationHealth,
  healthy,
  permission,
  probing,
  unreachable,
} from './destination-health.ts'
import { defaultLimits, DestinationLimits, type Limits } from './destination-limits.ts'
import { WaitingItems } from './waiting-items.ts'

/** Items for one destination that are delivered together. */
export interface Batch {
  readonly destination: string
  readonly items: readonly QueueItem[]
  /** Goes into each settlement. */
  readonly owner: string
}

/** What became of a batch. */
export interface BatchOutcome {
  /** One for each item; an item without one is tried again when its lease is over. */
  readonly settlements: readonly Settlement[]
  /**
   * `yes`: a server of the destination answered, whatever it said. `no`: none could be reached, so
   * other messages for it need not try now. `unknown`: no connection was needed to decide.
   */
  readonly reachable: 'yes' | 'no' | 'unknown'
  /** For `no`: what happened, for the record of the messages that are held back. */
  readonly problem?: string
}

/** A batch that is not tried, because its destination was found down a moment ago. */
export interface Postponement extends Batch {
  /** Not before this time; Unix milliseconds. */
  readonly until: number
  readonly because: string
}

/** What goes wrong around deliveries, for the log. Nothing is lost by any of these. */
export interface DispatcherProblem {
  readonly type: 'lease-failed' | 'delivery-crashed' | 'settle-failed' | 'item-not-settled'
  readonly queueIds: readonly string[]
  readonly error: unknown
}

export interface DispatcherOptions {
  readonly store: Pick<Store, 'lease' | 'settle' | 'nextDueAt'>
  readonly clock: Clock
  /** Names this process in leases. */
  readonly owner: string
  /** Tries to deliver. Must end some time; a rejection counts as a crash. */
  readonly deliverBatch: (batch: Batch) => Promise<BatchOutcome>
  /** Settlements that put items off; without it, destinations that are down are tried all the same. */
  readonly postponeBatch?: (
    postponement: Postponement,
  ) => readonly Settlement[] | Promise<readonly Settlement[]>
  readonly onProblem: (problem: DispatcherProblem) => void
  /** Numbers in [0, 1), for the back-off. */
  readonly random: () => number
  readonly limits?: Limits
  readonly backOff?: BackOffPolicy
  /** How long an attempt may take before another process may repeat it; one hour. */
  readonly leaseMs?: number
  /** Items in one batch; 50. */
  readonly maxBatch?: number
  /** Items leased at a time, waiting and under way; 2,000. */
  readonly maxLeased?: number
}

/** The longest sleep: another process may have put something into the queue. */
const maxSleepMs = 60_000
const minSleepMs = 20
const leaseAtOnce = 200
/** A batch is not split into smaller pieces than this to fill all connections. */
const smallBatch = 5
/** Destinations remembered as down. */
const maxRemembered = 10_000

interface Lease {
  readonly attempts: number
  /** The store gives the item to nobody before, unless it was settled. */
  until: number
  /** The item was settled and is due again, but its old batch has not quite ended. */
  again: QueueItem | undefined
}

type State = 'idle' | 'running' | 'stopping' | 'stopped'

/**
 * The scheduler: leases what is due, groups it by destination, hands batches to the deliverer within
 * the limits, settles what came of them, and sleeps until the next item is due or `notify` is called.
 *
 * A crash between delivery and settlement repeats an attempt and never loses one: the item stays in
 * the store under its lease. While an attempt lasts longer than its lease, the lease is renewed by
 * leasing the item again, and the item is not started twice.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #limits: DestinationLimits
  readonly #backOff: BackOffPolicy
  readonly #leaseMs: number
  readonly #maxBatch: number
  readonly #maxLeased: number
  readonly #waiting = new WaitingItems()
  /** The leases we hold, of items waiting and under way, by the item's id. */
  readonly #leases = new Map<string, Lease>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #health = new Map<string, DestinationHealth>()
  /** Ends the waits between attempts to settle, when stopping. */
  readonly #hurry = new Set<() => void>()
  #state: State = 'idle'
  #round: Promise<void> | undefined
  #again = false
  #cancelSleep: (() => void) | undefined
  #leaseFailures = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#limits = new DestinationLimits(options.limits ?? defaultLimits)
    this.#backOff = options.backOff ?? defaultBackOff
    this.#leaseMs = options.leaseMs ?? 3_600_000
    this.#maxBatch = options.maxBatch ?? 50
    this.#maxLeased = options.maxLeased ?? 2000
  }

  /** Begins. Call `Store.releaseLeases` before, when no other process uses the store. */
  start(): void {
    if (this.#state !== 'idle') throw new Error(`Dispatcher: start while ${this.#state}`)
    this.#state = 'running'
    this.notify()
  }

  /** Something new may be due. Cheap; may be called at any time, as often as wanted. */
  notify(): void {
    if (this.#state !== 'running') return
    this.#again = true
    this.#round ??= this.#rounds()
  }

  /** Forgets that a destination (or any) was down, for a retry that a person asked for. */
  forget(destination?: string): void {
    for (const [name, health] of this.#health) {
      const meant = destination === undefined || destination === name
      if (meant && health.state === 'down') this.#health.delete(name)
    }
    this.notify()
  }

  /** What is going on, for the console. */
  get counts(): { readonly leased: number; readonly batchesUnderWay: number } {
    return { leased: this.#leases.size, batchesUnderWay: this.#limits.total }
  }

  /** The destinations that are held back now. */
  get down(): ReadonlyMap<string, DestinationHealth> {
    return this.#health
  }

  /**
   * Starts nothing more, waits for what is under way and settles it. Items that were leased and not
   * started stay in the store; their leases end with `Store.releaseLeases` at the next start.
   */
  async stop(): Promise<void> {
    if (this.#state === 'idle') this.#state = 'stopped'
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    this.#cancelSleep?.()
    for (const hurry of this.#hurry) hurry()
    await this.#round
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    this.#waiting.clear()
    this.#leases.clear()
    this.#state = 'stopped'
  }

  /** Rounds of leasing and starting until nobody wants another one; then sleep. Never rejects. */
  async #rounds(): Promise<void> {
    this.#cancelSleep?.()
    this.#cancelSleep = undefined
    let sleepMs: number | undefined
    while (this.#again && this.#state === 'running') {
      this.#again = false
      sleepMs = await this.#lease()
      this.#startBatches()
    }
    // From here to the end nothing is awaited: a notify either was seen above or starts new rounds.
    this.#round = undefined
    if (this.#state !== 'running' || sleepMs === undefined) return
    this.#cancelSleep = this.#options.clock.setTimer(sleepMs, () => {
      this.#cancelSleep = undefined
      this.notify()
    })
  }

  /** Leases while there is room and something due. Gives how long to sleep after that. */
  async #lease(): Promise<number | undefined> {
    const { store, clock, owner, onProblem } = this.#options
    try {
      for (;;) {
        const limit = Math.min(leaseAtOnce, this.#maxLeased - this.#leases.size)
        // No room: the end of a batch notifies. The sleep is for leases that want renewal.
        if (limit <= 0) return maxSleepMs
        const now = clock.now()
        const leaseUntil = now + this.#leaseMs
        const items = await store.lease({ owner, now, leaseUntil, limit })
        this.#leaseFailures = 0
        for (const item of items) this.#hold(item, { now, until: leaseUntil })
        if (this.#state !== 'running') return undefined
        if (items.length < limit) break
        this.#startBatches()
      }
      const dueAt = await store.nextDueAt()
      const wait = dueAt === undefined ? maxSleepMs : dueAt - clock.now()
      return Math.min(Math.max(wait, minSleepMs), maxSleepMs)
    } catch (error) {
      onProblem({ type: 'lease-failed', queueIds: [], error })
      this.#leaseFailures++
      return Math.min(maxSleepMs, 1000 * 2 ** Math.min(this.#leaseFailures - 1, 6))
    }
  }

  #hold(item: QueueItem, { now, until }: { readonly now: number; readonly until: number }): void {
    const lease = this.#leases.get(item.id)
    if (lease === undefined) {
      this.#add(item, until)
      return
    }
    // An item of ours that comes again was settled (attempts differ, or its lease was still good: it
    // was put off without one), or its lease had expired and now it has a new one.
    const settled = item.attempts !== lease.attempts || now < lease.until
    lease.until = until
    if (settled) lease.again = item
  }

  #add(item: QueueItem, until: number): void {
    this.#leases.set(item.id, { attempts: item.attempts, until, again: undefined })
    this.#waiting.add(item)
  }

  #letGo(id: string): void {
    const lease = this.#leases.get(id)
    this.#leases.delete(id)
    if (lease?.again !== undefined) this.#add(lease.again, lease.until)
  }

  /** Starts batches, one a destination in turn, as long as there is room. */
  #startBatches(): void {
    for (let progress = true; progress && this.#state === 'running' && !this.#limits.full; ) {
      progress = false
      for (const destination of this.#waiting.destinations()) {
        if (this.#limits.full) return
        if (this.#startBatch(destination)) progress = true
      }
    }
  }

  #startBatch(destination: string): boolean {
    const free = this.#limits.free(destination)
    if (free === 0) return false
    const health = this.#health.get(destination) ?? healthy
    const now = this.#options.clock.now()
    const may =
      this.#options.postponeBatch === undefined
        ? ({ type: 'all' } as const)
        : permission(health, now)
    switch (may.type) {
      case 'none': {
        if (may.until === undefined) return false
        const { until, because } = may
        const items = this.#takeLiving(destination, this.#maxBatch)
        if (items.length === 0) return false
        this.#begin(destination, items, (batch) => this.#postpone({ ...batch, until, because }))
        return true
      }
      case 'one':
      case 'all': {
        // All connections get a share, but no batch becomes so small that connecting costs more.
        const share = Math.ceil(this.#waiting.count(destination) / free)
        const count = may.type === 'one' ? 1 : Math.max(smallBatch, share)
        const items = this.#takeLiving(destination, count)
        if (items.length === 0) return false
        if (may.type === 'one') this.#health.set(destination, probing(health))
        this.#begin(destination, items, (batch) => this.#deliver(batch))
        return true
      }
    }
  }

  /** Takes items whose lease still lasts; others may be another process's by now. */
  #takeLiving(destination: string, count: number): readonly QueueItem[] {
    const taken = this.#waiting.take(destination, { count, max: this.#maxBatch })
    const now = this.#options.clock.now()
    return taken.filter((item) => {
      const living = (this.#leases.get(item.id)?.until ?? 0) > now
      if (!living) this.#leases.delete(item.id)
      return living
    })
  }

  #begin(
    destination: string,
    items: readonly QueueItem[],
    run: (batch: Batch) => Promise<void>,
  ): void {
    this.#limits.start(destination)
    const underWay = run({ destination, items, owner: this.#options.owner }).finally(() => {
      this.#limits.end(destination)
      for (const { id } of items) this.#letGo(id)
      this.#underWay.delete(underWay)
      this.notify()
    })
    this.#underWay.add(underWay)
  }

  async #deliver(batch: Batch): Promise<void> {
    const { deliverBatch, onProblem } = this.#options
    const queueIds = batch.items.map(({ id }) => id)
    try {
      const outcome = await deliverBatch(batch)
      this.#learn(batch.destination, outcome)
      await this.#settle(outcome.settlements)
      const settled = new Set(outcome.settlements.map(({ queueId }) => queueId))
      const left = queueIds.filter((id) => !settled.has(id))
      if (left.length > 0) onProblem({ type: 'item-not-settled', queueIds: left, error: undefined })
    } catch (error) {
      // The items stay leased and are tried again when their leases are over.
      this.#learn(batch.destination, { reachable: 'unknown' })
      onProblem({ type: 'delivery-crashed', queueIds, error })
    }
  }

  async #postpone(postponement: Postponement): Promise<void> {
    const { postponeBatch, onProblem } = this.#options
    try {
      await this.#settle((await postponeBatch?.(postponement)) ?? [])
    } catch (error) {
      onProblem({
        type: 'delivery-crashed',
        queueIds: postponement.items.map(({ id }) => id),
        error,
      })
    }
  }

  #learn(destination: string, outcome: Pick<BatchOutcome, 'reachable' | 'problem'>): void {
    const health = this.#health.get(destination) ?? healthy
    switch (outcome.reachable) {
      case 'yes':
        this.#health.delete(destination)
        return
      case 'unknown':
        // A probe that found out nothing leaves the way free: the next batch finds out.
        if (health.state === 'probing') this.#health.delete(destination)
        return
      case 'no': {
        const { clock, random } = this.#options
        const because = outcome.problem ?? 'no server could be reached'
        const next = unreachable(health, {
          policy: this.#backOff,
          now: clock.now(),
          because,
          random,
        })
        // Set anew, so that the oldest entry is the first one and goes when there are too many.
        this.#health.delete(destination)
        this.#health.set(destination, next)
        if (this.#health.size <= maxRemembered) return
        for (const [oldest, { state }] of this.#health) {
          if (state !== 'down') continue
          this.#health.delete(oldest)
          return
        }
      }
    }
  }

  /**
   * Settles until it is done: a settlement that is lost is a delivery that is repeated. While the
   * dispatcher stops, one more attempt is made.
   */
  async #settle(settlements: readonly Settlement[]): Promise<void> {
    if (settlements.length === 0) return
    const { store, onProblem } = this.#options
    for (let waitMs = 1000; ; waitMs = Math.min(waitMs * 2, 30_000)) {
      const last = this.#state !== 'running'
      try {
        await store.settle(settlements)
        return
      } catch (error) {
        const queueIds = settlements.map(({ queueId }) => queueId)
        onProblem({ type: 'settle-failed', queueIds, error })
        if (last) return
        await this.#wait(waitMs)
      }
    }
  }

  /** Waits, or less when stopping. */
  async #wait(ms: number): Promise<void> {
    if (this.#state !== 'running') return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.setTimer(ms, resolve)
    this.#hurry.add(resolve)
    await promise
    this.#hurry.delete(resolve)
    cancel()
  }
}
