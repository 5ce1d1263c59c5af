export interface Limits {
  /** Batches under way in all, to destinations that answer. */
  readonly total: number
  /** Batches beside those, to destinations that keep us waiting. */
  readonly slow: number
  /** Batches under way to one destination: connections, as others see it. */
  readonly perDestination: number
}

/** Ten a destination is half of what Postfix uses; letters over several share commits and turns. */
export const defaultLimits: Limits = { total: 50, slow: 150, perDestination: 10 }

/** How a destination has answered lately. */
export type Pace = 'quick' | 'slow' | 'unknown'

/** A place that one batch holds, until `end`. */
export interface Place {
  readonly destination: string
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
  readonly #perDestination = new Map<string, number>()
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

  /** No batch can start to a destination that is not known yet. */
  get crowded(): boolean {
    return this.#room('unknown') <= 0
  }

  /** How many more batches may start to this destination now. */
  free(destination: string, pace: Pace): number {
    const here = this.#limits.perDestination - (this.#perDestination.get(destination) ?? 0)
    return Math.max(0, Math.min(here, this.#room(pace)))
  }

  start(destination: string, pace: Pace): Place {
    if (this.free(destination, pace) === 0) throw new Error('Places: start without room')
    this.#perDestination.set(destination, (this.#perDestination.get(destination) ?? 0) + 1)
    const lane = this.#laneFor(pace)
    this.#count(lane, 1)
    return { destination, lane }
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

  end({ destination, lane }: Place): void {
    const running = this.#perDestination.get(destination)
    if (running === undefined) throw new Error('Places: end without start')
    this.#count(lane, -1)
    if (running === 1) this.#perDestination.delete(destination)
    else this.#perDestination.set(destination, running - 1)
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

  #count(lane: Place['lane'], by: number): void {
    if (lane === 'quick') this.#quick += by
    else this.#slow += by
  }
}
