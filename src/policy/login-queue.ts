/** One check of a password that waits for its turn. */
interface Waiting {
  readonly client: string
  readonly weight: () => number
  readonly begin: () => void
  readonly giveUp: () => void
}

/**
 * The turns for checking passwords, which cost much by design. Few run at once, so that they leave
 * the thread pool and the processor to all else; of one client one at a time, so that what it did
 * wrong is known before its next turn. The lightest goes first, among equals who came first.
 */
export class LoginQueue {
  readonly #atOnce: number
  readonly #maxWaiting: number
  readonly #waiting: Waiting[] = []
  readonly #running = new Set<string>()

  constructor(options: { readonly atOnce: number; readonly maxWaiting?: number }) {
    this.#atOnce = options.atOnce
    this.#maxWaiting = options.maxWaiting ?? 256
  }

  /**
   * Runs `job` when it is its turn, and gives what it gives. `full` when there are too many: then the
   * heaviest is given up, of equals the one that came last.
   *
   * @param input.weight asked anew at each turn: the more, the later
   */
  run<T>(
    input: { readonly client: string; readonly weight: () => number },
    job: () => Promise<T>,
  ): Promise<T | 'full'> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#running.delete(input.client)
        this.#next()
      }
      this.#waiting.push({
        ...input,
        begin: () => {
          this.#running.add(input.client)
          job().then(resolve, reject).finally(done)
        },
        giveUp: () => resolve('full'),
      })
      this.#next()
      if (this.#waiting.length > this.#maxWaiting) this.#take(heaviest(this.#waiting))?.giveUp()
    })
  }

  #next(): void {
    while (this.#running.size < this.#atOnce) {
      const free = this.#waiting.filter(({ client }) => !this.#running.has(client))
      const next = this.#take(lightest(free))
      if (next === undefined) return
      next.begin()
    }
  }

  #take(one: Waiting | undefined): Waiting | undefined {
    if (one !== undefined) this.#waiting.splice(this.#waiting.indexOf(one), 1)
    return one
  }
}

function lightest(waiting: readonly Waiting[]): Waiting | undefined {
  const [first, ...others] = waiting
  if (first === undefined) return undefined
  return others.reduce((best, one) => (one.weight() < best.weight() ? one : best), first)
}

function heaviest(waiting: readonly Waiting[]): Waiting | undefined {
  const [first, ...others] = waiting
  if (first === undefined) return undefined
  return others.reduce((worst, one) => (one.weight() >= worst.weight() ? one : worst), first)
}
