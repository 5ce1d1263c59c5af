import type { Ending, EndStage } from '../base/ending.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Items, Postponement } from '../post/batch.ts'
import { BatchRunner } from './batch-runner.ts'
import { defaultBackOff, type DestinationHealth, type Permission } from './destination-health.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import { KeptConnections, maxBatchLifeMs, maxJoined } from './kept-connections.ts'
import { KnownDestinations } from './known-destinations.ts'
import { Lanes } from './lanes.ts'
import { Leaser } from './leaser.ts'
import { Leases } from './leases.ts'
import { defaultLimits } from './places.ts'
import { Sleep } from './sleep.ts'
import { UnderWay } from './under-way.ts'

/** How long items are put off to make room for those of other destinations. */
const makeRoomMs = 5 * 60_000
/** A batch is not split into smaller pieces than this to fill all connections. */
const smallBatch = 5

interface Run {
  readonly destination: string
  /** Also those that joined it. */
  readonly ids: string[]
  readonly startedAtMs: number
  /** Nothing joins a batch that finds out whether the destination is up again. */
  readonly probes: boolean
  readonly ending: Ending
}

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
  readonly #leaser: Leaser
  readonly #kept: KeptConnections
  readonly #maxBatch: number
  readonly #maxWaiting: number
  readonly #underWay = new UnderWay()
  #state: State = 'idle'
  #round: Promise<void> | undefined
  #again = false
  readonly #sleep: Sleep

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { limits = defaultLimits, backOff = defaultBackOff, clock, random } = options
    this.#sleep = new Sleep(clock)
    this.#lanes = new Lanes(limits, clock, () => this.notify())
    this.#destinations = new KnownDestinations(backOff, clock, random)
    this.#kept = new KeptConnections(clock, options.keepConnectionMs ?? 0)
    const leaseMs = options.leaseMs ?? 3_600_000
    const known = { destinations: this.#destinations, leases: this.#leases, leaseMs }
    this.#runner = new BatchRunner(options, known)
    this.#maxBatch = options.maxBatch ?? 50
    this.#maxWaiting = options.maxWaiting ?? 2000
    this.#leaser = new Leaser(options, this.#leases, { leaseMs, maxWaiting: this.#maxWaiting })
  }

  /** Begins. Call `Store.releaseLeases` before, when no other process uses the store. */
  start(): void {
    if (this.#state !== 'idle') throw new Error(`Dispatcher: start while ${this.#state}`)
    this.#state = 'running'
    this.notify()
  }

  /** Something new may be due, or is at that time. Cheap, and may be called as often as wanted. */
  notify(dueAt?: number): void {
    if (this.#state !== 'running') return
    if (dueAt !== undefined && this.#sleep.isOverBy(dueAt)) return
    this.#again = true
    this.#round ??= this.#rounds()
  }

  /** Forgets that a destination (or any) was down, for a retry that a person asked for. */
  forget(destination?: string): void {
    this.#destinations.forget(destination)
    this.notify()
  }

  /** As `Leaser.withdraw`: items that somebody wants kept back or given up. */
  withdraw(queueIds: readonly string[]): Promise<readonly string[]> {
    return this.#leaser.withdraw(queueIds)
  }

  get counts(): { readonly leased: number; readonly batchesUnderWay: number } {
    return { leased: this.#leases.count, batchesUnderWay: this.#lanes.total }
  }

  /** Destinations that are held back now. */
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
    this.#sleep.end()
    this.#runner.hurry()
    this.#kept.releaseAll()
    this.#underWay.ask('begin-nothing', why)
    await this.#round
    await this.#underWay.ended()
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
    this.#underWay.ask(stage, why)
  }

  /** Rounds of leasing and starting until nobody wants another one; then sleep. Never rejects. */
  async #rounds(): Promise<void> {
    this.#sleep.end()
    let sleepMs: number | undefined
    while (this.#again && this.#state === 'running') {
      this.#again = false
      sleepMs = await this.#leaser.lease(() => {
        if (this.#state !== 'running') return 'enough'
        this.#startBatches()
        return 'go-on'
      })
      this.#startBatches()
    }
    // From here to the end nothing is awaited: a notify either was seen above or starts new rounds.
    this.#round = undefined
    if (this.#state !== 'running' || sleepMs === undefined) return
    this.#sleep.begin(sleepMs, () => this.notify())
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
   * that keeps us waiting are put off, so that the others in the store have their turn. Whose time is
   * over would come back and be put off for ever, and is given up.
   */
  #makeRoom(): void {
    if (!this.#runner.postpones || this.#state !== 'running') return
    for (const destination of this.#leases.destinations()) {
      if (this.#lanes.paceOf(destination) !== 'slow') continue
      const until = this.#options.clock.now() + makeRoomMs
      const items = this.#take(destination, this.#maxBatch)
      this.#postpone(destination, items, {
        until,
        because: 'Its servers take long over the letters before this one.',
        endsExpired: true,
      })
    }
  }

  #startBatch(destination: string): boolean {
    const free = this.#lanes.free(destination)
    // Nothing can be put off without somebody who does it, so then everything is tried.
    const may: Permission = this.#runner.postpones
      ? this.#destinations.permission(destination)
      : { type: 'all' }
    // A connection that is kept is for a destination that is up: a probe is a batch of its own.
    const kept = may.type === 'all' && this.#kept.has(destination)
    if (free === 0 && !kept) {
      if (this.#lanes.crowded) this.#kept.releaseOne()
      return false
    }
    switch (may.type) {
      case 'none':
        return this.#putOff(destination, may)
      case 'one': {
        const items = this.#take(destination, 1)
        if (items.length > 0) this.#destinations.probe(destination)
        return this.#deliver(destination, items, 'probe')
      }
      case 'all': {
        const items = this.#take(destination, this.#share(destination, Math.max(1, free)))
        if (items.length === 0 || !kept) return this.#deliver(destination, items)
        this.#kept.give(destination, items)
        return true
      }
    }
  }

  /** All connections get a share, but no batch becomes so small that connecting costs more. */
  #share(destination: string, connections: number): number {
    return Math.max(smallBatch, Math.ceil(this.#leases.waitingFor(destination) / connections))
  }

  #putOff(destination: string, may: Permission & { readonly type: 'none' }): boolean {
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

  #take(destination: string, count: number): readonly QueueItem[] {
    const now = this.#options.clock.now()
    return this.#leases.take(destination, { count, max: this.#maxBatch, now })
  }

  #deliver(
    destination: string,
    items: readonly QueueItem[],
    how: 'probe' | 'try' = 'try',
  ): boolean {
    if (items.length === 0) return false
    const entry = this.#lanes.enter(destination)
    return this.#begin(destination, items, async (batch, ending, ids) => {
      const startedAtMs = this.#options.clock.monotonicMs()
      const run: Run = { destination, ids, startedAtMs, probes: how === 'probe', ending }
      const onHeard = (): void => entry.heard()
      await this.#runner.deliver(batch, ending, { onHeard, more: () => this.#more(run) })
      entry.leave()
    })
  }

  /** What joins a batch whose connection has sent all. */
  async #more(run: Run): Promise<readonly QueueItem[]> {
    const { destination, ids, startedAtMs, probes, ending } = run
    const oldMs = this.#options.clock.monotonicMs() - startedAtMs
    if (probes || ids.length >= maxJoined || oldMs > maxBatchLifeMs) return []
    if (this.#state !== 'running' || ending.stage !== 'go-on' || this.#runner.storeFails) return []
    // Where others wait for a place, each has its turn.
    if (this.#lanes.crowded) return []
    const waiting = this.#take(
      destination,
      this.#share(destination, 1 + this.#lanes.free(destination)),
    )
    const items = waiting.length > 0 ? waiting : await this.#kept.wait(destination)
    ids.push(...items.map(({ id }) => id))
    return items
  }

  /** To put items off takes no place: nobody is connected. */
  #postpone(
    destination: string,
    items: readonly QueueItem[],
    when: Pick<Postponement, 'until' | 'because' | 'endsExpired'>,
  ): boolean {
    return this.#begin(destination, items, (batch) => this.#runner.postpone({ ...batch, ...when }))
  }

  #begin(
    destination: string,
    items: readonly QueueItem[],
    run: (items: Items, ending: Ending, ids: string[]) => Promise<void>,
  ): boolean {
    if (items.length === 0) return false
    const ids = items.map(({ id }) => id)
    const batch = { destination, items, owner: this.#options.owner }
    const over = (): void => {
      for (const id of ids) this.#leases.letGo(id)
      this.notify()
    }
    this.#underWay.begin((ending) => run(batch, ending, ids), over)
    return true
  }
}
