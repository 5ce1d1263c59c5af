/** So long a thing is not tried again that went wrong: somebody may have mended it. */
const forMs = 24 * 60 * 60_000

/** So many servers are remembered, those that went wrong last. */
const most = 1000

/**
 * Servers that offer something and have shown that they, or a box before them, cannot do it: CHUNKING,
 * or a log-in by SCRAM. Kept while the server runs: to find out again costs little.
 */
export class Avoided {
  /** Host names, where it is about a login with its name behind, and when they are tried again. The one that went wrong first is the first. */
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
