import type { Ending } from '../base/ending.ts'
import type { Items, Postponement } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Around, BatchRunner } from './batch-runner.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import { KeptConnections, maxBatchLifeMs, maxJoined } from './kept-connections.ts'
import type { KnownDestinations } from './known-destinations.ts'
import { type Entry, Lanes } from './lanes.ts'
import type { Leases } from './leases.ts'
import { defaultLimits } from './places.ts'
import type { Sites } from './sites.ts'
import { fairShare, startNow } from './start.ts'
import { UnderWay } from './under-way.ts'

/** How long items are put off to make room for those of other destinations. */
const makeRoomMs = 5 * 60_000

interface Run {
  readonly destination: string
  /** Also those that joined it. */
  readonly ids: string[]
  readonly startedAtMs: number
  /** Nothing joins a batch that finds out whether the destination is up again. */
  readonly probes: boolean
  readonly ending: Ending
  readonly entry: Entry
}

/** What departures share with the dispatcher that they are of. */
export interface DeparturesNeeds {
  readonly options: DispatcherOptions
  readonly leases: Leases
  readonly runner: BatchRunner
  readonly sites: Sites
  readonly destinations: KnownDestinations
  readonly maxBatch: number
  readonly maxWaiting: number
  /** Whether anything may start at all. */
  readonly running: () => boolean
  /** Something has changed by which more may start. */
  readonly notify: () => void
}

/**
 * Lets batches go, one a destination in turn, as far as places, sites and destinations allow
 * (`startNow`), and keeps them together until they have ended.
 */
export class Departures {
  readonly #needs: DeparturesNeeds
  readonly #leases: Leases
  readonly #lanes: Lanes
  readonly #kept: KeptConnections
  readonly #underWay = new UnderWay()

  constructor(needs: DeparturesNeeds) {
    const { clock, limits = defaultLimits, keepConnectionMs = 0 } = needs.options
    this.#needs = needs
    this.#leases = needs.leases
    this.#lanes = new Lanes(limits, clock, needs.notify)
    this.#kept = new KeptConnections(clock, keepConnectionMs)
  }

  /** Batches that hold a place. */
  get count(): number {
    return this.#lanes.total
  }

  /** The batches under way, to ask them to end and to wait for it. */
  get underWay(): Pick<UnderWay, 'ask' | 'ended'> {
    return this.#underWay
  }

  /** No connection waits for more letters. */
  releaseKept(): void {
    this.#kept.releaseAll()
  }

  /** Starts batches as long as there is room. */
  startAll(): void {
    const { runner, running, maxWaiting } = this.#needs
    // What became of letters could not be written down: each one more could be sent twice.
    if (runner.storeFails) return
    for (let progress = true; progress && running(); ) {
      progress = false
      for (const destination of this.#leases.destinations()) {
        if (this.#start(destination)) progress = true
      }
    }
    if (this.#leases.waiting >= maxWaiting) this.#makeRoom()
  }

  /**
   * As many items wait as may, and none can start: those that wait for a destination that keeps us
   * waiting are put off, so that the others in the store have their turn. Whose time is over would
   * come back and be put off for ever, and is given up.
   */
  #makeRoom(): void {
    const { runner, running, sites, options, maxBatch } = this.#needs
    if (!runner.postpones || !running()) return
    for (const destination of this.#leases.destinations()) {
      if (this.#lanes.paceOf(sites.of(destination)) !== 'slow') continue
      const until = options.clock.now() + makeRoomMs
      const because = 'Its servers take long over the letters before this one.'
      this.#postpone(destination, this.#take(destination, maxBatch), {
        until,
        because,
        endsExpired: true,
      })
    }
  }

