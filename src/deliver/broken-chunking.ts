/** So long a server gets DATA behind a BDAT that went wrong: somebody may have mended it. */
const forMs = 24 * 60 * 60_000

/** So many servers are remembered, those that went wrong last. */
const most = 1000

/**
 * Servers that offer CHUNKING and have shown that they, or a box before them, cannot do it. Kept while
 * the server runs: to find out again costs one connection.
 */
export class BrokenChunking {
  /** Host names, with when they are tried again. The one that went wrong first is the first. */
  readonly #until = new Map<string, number>()

  /** @param now Unix milliseconds */
  has(host: string, now: number): boolean {
    return (this.#until.get(host) ?? 0) > now
  }

  note(host: string, now: number): void {
    this.#until.delete(host)
    this.#until.set(host, now + forMs)
    const [oldest] = this.#until.keys()
    if (this.#until.size > most && oldest !== undefined) this.#until.delete(oldest)
  }
}
