import type { Clock } from '../base/clock.ts'
import { type Limits, type Pace, type Place, Places } from './places.ts'

/** How long a server may say nothing new before it counts as one that keeps us waiting. */
const patienceMs = 5000
/** Sites whose pace is remembered. */
const maxRemembered = 10_000

/** What a batch holds while it is under way. */
export interface Entry {
  /** The site for which the place is counted. */
  readonly site: string
  /** Something became of a letter: the server answers. */
  heard(): void
  /**
   * The site has become known, which may have `most` places. `false`: it has them already, or the
   * lane that it belongs to is full; the place stays where it was, and the batch must give it up.
   */
  moveTo(site: string, most: number): boolean
  leave(): void
}

/**
 * The places for batches, with an eye on the clock: who lets five seconds pass without an answer moves
 * to the slow lane, and begins there the next time, until it has answered quickly again. What is known
 * of sites lives in memory only; after a restart all are unknown.
 */
export class Lanes {
  readonly #places: Places
  readonly #clock: Clock
  readonly #onMoved: () => void
  readonly #paces = new Map<string, Exclude<Pace, 'unknown'>>()
  /** Those that kept us waiting when the slow lane was full, in that order. */
  readonly #patient = new Set<Place>()

  /** `onMoved` hears when a batch has made room for others. */
  constructor(limits: Limits, clock: Clock, onMoved: () => void) {
    this.#places = new Places(limits)
    this.#clock = clock
    this.#onMoved = onMoved
  }

  get total(): number {
    return this.#places.total
  }

  /** Whoever is not known yet finds no place. */
  get crowded(): boolean {
    return this.#places.crowded
  }

  paceOf(site: string): Pace {
    return this.#paces.get(site) ?? 'unknown'
  }

  /** Batches under way to a site. */
  busy(site: string): number {
    return this.#places.busy(site)
  }

  /** How many more batches may start to this site now, which may have `most`. */
  free(site: string, most: number): number {
    return this.#places.free(site, this.paceOf(site), most)
  }

  enter(site: string): Entry {
    const place = this.#places.start(site, this.paceOf(site))
    let silentSince = this.#clock.monotonicMs()
    let cancel = (): void => {}
    const arm = (): void => {
      cancel = this.#clock.setTimer(patienceMs, () => this.#keepsWaiting(place))
    }
    arm()
    return {
      get site() {
        return place.site
      },
      heard: () => {
        cancel()
        const now = this.#clock.monotonicMs()
        if (now - silentSince < patienceMs) this.#learn(place.site, 'quick')
        silentSince = now
        arm()
      },
      moveTo: (site, most) => this.#moveTo(place, site, most),
      leave: () => {
        cancel()
        this.#patient.delete(place)
        this.#places.end(place)
        // A slow place may have become free for one that has waited for it.
        for (const waiting of this.#patient) {
          if (!this.#places.moveToSlow(waiting)) break
          this.#patient.delete(waiting)
        }
      },
    }
  }

  #moveTo(place: Place, site: string, most: number): boolean {
    if (place.site === site) return true
    if (this.#places.busy(site) >= most) return false
    if (this.paceOf(site) === 'slow' && this.#places.hasSlowLane) {
      if (!this.#places.moveToSlow(place)) return false
    }
    this.#places.moveTo(place, site)
    return true
  }

  #keepsWaiting(place: Place): void {
    this.#learn(place.site, 'slow')
    if (this.#places.moveToSlow(place)) this.#onMoved()
    else this.#patient.add(place)
  }

  #learn(site: string, pace: 'quick' | 'slow'): void {
    // Set anew, so that the oldest entry is the first one and goes when there are too many.
    this.#paces.delete(site)
    this.#paces.set(site, pace)
    if (this.#paces.size <= maxRemembered) return
    for (const oldest of this.#paces.keys()) {
      this.#paces.delete(oldest)
      return
    }
  }
}
