import { Ending, type EndStage } from '../base/ending.ts'
import type { QueueItem, Store } from '../store/store.ts'
import type { Items } from './batch.ts'
import { BatchRunner, type BatchRunnerOptions } from './batch-runner.ts'
import {
  type BackOffPolicy,
  defaultBackOff,
  type DestinationHealth,
  type Permission,
} from './destination-health.ts'
import { KnownDestinations } from './known-destinations.ts'
import { Lanes } from './lanes.ts'
import { Leases } from './leases.ts'
import { defaultLimits, type Limits } from './places.ts'

export interface DispatcherOptions extends BatchRunnerOptions {
  readonly store: Pick<Store, 'lease' | 'settle' | 'nextDueAt'>
  /** Names this process in leases. */
  readonly owner: string
  /** Numbers in [0, 1), for the back-off. */
  readonly random: () => number
  readonly limits?: Limits
  readonly backOff?: BackOffPolicy
  /** How long a batch may take, and an attempt before another process may repeat it; one hour. */
  readonly leaseMs?: number
  /** Items in one batch; 50. */
  readonly maxBatch?: number
  /**
   * The longest wait that any schedule gives; six hours. An item that is due later than that was put
   * off before the machine's clock was set back, and is tried now.
   */
  readonly longestWaitMs?: number
  /** Items that are leased and wait, at a time; 2,000. What is under way is bounded by the places. */
  readonly maxWaiting?: number
}

/** The longest sleep: another process may have put something into the queue. */
const maxSleepMs = 60_000
const minSleepMs = 20
/** How long items are put off to make room for those of other destinations. */
const makeRoomMs = 5 * 60_000
const keepsWaiting = 'Its servers take long over the letters before this one.'
const leaseAtOnce = 200
/** A batch is not split into smaller pieces than this to fill all connections. */
const smallBatch = 5

type State = 'idle' | 'running' | 'stopping' | 'stopped'

