import type { ChangesQuery, Changes } from '../store/ports/changes.ts'

/** Something whose changes can be followed. */
interface Followed {
  readonly changes?: (query?: ChangesQuery) => Changes
}

/** Rings when something was committed: as often as one listens, and at most once for each time. */
export class Bell {
  #rung = Promise.withResolvers<void>()
  readonly #feeds: readonly Changes[]

  constructor(all: readonly Followed[], only: ChangesQuery['only']) {
    const query = only === undefined ? {} : { only }
    this.#feeds = all.flatMap(({ changes }) => (changes === undefined ? [] : [changes(query)]))
    for (const feed of this.#feeds) void this.#follow(feed)
  }

  /** Resolves with the next change; listen first, then look. */
  next(): Promise<void> {
    this.#rung = Promise.withResolvers<void>()
    return this.#rung.promise
  }

  /** For what else ends the waiting. */
  ring(): void {
    this.#rung.resolve()
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) await feed.return?.()
  }

  async #follow(feed: Changes): Promise<void> {
    try {
      for await (const change of feed) if (change.number >= 0) this.ring()
    } catch {
      // The store has failed: who looks is told.
    }
    this.ring()
  }
}
