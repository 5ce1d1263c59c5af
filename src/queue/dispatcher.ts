import type { EndStage } from '../base/ending.ts'
import { BatchRunner } from './batch-runner.ts'
import { defaultConcurrency } from './concurrency.ts'
import { Departures } from './departures.ts'
import { defaultBackOff, type DestinationHealth } from './destination-health.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import type { HeldBack } from './held-back.ts'
import { Leaser } from './leaser.ts'
import { Leases } from './leases.ts'
import { Roads } from './roads.ts'
import { Sleep } from './sleep.ts'
import type { TrafficPlan } from './traffic-plan.ts'

type State = 'idle' | 'running' | 'stopping' | 'stopped'

/**
 * The scheduler: leases what is due, lets batches go within the limits (`Departures`), settles what
 * came of them, and sleeps until the next item is due or `notify` is called.
 *
 * A crash between delivery and settlement repeats an attempt and never loses one: the item stays in
 * the store under its lease. A batch whose lease is over is asked to end, and given up when it does
 * not; until then its items keep their leases and are not started twice.
 */
export class Dispatcher {
  readonly #roads: Roads
  readonly #runner: BatchRunner
  readonly #leases = new Leases()
  readonly #leaser: Leaser
  readonly #departures: Departures
  #state: State = 'idle'
  #round: Promise<void> | undefined
  #again = false
  readonly #sleep: Sleep

  constructor(options: DispatcherOptions) {
    const { backOff = defaultBackOff, concurrency = defaultConcurrency, clock, random } = options
    const { leaseMs = 3_600_000, maxBatch = 50, maxWaiting = 2000 } = options
    this.#sleep = new Sleep(clock)
    this.#roads = new Roads(clock, {
      concurrency,
      backOff,
      random,
      persons: options.pauses,
      postpones: options.postponeBatch !== undefined,
    })
    this.#runner = new BatchRunner(options, { leases: this.#leases, leaseMs })
    this.#leaser = new Leaser(options, this.#leases, { leaseMs, maxWaiting })
    this.#departures = new Departures({
      options,
      leases: this.#leases,
      runner: this.#runner,
      roads: this.#roads,
      maxBatch,
      maxWaiting,
      running: () => this.#state === 'running',
      notify: () => this.notify(),
    })
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
    this.#roads.destinations.forget(destination)
    this.notify()
  }

  /** The site that a destination leads to, as far as it is known. */
  siteOf(destination: string): string {
    return this.#roads.sites.of(destination)
  }

  /** As `Leaser.withdraw`: items that somebody wants kept back or given up. */
  withdraw(queueIds: readonly string[]): Promise<readonly string[]> {
    return this.#leaser.withdraw(queueIds)
  }

  /** Whether this item is leased by us: it waits for a place, or is under way. */
  has(queueId: string): boolean {
    return this.#leases.has(queueId)
  }

  get counts(): { readonly leased: number; readonly batchesUnderWay: number } {
    return { leased: this.#leases.count, batchesUnderWay: this.#departures.count }
  }

  /** Destinations that are held back now. */
  get down(): ReadonlyMap<string, DestinationHealth> {
    return this.#roads.destinations.down
  }

  /** Destinations with letters that are due and may not go, for another reason than that. */
  get heldBack(): ReadonlyMap<string, HeldBack> {
    return this.#departures.heldBack
  }

  /** From now on so much may go when. */
  use(plan: TrafficPlan): void {
    if (this.#roads.traffic.use(plan)) this.notify()
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
    this.#departures.release()
    this.#departures.underWay.ask('begin-nothing', why)
    await this.#round
    await this.#departures.underWay.ended()
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
    this.#departures.underWay.ask(stage, why)
  }

  /** Rounds of leasing and starting until nobody wants another one; then sleep. Never rejects. */
  async #rounds(): Promise<void> {
    this.#sleep.end()
    let sleepMs: number | undefined
    while (this.#again && this.#state === 'running') {
      this.#again = false
      sleepMs = await this.#leaser.lease(() => {
        if (this.#state !== 'running') return 'enough'
        this.#departures.startAll()
        return 'go-on'
      })
      this.#departures.startAll()
    }
    // From here to the end nothing is awaited: a notify either was seen above or starts new rounds.
    this.#round = undefined
    if (this.#state !== 'running' || sleepMs === undefined) return
    this.#sleep.begin(sleepMs, () => this.notify())
  }
}