/**
 * The scheduler: leases what is due, groups it by destination, hands batches to the deliverer within
 * the limits, settles what came of them, and sleeps until the next item is due or `notify` is called.
 *
 * A crash between delivery and settlement repeats an attempt and never loses one: the item stays in
 * the store under its lease. A batch whose lease is over is asked to end, and given up when it does
 * not; until then its items keep their leases and are not started twice.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lanes: Lanes
  readonly #destinations: KnownDestinations
  readonly #runner: BatchRunner
  readonly #leases = new Leases()
  readonly #leaseMs: number
  readonly #maxBatch: number
  readonly #maxWaiting: number
  /** What is under way, each with how it is asked to end. */
  readonly #underWay = new Map<Promise<void>, Ending>()
  #state: State = 'idle'
  #round: Promise<void> | undefined
  #again = false
  #cancelSleep: (() => void) | undefined
  #leaseFailures = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { limits = defaultLimits, clock } = options
    this.#lanes = new Lanes(limits, clock, () => this.notify())
    this.#destinations = new KnownDestinations(
      options.backOff ?? defaultBackOff,
      options.clock,
      options.random,
    )
    this.#leaseMs = options.leaseMs ?? 3_600_000
    this.#runner = new BatchRunner(options, this.#destinations, this.#leaseMs)
    this.#maxBatch = options.maxBatch ?? 50
    this.#maxWaiting = options.maxWaiting ?? 2000
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
    this.#destinations.forget(destination)
    this.notify()
  }

  /** What is going on, for the console. */
  get counts(): { readonly leased: number; readonly batchesUnderWay: number } {
    return { leased: this.#leases.count, batchesUnderWay: this.#lanes.total }
  }

  /** The destinations that are held back now. */
  get down(): ReadonlyMap<string, DestinationHealth> {
    return this.#destinations.down
  }

  /**
   * Starts nothing more, no letter of the batches under way either, waits for the letters that were
   * begun and settles them. Items that were leased and not started stay in the store; their leases
   * end with `Store.releaseLeases` at the next start.
   *
   * @param why stands behind "because" in the record of a letter that `breakOff` ends
   */
  async stop(why = 'this server was stopped'): Promise<void> {
    if (this.#state === 'idle') this.#state = 'stopped'
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    this.#cancelSleep?.()
    this.#runner.hurry()
    for (const ending of this.#underWay.values()) ending.ask('begin-nothing', why)
    await this.#round
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.keys())
    this.#leases.clear()
    this.#state = 'stopped'
  }

  /**
   * Cuts short what `stop` waits for: all but the answers to letters that were sent whole, or those
   * too. What is broken off is settled, and its record says why.
   */
  breakOff(
    stage: EndStage & ('wait-for-answer' | 'at-once'),
    why = 'this server was stopped',
  ): void {
    for (const ending of this.#underWay.values()) ending.ask(stage, why)
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
        const limit = Math.min(leaseAtOnce, this.#maxWaiting - this.#leases.waiting)
        // No room: the end of a batch notifies. The sleep is for leases that want renewal.
        if (limit <= 0) return maxSleepMs
        const now = clock.now()
        const leaseUntil = now + this.#leaseMs
        const farthest = now + (this.#options.longestWaitMs ?? 6 * 3_600_000)
        const items = await store.lease({ owner, now, leaseUntil, limit, farthest })
        this.#leaseFailures = 0
        for (const item of items) this.#leases.hold(item, { now, until: leaseUntil })
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

  /** Starts batches, one a destination in turn, as long as there is room. */
  #startBatches(): void {
    // What became of letters could not be written down: each one more could be sent twice.
    if (this.#runner.storeFails) return
    for (let progress = true; progress && this.#state === 'running'; ) {
      progress = false
      for (const destination of this.#leases.destinations()) {
        if (this.#startBatch(destination)) progress = true
      }
    }
    if (this.#leases.waiting >= this.#maxWaiting) this.#makeRoom()
  }

  /**
   * As many items wait as may, and none can start: those that wait for a destination
   * that keeps us waiting are put off, so that the others in the store have their turn.
   */
  #makeRoom(): void {
    if (!this.#runner.postpones || this.#state !== 'running') return
    for (const destination of this.#leases.destinations()) {
      if (this.#lanes.paceOf(destination) !== 'slow') continue
      const until = this.#options.clock.now() + makeRoomMs
      const items = this.#take(destination, this.#maxBatch)
      this.#postpone(destination, items, { until, because: keepsWaiting })
    }
  }

  #startBatch(destination: string): boolean {
    const free = this.#lanes.free(destination)
    if (free === 0) return false
    // Nothing can be put off without somebody who does it, so then everything is tried.
    const may: Permission = this.#runner.postpones
      ? this.#destinations.permission(destination)
      : { type: 'all' }
    switch (may.type) {
      case 'none': {
        if (may.until === undefined) return false
        const { until, because } = may
        const now = this.#options.clock.now()
        const items = this.#take(destination, this.#maxBatch)
        // Whose time is over is tried once more before it is given up, also here.
        const over = items.filter(({ expiresAt }) => expiresAt <= now)
        const others = items.filter(({ expiresAt }) => expiresAt > now)
        const tried = this.#deliver(destination, over)
        return this.#postpone(destination, others, { until, because }) || tried
      }
      case 'one': {
        const items = this.#take(destination, 1)
        if (items.length > 0) this.#destinations.probe(destination)
        return this.#deliver(destination, items)
      }
      case 'all': {
        // All connections get a share, but no batch becomes so small that connecting costs more.
        const share = Math.ceil(this.#leases.waitingFor(destination) / free)
        const items = this.#take(destination, Math.max(smallBatch, share))
        return this.#deliver(destination, items)
      }
    }
  }

  #take(destination: string, count: number): readonly QueueItem[] {
    const now = this.#options.clock.now()
    return this.#leases.take(destination, { count, max: this.#maxBatch, now })
  }

  #deliver(destination: string, items: readonly QueueItem[]): boolean {
    if (items.length === 0) return false
    const entry = this.#lanes.enter(destination)
    return this.#begin(destination, items, async (batch, ending) => {
      await this.#runner.deliver(batch, ending, () => entry.heard())
      entry.leave()
    })
  }

  /** To put items off takes no place: nobody is connected. */
  #postpone(
    destination: string,
    items: readonly QueueItem[],
    when: { readonly until: number; readonly because: string },
  ): boolean {
    return this.#begin(destination, items, (batch) => this.#runner.postpone({ ...batch, ...when }))
  }

  /** False when no item is left to begin with. */
  #begin(
    destination: string,
    items: readonly QueueItem[],
    run: (items: Items, ending: Ending) => Promise<void>,
  ): boolean {
    if (items.length === 0) return false
    const ending = new Ending()
    const underWay = run({ destination, items, owner: this.#options.owner }, ending).finally(() => {
      for (const { id } of items) this.#leases.letGo(id)
      this.#underWay.delete(underWay)
      this.notify()
    })
    this.#underWay.set(underWay, ending)
    return true
  }
}
