export interface Limits {
  /** Batches under way in all. */
  readonly total: number
  /** Batches under way to one destination: connections, as others see it. */
  readonly perDestination: number
}

export const defaultLimits: Limits = { total: 50, perDestination: 4 }

/** Counts the batches under way. Pure: no time, no waiting; who finds no room asks again later. */
export class DestinationLimits {
  readonly #limits: Limits
  readonly #perDestination = new Map<string, number>()
  #total = 0

  constructor(limits: Limits = defaultLimits) {
    this.#limits = limits
  }

  get total(): number {
    return this.#total
  }

  get full(): boolean {
    return this.#total >= this.#limits.total
  }

  /** How many more batches may start to this destination now. */
  free(destination: string): number {
    const here = this.#limits.perDestination - (this.#perDestination.get(destination) ?? 0)
    return Math.max(0, Math.min(here, this.#limits.total - this.#total))
  }

  start(destination: string): void {
    if (this.free(destination) === 0) throw new Error('DestinationLimits: start without room')
    this.#total++
    this.#perDestination.set(destination, (this.#perDestination.get(destination) ?? 0) + 1)
  }

  end(destination: string): void {
    const running = this.#perDestination.get(destination)
    if (running === undefined) throw new Error('DestinationLimits: end without start')
    this.#total--
    if (running === 1) this.#perDestination.delete(destination)
    else this.#perDestination.set(destination, running - 1)
  }
}
