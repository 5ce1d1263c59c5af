import { type AnsweredLines, answerLines } from './answer-lines.ts'
import { LineThreads } from './line-threads.ts'
import { openEvidence, type EvidenceSetup } from './evidence-sources.ts'

export interface LaneOptions {
  readonly setup: EvidenceSetup
  /** Threads for long work; 0 does everything here. */
  readonly threads: number
  /** Threads are started when more than this has been answered; they take a while to start. */
  readonly threadsAfterOctets: number
}

/** Batches that are answered here at once. Each may be a single line that waits for DNS. */
const batchesHere = 64

/**
 * So few other threads are fed in passing, and this one answers a batch when they have enough: it
 * compiled what it runs before they were there.
 */
const threadsFedInPassing = 3

/**
 * Where batches are answered: on this thread while there are few, on several when they go on
 * coming. `onIdle` is called whenever there may be room for another batch.
 */
export class LineLanes {
  readonly #options: LaneOptions
  readonly #onIdle: () => void
  readonly #world: ReturnType<typeof openEvidence>
  #threads: LineThreads | undefined
  #here = 0
  #octetsHere = 0

  constructor(options: LaneOptions, onIdle: () => void) {
    this.#options = options
    this.#onIdle = onIdle
    this.#world = openEvidence(options.setup)
  }

  get idle(): boolean {
    if (this.#threads?.ready !== true) return this.#here < batchesHere
    return this.#threads.idle || this.#takesPart
  }

  /** Whether this thread would begin with a batch while the others have enough. */
  get #takesPart(): boolean {
    return this.#options.threads <= threadsFedInPassing && this.#here === 0
  }

  async run(octets: Uint8Array<ArrayBuffer>): Promise<AnsweredLines> {
    try {
      const threads = this.#threads
      // Where `idle` was not asked, a thread takes what it has no place for.
      return threads?.ready === true && (threads.idle || !this.#takesPart)
        ? await threads.run(octets)
        : await this.#runHere(octets)
    } finally {
      this.#onIdle()
    }
  }

  async close(): Promise<void> {
    await this.#threads?.close()
  }

  async #runHere(octets: Uint8Array): Promise<AnsweredLines> {
    const { setup, threads, threadsAfterOctets } = this.#options
    this.#octetsHere += octets.length
    if (threads > 0 && this.#octetsHere > threadsAfterOctets) {
      this.#threads ??= new LineThreads(threads, setup, this.#onIdle)
    }
    this.#here++
    try {
      return await answerLines(octets, this.#world)
    } finally {
      this.#here--
    }
  }
}
