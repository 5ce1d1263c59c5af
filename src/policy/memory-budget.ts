import type { Holding } from '../receive/guard.ts'

/**
 * The memory that letters may take up while they come in, all connections together: headers that
 * are not over, and what is gathered before it is written to disk. One network has a quarter of it
 * at most, a site of many networks half, so that no one stranger can use it up.
 */
export class MemoryBudget {
  #most: number
  #held = 0
  readonly #byNetwork = new Map<string, number>()

  /** @param most octets */
  constructor(most: number) {
    this.#most = most
  }

  /** From now on so much; what is held stays. */
  use(most: number): void {
    this.#most = most
  }

  /** Octets that are held now. */
  get held(): number {
    return this.#held
  }

  open(network: string, site?: string): Holding {
    let held = 0
    const hold = (octets: number): void => {
      const more = octets - held
      held = octets
      this.#held += more
      for (const key of site === undefined ? [network] : [network, site]) {
        const ofKey = this.#of(key) + more
        if (ofKey > 0) this.#byNetwork.set(key, ofKey)
        else this.#byNetwork.delete(key)
      }
    }
    return {
      grow: (octets) => {
        const more = octets - held
        if (more <= 0) return undefined
        if (this.#held + more > this.#most) return 'server'
        if (this.#of(network) + more > this.#most / 4) return 'network'
        if (site !== undefined && this.#of(site) + more > this.#most / 2) return 'network'
        hold(octets)
        return undefined
      },
      release: () => hold(0),
    }
  }

  #of(key: string): number {
    return this.#byNetwork.get(key) ?? 0
  }
}
