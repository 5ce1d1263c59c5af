import type { ChangePort, Changes } from '../store/ports/changes.ts'

export interface QueueWatchOptions {
  readonly changes: ChangePort['changes']
  /** Something in the queue is due then which was not before; `undefined`: perhaps now. */
  readonly wake: (dueAt: number | undefined) => void
  /** The store could not be read; nothing is lost by it. */
  readonly onProblem: (problem: unknown) => void
}

/**
 * Hears from the store when something new is due in the queue, whoever put it there, on whatever
 * thread. What leaves the queue or is held wakes nobody.
 */
export class QueueWatch {
  readonly #options: QueueWatchOptions
  #changes: Changes | undefined
  #stopped = false

  constructor(options: QueueWatchOptions) {
    this.#options = options
  }

  start(): void {
    void this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#changes?.return?.()
  }

  /** Never rejects. */
  async #watch(): Promise<void> {
    const { changes, wake, onProblem } = this.#options
    while (!this.#stopped) {
      this.#changes = changes({ only: ['queue'] })
      try {
        for await (const change of this.#changes) {
          if (change.type === 'gap') wake(undefined)
          else if (change.type === 'queue' && change.dueAt !== undefined) wake(change.dueAt)
        }
        return
      } catch (problem) {
        // It reads the store only when it was far behind, so this cannot go round and round.
        onProblem(problem)
        wake(undefined)
      }
    }
  }
}
