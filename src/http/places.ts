interface Served {
  count: number
  readonly waiting: Set<() => void>
}

/** How many requests of one name are served at once; further ones wait for their turn, in order. */
export class Places {
  readonly #names = new Map<string, Served>()

  /** How many of a name are served now. */
  served(name: string): number {
    return this.#names.get(name)?.count ?? 0
  }

  /**
   * Waits for a place, and gives what leaves it. Who was given up meanwhile never begins.
   *
   * @param signal asked for where it has to wait; aborted when nobody wants it any more: then it gives
   *   `undefined`
   */
  async enter(
    name: string,
    { most, signal }: { readonly most: number; readonly signal: () => AbortSignal },
  ): Promise<(() => void) | undefined> {
    const own = this.#names.get(name) ?? { count: 0, waiting: new Set() }
    this.#names.set(name, own)
    if (own.count < most) own.count++
    else if (!(await turnIn(own, signal()))) return undefined
    let left = false
    return () => {
      if (left) return
      left = true
      const [next] = own.waiting
      // Whoever waits takes the very place that is left.
      if (next !== undefined) next()
      else if (--own.count === 0) this.#names.delete(name)
    }
  }
}

/** Whether its turn came, before it was given up. */
function turnIn({ waiting }: Served, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const over = (came: boolean): void => {
      waiting.delete(begin)
      signal.removeEventListener('abort', giveUp)
      resolve(came)
    }
    const begin = (): void => over(true)
    const giveUp = (): void => over(false)
    waiting.add(begin)
    signal.addEventListener('abort', giveUp)
  })
}