  #start(destination: string): boolean {
    const { runner, sites, destinations, maxBatch } = this.#needs
    const site = sites.of(destination)
    const start = startNow({
      // Nothing can be put off without somebody who does it, so then everything is tried.
      may: runner.postpones ? destinations.permission(destination) : { type: 'all' },
      waiting: this.#leases.waitingFor(destination),
      free: this.#lanes.free(site, sites.connections(site)),
      kept: this.#kept.has(destination),
      maxBatch,
    })
    switch (start.type) {
      case 'wait':
        if (start.for === 'place' && this.#lanes.crowded) this.#kept.releaseOne()
        return false
      case 'put-off':
        return this.#putOff(destination, start)
      case 'probe': {
        const items = this.#take(destination, 1)
        if (items.length > 0) destinations.probe(destination)
        return this.#deliver(destination, items, 'probe')
      }
      case 'begin':
        return this.#deliver(destination, this.#take(destination, start.count))
      case 'join': {
        const items = this.#take(destination, start.count)
        if (items.length > 0) this.#kept.give(destination, items)
        return items.length > 0
      }
    }
  }

  #putOff(destination: string, when: Pick<Postponement, 'until' | 'because'>): boolean {
    const now = this.#needs.options.clock.now()
    const items = this.#take(destination, this.#needs.maxBatch)
    // Whose time is over is tried once more before it is given up, also here.
    const over = items.filter(({ expiresAt }) => expiresAt <= now)
    const others = items.filter(({ expiresAt }) => expiresAt > now)
    const { until, because } = when
    const tried = this.#deliver(destination, over)
    return this.#postpone(destination, others, { until, because }) || tried
  }

  #take(destination: string, count: number): readonly QueueItem[] {
    const { options, maxBatch: max } = this.#needs
    return this.#leases.take(destination, { count, max, now: options.clock.now() })
  }

  #deliver(
    destination: string,
    items: readonly QueueItem[],
    how: 'probe' | 'try' = 'try',
  ): boolean {
    if (items.length === 0) return false
    const { runner, sites, options } = this.#needs
    const entry = this.#lanes.enter(sites.of(destination))
    return this.#begin(destination, items, async (batch, ending, ids) => {
      const startedAtMs = options.clock.monotonicMs()
      const run: Run = { destination, ids, startedAtMs, probes: how === 'probe', ending, entry }
      const became = await runner.deliver(batch, ending, this.#around(run))
      entry.leave()
      return became
    })
  }

  #around(run: Run): Around {
    const { sites, destinations } = this.#needs
    const { destination, entry, probes } = run
    let room = true
    return {
      heard: () => {
        entry.heard()
        sites.answered(entry.site, this.#lanes.busy(entry.site))
      },
      arrive: (site) => {
        room = this.#arrive(run, site)
        return room
      },
      learn: (outcome) => {
        // Who was turned away has nothing to say, unless others wait for what it finds out.
        if (!room && !probes) return
        destinations.learn(destination, { ...outcome, busy: this.#lanes.busy(entry.site) })
      },
      more: () => this.#more(run),
    }
  }

  /** The batch counts for its site from now on, if there is room for it there. */
  #arrive({ destination, entry, probes }: Run, site: string): boolean {
    const { runner, sites, destinations } = this.#needs
    destinations.move(destination, site)
    if (entry.site === site) return true
    // What is known of the site holds for a destination that has just been found to lead there.
    const open = !runner.postpones || destinations.permission(destination).type === 'all'
    return (open || probes) && entry.moveTo(site, sites.connections(site))
  }

  /** What joins a batch whose connection has sent all. */
  async #more({ destination, ids, ...run }: Run): Promise<readonly QueueItem[]> {
    const { options, runner, running, sites } = this.#needs
    const oldMs = options.clock.monotonicMs() - run.startedAtMs
    if (run.probes || ids.length >= maxJoined || oldMs > maxBatchLifeMs) return []
    if (!running() || run.ending.stage !== 'go-on' || runner.storeFails) return []
    // Where others wait for a place, each has its turn.
    if (this.#lanes.crowded) return []
    const { site } = run.entry
    const connections = 1 + this.#lanes.free(site, sites.connections(site))
    const count = fairShare(this.#leases.waitingFor(destination), connections)
    const waiting = this.#take(destination, count)
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
