import type { Archive } from '../desk/archives.ts'
import type { Change, Changes, Gap } from '../store/ports/changes.ts'

/** What is committed in one archive. */
export interface Feed {
  readonly archive: Archive
  readonly changes: Changes
}

/** So much silence is told: whoever stands between then keeps the connection. */
const silenceMs = 15_000

interface Heard {
  readonly feed: Feed
  readonly result: IteratorResult<Change | Gap>
}

/**
 * One change after the other out of several feeds. Each feed is asked for its next one when that
 * before was taken. What is waited for is new each time: whoever waits again and again for the first
 * of some old promises leaves something with them each time, as long as the stream lasts.
 */
export class NextChange {
  readonly #signal: AbortSignal
  readonly #heard: Heard[] = []
  #failed: { readonly problem: unknown } | undefined
  #bell = Promise.withResolvers<void>()

  constructor(feeds: readonly Feed[], signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#bell.resolve(), { once: true })
    for (const feed of feeds) this.#ask(feed)
  }

  /**
   * `silence` when nothing came for a while, `over` when nobody listens any more or a store closes.
   *
   * @throws what the store says
   */
  async take(): Promise<
    { readonly archive: Archive; readonly change: Change | Gap } | 'silence' | 'over'
  > {
    if (!this.#isRung) await this.#ring()
    if (this.#signal.aborted) return 'over'
    if (this.#failed !== undefined) throw this.#failed.problem
    const heard = this.#heard.shift()
    if (heard === undefined) return 'silence'
    const { feed, result } = heard
    if (result.done === true) return 'over'
    this.#ask(feed)
    return { archive: feed.archive, change: result.value }
  }

  get #isRung(): boolean {
    return this.#signal.aborted || this.#failed !== undefined || this.#heard.length > 0
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
        this.#heard.push({ feed, result })
        this.#bell.resolve()
      },
      (problem: unknown) => {
        this.#failed = { problem }
        this.#bell.resolve()
      },
    )
  }
}
