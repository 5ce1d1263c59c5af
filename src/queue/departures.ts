import type { Ending } from '../base/ending.ts'
import type { Items, Postponement } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { BatchRunner } from './batch-runner.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import { HeldBackDestinations } from './held-back.ts'
import { KeptConnections } from './kept-connections.ts'
import { Lanes } from './lanes.ts'
import type { Leases } from './leases.ts'
import { defaultLimits } from './places.ts'
import type { Roads } from './roads.ts'
import { Run } from './run.ts'
import { Sleep } from './sleep.ts'
import { type Start, startNow } from './start.ts'
import type { RateLimited } from './traffic.ts'
import type { AppliedRule } from './traffic-plan.ts'
import { UnderWay } from './under-way.ts'

/** How long items are put off to make room for those of other destinations. */
const makeRoomMs = 5 * 60_000
/**
 * Items are put off for no longer than this, however long a pause is: when somebody ends it sooner,
 * they come back soon. It is also shorter than any time that looks like that of a clock set back.
 */
const putOffMostMs = 60 * 60_000
/** A rate lets the next letter go after so long at the earliest, as far as timers are concerned. */
const leastWaitMs = 20

/** What departures share with the dispatcher that they are of. */
export interface DeparturesNeeds {
  readonly options: DispatcherOptions
  readonly leases: Leases
  readonly runner: BatchRunner
  readonly roads: Roads
  readonly maxBatch: number
  readonly maxWaiting: number
  /** Whether anything may start at all. */
  readonly running: () => boolean
  /** Something has changed by which more may start. */
  readonly notify: () => void
}

/**
 * Lets batches go, one a destination in turn, as far as places, sites, rates and pauses allow
 * (`startNow`), and keeps them together until they have ended.
 */
export class Departures {
  readonly #needs: DeparturesNeeds
  readonly #leases: Leases
  readonly #lanes: Lanes
  readonly #kept: KeptConnections
  readonly #underWay = new UnderWay()
  readonly #heldBack = new HeldBackDestinations()
  /** Destinations whose letters would go, but for a rate. */
  readonly #limited = new Map<string, RateLimited>()
  /** Sites for which more letters wait than have a place. */
  readonly #short = new Set<string>()
  readonly #sleep: Sleep

  constructor(needs: DeparturesNeeds) {
    const { clock, limits = defaultLimits, keepConnectionMs = 0 } = needs.options
    this.#needs = needs
    this.#leases = needs.leases
    this.#lanes = new Lanes(limits, clock, needs.notify)
    this.#kept = new KeptConnections(clock, keepConnectionMs)
    this.#sleep = new Sleep(clock)
  }

  /** Batches that hold a place. */
  get count(): number {
    return this.#lanes.total
  }

  /** The batches under way, to ask them to end and to wait for it. */
  get underWay(): Pick<UnderWay, 'ask' | 'ended'> {
    return this.#underWay
  }

  /** Destinations with letters that are due and may not go. */
  get heldBack(): ReturnType<HeldBackDestinations['at']> {
    return this.#heldBack.at(this.#needs.options.clock.now())
  }

  /** Nothing waits any more: no connection for letters, and no letter for its rate. */
  release(): void {
    this.#sleep.end()
    this.#kept.releaseAll()
  }

  /** Starts batches as long as there is room. */
  startAll(): void {
    const { runner, running, maxWaiting, options, notify } = this.#needs
    // What became of letters could not be written down: each one more could be sent twice.
    if (runner.storeFails) return
    this.#limited.clear()
    this.#short.clear()
    for (let progress = true; progress && running(); ) {
      progress = false
      for (const destination of this.#leases.destinations()) {
        if (this.#start(destination)) progress = true
      }
    }
    if (this.#leases.waiting >= maxWaiting) this.#makeRoom()
    this.#sleep.end()
    const next = Math.min(...Array.from(this.#limited.values(), ({ until }) => until))
    if (next === Infinity || !running()) return
    const waitMs = Math.ceil(next - options.clock.monotonicMs())
    this.#sleep.begin(Math.max(leastWaitMs, waitMs), notify)
  }

  /**
   * As many items wait as may, and none can start: those that wait for a destination that keeps us
   * waiting, or for their rate, are put off, so that the others in the store have their turn. Whose
   * time is over would come back and be put off for ever, and is given up.
   */
  #makeRoom(): void {
    const { running, roads, options, maxBatch } = this.#needs
    if (!roads.postpones || !running()) return
    for (const destination of this.#leases.destinations()) {
      const slow = this.#lanes.paceOf(roads.sites.of(destination)) === 'slow'
      const limited = this.#limited.get(destination)
      if (!slow && limited === undefined) continue
      const until = options.clock.now() + makeRoomMs
      const because = limited?.because ?? 'Its servers take long over the letters before this one.'
      const items = this.#leases.take(destination, {
        count: maxBatch,
        max: maxBatch,
        now: options.clock.now(),
      })
      this.#postpone(destination, items, { until, because, endsExpired: true })
    }
  }

  #start(destination: string): boolean {
    const { roads, maxBatch } = this.#needs
    const site = roads.sites.of(destination)
    const rule = roads.traffic.rule(destination, site)
    const start = startNow({
      may: roads.permission(destination, site, rule),
      waiting: this.#leases.waitingFor(destination),
      free: roads.free(this.#lanes, site, rule),
      kept: this.#kept.has(destination),
      allowance: roads.traffic.allowance(rule),
      maxBatch,
    })
    switch (start.type) {
      case 'wait':
        if (start.for === 'rate') this.#limit(destination, roads.traffic.limited(rule))
        if (start.for === 'place') this.#makePlace(site)
        return false
      case 'put-off':
        return this.#putOff(destination, start)
      case 'probe':
        return this.#deliver(destination, this.#take(destination, 1, rule), 'probe')
      case 'begin':
        return this.#deliver(destination, this.#take(destination, start.count, rule))
      case 'join': {
        const items = this.#take(destination, start.count, rule)
        if (items.length > 0) this.#kept.give(destination, items)
        return items.length > 0
      }
    }
  }

  /** No batch that only waits for more letters keeps others from a place. */
  #makePlace(site: string): void {
    this.#short.add(site)
    if (this.#lanes.crowded) this.#kept.releaseOne()
    else this.#kept.releaseOneOf(site)
  }

  #limit(destination: string, limited: RateLimited | undefined): void {
    if (limited === undefined) return
    this.#limited.set(destination, limited)
    const { clock } = this.#needs.options
    const until = Math.round(clock.now() + limited.until - clock.monotonicMs())
    this.#heldBack.met(destination, { by: 'rate', because: limited.because, until })
  }

