import type { Archive } from '../desk/archives.ts'
import type { Change, Changes, Gap } from '../store/ports/changes.ts'

/** What is committed in one archive. */
export interface Feed {
  readonly archive: Archive
  readonly changes: Changes
}

/** Something that was committed, and where. */
export interface HeardChange {
  readonly archive: Archive
  readonly change: Change | Gap
}

/** So much silence is told: whoever stands between then keeps the connection. */
const silenceMs = 15_000
/** So many of a feed wait here at most, and all others in the store. */
const mostHeard = 500

/**
 * What several feeds tell, as much as there is at a time, each in its order. What is waited for is
 * new each time: whoever waits again and again for the first of some old promises leaves something
 * with them each time, as long as the stream lasts.
 */
export class NextChanges {
  readonly #feeds: readonly Feed[]
  readonly #signal: AbortSignal
  #heard: HeardChange[] = []
  #ended = false
  #failed: { readonly problem: unknown } | undefined
  #bell = Promise.withResolvers<void>()
  /** Those that are not asked again before what they told was taken. */
  #full: Feed[] = []

  constructor(feeds: readonly Feed[], signal: AbortSignal) {
    this.#feeds = feeds
    this.#signal = signal
    signal.addEventListener('abort', () => this.#bell.resolve(), { once: true })
    for (const feed of feeds) this.#ask(feed)
  }

  /**
   * At least one. `silence` when nothing came for a while, `over` when nobody listens any more or a
   * store has closed and what it told was taken.
   *
   * @throws what the store says
   */
  async take(): Promise<readonly HeardChange[] | 'silence' | 'over'> {
    if (!this.#isRung) await this.#ring()
    // What was committed together comes together, and not its first alone.
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#signal.aborted) return 'over'
    if (this.#failed !== undefined) throw this.#failed.problem
    const heard = this.#heard
    if (heard.length === 0) return this.#ended ? 'over' : 'silence'
    this.#heard = []
    const full = this.#full
    this.#full = []
    for (const feed of full) this.#ask(feed)
    return heard
  }

  get #isRung(): boolean {
    return (
      this.#signal.aborted || this.#failed !== undefined || this.#ended || this.#heard.length > 0
    )
  }

  /** Resolves with the next that happens, and after some silence. */
  async #ring(): Promise<void> {
    this.#bell = Promise.withResolvers()
    const timer = setTimeout(this.#bell.resolve, silenceMs)
    await this.#bell.promise
    clearTimeout(timer)
  }

  #ask(feed: Feed): void {
    feed.changes.next().then(
      (result) => {
        if (result.done === true) this.#ended = true
        else {
          this.#heard.push({ archive: feed.archive, change: result.value })
          if (this.#heard.length < mostHeard * this.#feeds.length) this.#ask(feed)
          else this.#full.push(feed)
        }
        this.#bell.resolve()
      },
      (problem: unknown) => {
        this.#failed = { problem }
        this.#bell.resolve()
      },
    )
  }
}
