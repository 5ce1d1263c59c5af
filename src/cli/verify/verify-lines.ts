import { availableParallelism } from 'node:os'
import type { Readable } from 'node:stream'
import { type AnsweredLines, tooLongLine } from './answer-lines.ts'
import { type LineBatch, LineBatches } from './line-batches.ts'
import { type LaneOptions, LineLanes } from './line-lanes.ts'
import type { EvidenceSetup } from './evidence-sources.ts'

export interface VerifyLinesOptions {
  readonly input: Readable
  /** Writes answers; resolves when more may come, `false` when nobody reads them any more. */
  write(octets: Uint8Array): Promise<boolean>
  readonly setup: EvidenceSetup
  /** A longer line is answered with an error and not kept; 64 MB when not given. */
  readonly maxLineOctets?: number
  readonly lanes?: Partial<Omit<LaneOptions, 'setup'>>
  /** Told after each batch that was written. */
  readonly onProgress?: (totals: LineTotals) => void
}

export interface LineTotals {
  readonly lines: number
  readonly unreadable: number
}

const defaultMaxLineOctets = 64_000_000

/** Batches grow to about this while all threads are busy. */
const batchOctets = 256 * 1024

/** Octets of lines whose answers are not written yet; one batch may go beyond it. */
const maxOctetsUnderWay = 32 * 1024 * 1024

/** Batches whose answers are not written yet. */
const maxBatchesUnderWay = 64

/**
 * Answers a stream of lines in their order, in memory that does not depend on how many they are.
 *
 * A line that comes alone is answered at once; where lines come faster than they are answered, they
 * go in batches to as many threads as there are processors. Nothing more is read while answers wait
 * to be written.
 */
export async function verifyLines(options: VerifyLinesOptions): Promise<LineTotals> {
  const pump = new LinePump(options)
  try {
    return await pump.run()
  } finally {
    await pump.close()
  }
}

class LinePump {
  readonly #options: VerifyLinesOptions
  readonly #maxLineOctets: number
  readonly #batches: LineBatches
  readonly #lanes: LineLanes
  /** Settles when everything that was taken so far is written. */
  #written: Promise<void> = Promise.resolve()
  #totals: LineTotals = { lines: 0, unreadable: 0 }
  #batchesUnderWay = 0
  #octetsUnderWay = 0
  #problem: unknown
  #stopped = false
  /** Whoever waits for room. */
  #wake: (() => void) | undefined

  constructor(options: VerifyLinesOptions) {
    this.#options = options
    this.#maxLineOctets = options.maxLineOctets ?? defaultMaxLineOctets
    this.#batches = new LineBatches(this.#maxLineOctets)
    const cores = availableParallelism()
    const lanes = {
      setup: options.setup,
      // This thread is one of them, as long as there are few.
      threads: cores > 4 ? cores : cores - 1,
      threadsAfterOctets: 2 * 1024 * 1024,
      ...options.lanes,
    }
    this.#lanes = new LineLanes(lanes, () => this.#roomAgain())
  }

  async run(): Promise<LineTotals> {
    try {
      for await (const chunk of this.#options.input) {
        if (!(chunk instanceof Uint8Array)) throw new Error('verifyLines: the input gives text')
        this.#batches.push(chunk)
        this.#dispatch()
        while (!this.#stopped && this.#batches.readyOctets >= batchOctets) await this.#room()
        if (this.#stopped) break
      }
    } catch (problem) {
      // Ended by ourselves when nobody reads the answers any more.
      if (!this.#stopped) throw problem
    }
    this.#batches.end()
    this.#dispatch()
    while (!this.#stopped && this.#batches.readyOctets > 0) await this.#room()
    await this.#written
    if (this.#problem !== undefined) throw this.#problem
    return this.#totals
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#lanes.close()
  }

  /** Resolves when something has changed that may have made room. */
  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #roomAgain(): void {
    this.#dispatch()
    this.#wake?.()
    this.#wake = undefined
  }

  #dispatch(): void {
    while (!this.#stopped && this.#lanes.idle && this.#mayTakeMore()) {
      const batch = this.#batches.take()
      if (batch === undefined) return
      this.#begin(batch)
    }
  }

  #mayTakeMore(): boolean {
    return this.#batchesUnderWay < maxBatchesUnderWay && this.#octetsUnderWay < maxOctetsUnderWay
  }

  #begin(batch: LineBatch): void {
    const octets = batch.type === 'lines' ? batch.octets.length : 0
    const answers =
      batch.type === 'lines'
        ? this.#lanes.run(batch.octets)
        : Promise.resolve(tooLongLine(this.#maxLineOctets))
    this.#batchesUnderWay++
    this.#octetsUnderWay += octets
    this.#written = this.#writeBehind(this.#written, answers).then(() => {
      this.#batchesUnderWay--
      this.#octetsUnderWay -= octets
      this.#roomAgain()
    })
  }

  /** Writes the answers when those before them are written. Never rejects. */
  async #writeBehind(before: Promise<void>, answers: Promise<AnsweredLines>): Promise<void> {
    try {
      const [answered] = await Promise.all([answers, before])
      if (this.#stopped) return
      if (answered.octets.length > 0 && !(await this.#options.write(answered.octets))) {
        return this.#stop(undefined)
      }
      const lines = this.#totals.lines + answered.lines
      this.#totals = { lines, unreadable: this.#totals.unreadable + answered.unreadable }
      this.#options.onProgress?.(this.#totals)
    } catch (problem) {
      this.#stop(problem)
    }
  }

  #stop(problem: unknown): void {
    this.#problem ??= problem
    this.#stopped = true
    this.#options.input.destroy()
    this.#wake?.()
  }
}
