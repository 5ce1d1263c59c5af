import type { Ending } from '../base/ending.ts'
import type { BatchOutcome } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Around } from './batch-runner.ts'
import { type KeptConnections, maxBatchLifeMs, maxJoined } from './kept-connections.ts'
import type { Entry, Lanes } from './lanes.ts'
import type { Roads } from './roads.ts'
import { fairShare } from './start.ts'
import type { AppliedRule } from './traffic-plan.ts'

/** What a batch under way needs of those who let it go. */
export interface RunNeeds {
  readonly roads: Roads
  readonly lanes: Lanes
  readonly kept: KeptConnections
  /** More may start: a site has said its first word. */
  readonly notify: () => void
  /** Whether letters for a site wait for a place. */
  readonly isShort: (site: string) => boolean
  /** Whether anything more may begin at all. */
  readonly goesOn: () => boolean
  /** Items that wait for the destination. */
  readonly waiting: () => number
  /** Takes so many of them, as far as rates allow. */
  readonly take: (count: number, rule: AppliedRule | undefined) => readonly QueueItem[]
  readonly nowMs: () => number
}

/** One batch under way: the place that it holds, what joins it, and what is learnt of it. */
export class Run implements Around {
  readonly destination: string
  /** Also those that joined it. */
  readonly ids: string[]
  readonly #needs: RunNeeds
  readonly #entry: Entry
  readonly #ending: Ending
  /** It finds out whether the destination is up again. */
  readonly #probes: boolean
  readonly #startedAtMs: number
  #rule: AppliedRule | undefined
  #room = true

  constructor(
    needs: RunNeeds,
    begin: {
      readonly destination: string
      readonly ids: string[]
      readonly ending: Ending
      readonly probes: boolean
      readonly entry: Entry
      readonly rule: AppliedRule | undefined
    },
  ) {
    this.#needs = needs
    this.destination = begin.destination
    this.ids = begin.ids
    this.#ending = begin.ending
    this.#probes = begin.probes
    this.#entry = begin.entry
    this.#rule = begin.rule
    this.#startedAtMs = needs.nowMs()
  }

  heard(): void {
    const { roads, lanes, notify } = this.#needs
    const { site } = this.#entry
    this.#entry.heard()
    if (roads.sites.answered(site, lanes.busy(site))) notify()
  }

  /** It counts for its site from now on, if there is room for it there. */
  arrive(site: string): boolean {
    const { roads } = this.#needs
    const { destination } = this
    roads.destinations.move(destination, site)
    this.#room = this.#entry.site === site || this.#moveTo(site)
    // It comes back when that one has ended, and may have its connection.
    if (!this.#room) this.#needs.kept.releaseOneOf(site)
    return this.#room
  }

  learn(outcome: Pick<BatchOutcome, 'reachable' | 'problem' | 'pause'>): void {
    // Who was turned away has nothing to say, unless others wait for what it finds out.
    if (!this.#room && !this.#probes) return
    const busy = this.#needs.lanes.busy(this.#entry.site)
    this.#needs.roads.destinations.learn(this.destination, { ...outcome, busy })
  }

  /** What joins a batch whose connection has sent all. */
  async more(): Promise<readonly QueueItem[]> {
    const { lanes, waiting, take } = this.#needs
    if (!this.#takesMore()) return []
    const connections = 1 + this.#needs.roads.free(lanes, this.#entry.site, this.#rule)
    const found = take(fairShare(waiting(), connections), this.#rule)
    const items = found.length > 0 ? found : await this.#kept()
    this.ids.push(...items.map(({ id }) => id))
    return items
  }

  /** What comes in a moment; nothing where others wait for the place, who may have its connection. */
  #kept(): Promise<readonly QueueItem[]> {
    const { kept, isShort } = this.#needs
    const { site } = this.#entry
    return isShort(site) ? Promise.resolve([]) : kept.wait(this.destination, site)
  }

  /** The place is free again. */
  leave(): void {
    this.#needs.roads.traffic.count(this.#rule, -1)
    this.#entry.leave()
  }

  #moveTo(site: string): boolean {
    const { roads, lanes } = this.#needs
    const rule = roads.traffic.rule(this.destination, site)
    // What is known of the site holds for a destination that has just been found to lead there.
    const may = roads.permits.of(this.destination, site, rule)
    const open = !roads.postpones || this.#probes || may.type === 'all'
    if (!open || (rule?.key !== this.#rule?.key && !this.#fits(rule))) return false
    if (!this.#entry.moveTo(site, roads.sites.connections(site))) return false
    this.#obey(rule)
    return lanes.total > 0
  }

  /** Whether a rule under which nothing of this batch was counted yet lets all of it go. */
  #fits(rule: AppliedRule | undefined): boolean {
    const { traffic } = this.#needs.roads
    return traffic.free(rule) > 0 && traffic.allowance(rule) >= this.ids.length
  }

  /** It counts for this rule from now on, and no longer for the one before. */
  #obey(rule: AppliedRule | undefined): void {
    const { traffic } = this.#needs.roads
    traffic.count(this.#rule, -1)
    traffic.count(rule, 1)
    if (rule?.key !== this.#rule?.key) {
      traffic.spend(this.#rule, -this.ids.length)
      traffic.spend(rule, this.ids.length)
    }
    this.#rule = rule
  }

  #takesMore(): boolean {
    const { roads, lanes, goesOn, nowMs } = this.#needs
    const oldMs = nowMs() - this.#startedAtMs
    // Nothing joins a batch that finds out whether the destination is up again.
    if (this.#probes || this.ids.length >= maxJoined || oldMs > maxBatchLifeMs) return false
    if (!goesOn() || this.#ending.stage !== 'go-on') return false
    const may = roads.permits.of(this.destination, this.#entry.site, this.#rule)
    if (may.type === 'none' && may.by !== 'back-off') return false
    // Where others wait for a place, each has its turn.
    return !lanes.crowded
  }
}