  #putOff(destination: string, { by, because, until }: Start & { type: 'put-off' }): boolean {
    const { clock } = this.#needs.options
    const now = clock.now()
    const max = this.#needs.maxBatch
    const items = this.#leases.take(destination, { count: max, max, now })
    const soon = Math.min(until, now + putOffMostMs)
    if (by !== 'back-off') {
      const known = until === Infinity ? {} : { until: Math.round(until) }
      this.#heldBack.met(destination, { by, because, ...known })
      const when = { until: soon, because, endsExpired: true, paused: true }
      return this.#postpone(destination, items, when)
    }
    // Whose time is over is tried once more before it is given up, also here.
    const over = items.filter(({ expiresAt }) => expiresAt <= now)
    const others = items.filter(({ expiresAt }) => expiresAt > now)
    const tried = this.#deliver(destination, over)
    return this.#postpone(destination, others, { until: soon, because }) || tried
  }

  /** Takes items that go now: they count for the rates of their destination and their senders. */
  #take(destination: string, count: number, rule: AppliedRule | undefined): readonly QueueItem[] {
    const { options, roads, maxBatch } = this.#needs
    const { traffic } = roads
    let refused: QueueItem | undefined
    const admit = (item: QueueItem): boolean => {
      const goes = traffic.admit(item)
      if (!goes) refused = item
      return goes
    }
    const max = Math.min(maxBatch, traffic.allowance(rule))
    const now = options.clock.now()
    const items = this.#leases.take(destination, { count, max, now, admit })
    traffic.spend(rule, items.length)
    if (items.length > 0) this.#heldBack.free(destination)
    else if (refused !== undefined) this.#limit(destination, traffic.senderLimited(refused))
    return items
  }

  #deliver(
    destination: string,
    items: readonly QueueItem[],
    how: 'probe' | 'try' = 'try',
  ): boolean {
    if (items.length === 0) return false
    const { runner, running, roads, options } = this.#needs
    const probes = how === 'probe'
    if (probes) roads.destinations.probe(destination)
    const site = roads.sites.of(destination)
    const rule = roads.traffic.rule(destination, site)
    const entry = this.#lanes.enter(site)
    roads.traffic.count(rule, 1)
    const needs = {
      roads,
      lanes: this.#lanes,
      kept: this.#kept,
      notify: this.#needs.notify,
      isShort: (its: string) => this.#short.has(its),
      goesOn: () => running() && !runner.storeFails,
      waiting: () => this.#leases.waitingFor(destination),
      take: (count: number, its: AppliedRule | undefined) => this.#take(destination, count, its),
      nowMs: () => options.clock.monotonicMs(),
    }
    return this.#begin(destination, items, async (batch, ending, ids) => {
      const run = new Run(needs, { destination, ids, ending, probes, entry, rule })
      const became = await runner.deliver(batch, ending, run)
      if (became === 'no-room') roads.traffic.giveBack(rule, items)
      run.leave()
      return became
    })
  }

  /** To put items off takes no place: nobody is connected. */
  #postpone(
    destination: string,
    items: readonly QueueItem[],
    when: Pick<Postponement, 'until' | 'because' | 'endsExpired' | 'paused'>,
  ): boolean {
    return this.#begin(destination, items, async (batch) => {
      await this.#needs.runner.postpone({ ...batch, ...when })
      return 'over'
    })
  }

  #begin(
    destination: string,
    items: readonly QueueItem[],
    run: (items: Items, ending: Ending, ids: string[]) => Promise<'over' | 'no-room'>,
  ): boolean {
    if (items.length === 0) return false
    const ids = items.map(({ id }) => id)
    const batch = { destination, items, owner: this.#needs.options.owner }
    let became: 'over' | 'no-room' = 'over'
    const over = (): void => {
      if (became === 'no-room') this.#leases.putBack(destination, items)
      else for (const id of ids) this.#leases.letGo(id)
      this.#needs.notify()
    }
    this.#underWay.begin(async (ending) => {
      became = await run(batch, ending, ids)
    }, over)
    return true
  }
}
