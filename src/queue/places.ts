export interface Limits {
  /** Batches under way in all, to destinations that answer. */
  readonly total: number
  /** Batches beside those, to destinations that keep us waiting. */
  readonly slow: number
}

export const defaultLimits: Limits = { total: 50, slow: 150 }

/** How a site has answered lately. */
export type Pace = 'quick' | 'slow' | 'unknown'

/** A place that one batch holds, until `end`. */
export interface Place {
  /** For which it is counted. */
  site: string
  /** `moved`: it has no place among the quick ones any more. */
  lane: 'quick' | 'slow'
}

/** Of the quick places this part is kept for destinations that are known to answer. */
const keptPart = 1 / 5

/**
 * Gives out the places for batches, in two lanes, so that servers that say nothing never hold what
 * good ones need. Whoever has kept us waiting moves to the slow lane, and begins there the next time;
 * when that lane is full too, some quick places are still kept for those that are known to answer.
 *
 * Pure: no time, no waiting; who finds no room asks again later.
 */
export class Places {
  readonly #limits: Limits
  readonly #bySite = new Map<string, number>()
  readonly #kept: number
  #quick = 0
  #slow = 0

  constructor(limits: Limits = defaultLimits) {
    this.#limits = limits
    this.#kept = Math.floor(limits.total * keptPart)
  }

  /** Batches under way, in both lanes. */
  get total(): number {
    return this.#quick + this.#slow
  }

  /** No batch can start to a site that is not known yet. */
  get crowded(): boolean {
    return this.#room('unknown') <= 0
  }

  /** Batches under way to this site: connections, as others see it. */
  busy(site: string): number {
    return this.#bySite.get(site) ?? 0
  }

  /** How many more batches may start to this site now; it may have `most` in all. */
  free(site: string, pace: Pace, most: number): number {
    return Math.max(0, Math.min(most - this.busy(site), this.#room(pace)))
  }

  start(site: string, pace: Pace): Place {
    if (this.#room(pace) <= 0) throw new Error('Places: start without room')
    this.#countAt(site, 1)
    const lane = this.#laneFor(pace)
    this.#count(lane, 1)
    return { site, lane }
  }

  /** The place is for another site than was known when it was given out. */
  moveTo(place: Place, site: string): void {
    this.#countAt(place.site, -1)
    this.#countAt(site, 1)
    place.site = site
  }

  get hasSlowLane(): boolean {
    return this.#limits.slow > 0
  }

  /** The batch keeps us waiting. False when the slow lane has no room for it now. */
  moveToSlow(place: Place): boolean {
    if (place.lane === 'slow') return true
    if (this.#slow >= this.#limits.slow) return false
    this.#count('quick', -1)
    this.#count('slow', 1)
    place.lane = 'slow'
    return true
  }

  end({ site, lane }: Place): void {
    this.#countAt(site, -1)
    this.#count(lane, -1)
  }

  #room(pace: Pace): number {
    const quick = this.#limits.total - this.#quick
    switch (pace) {
      case 'quick':
        return quick
      case 'unknown':
        return quick - this.#kept
      case 'slow':
        // Without a slow lane, what keeps us waiting may still use the places that nobody needs.
        return this.#limits.slow === 0 ? quick - this.#kept : this.#limits.slow - this.#slow
    }
  }

  #laneFor(pace: Pace): Place['lane'] {
    return pace === 'slow' && this.#limits.slow > 0 ? 'slow' : 'quick'
  }

  #countAt(site: string, by: number): void {
    const count = this.busy(site) + by
    if (count < 0) throw new Error('Places: end without start')
    if (count === 0) this.#bySite.delete(site)
    else this.#bySite.set(site, count)
  }

  #count(lane: Place['lane'], by: number): void {
    if (lane === 'quick') this.#quick += by
    else this.#slow += by
  }
}
