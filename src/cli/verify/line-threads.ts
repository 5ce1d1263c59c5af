import type { Worker } from 'node:worker_threads'
import type { AnsweredLines } from './answer-lines.ts'
import type { EvidenceSetup } from './evidence-sources.ts'
import { startBeside } from '../../io/start-worker.ts'

/** A batch for a thread. */
export interface LineTask {
  readonly number: number
  readonly octets: Uint8Array<ArrayBuffer>
}

/** What a thread says: `ready` once, then one answer for each task. */
export type LineReply =
  | { readonly type: 'ready' }
  | { readonly type: 'answered'; readonly number: number; readonly answered: AnsweredLines }

interface Waiting {
  resolve(answered: AnsweredLines): void
  reject(problem: unknown): void
}

/** A second batch lies ready in each thread while the first is at work. */
const tasksPerThread = 2

/** Threads that answer batches of lines. */
export class LineThreads {
  readonly #threads: LineThread[]

  constructor(count: number, setup: EvidenceSetup, onReady: () => void) {
    this.#threads = Array.from({ length: count }, () => new LineThread(setup, onReady))
  }

  /** Whether one has started. */
  get ready(): boolean {
    return this.#threads.some(({ ready }) => ready)
  }

  /** Whether one would begin with a batch soon. */
  get idle(): boolean {
    return this.#threads.some(({ ready, tasks }) => ready && tasks < tasksPerThread)
  }

  /** Gives a batch to the thread with the least to do. Its buffer is given away. */
  run(octets: Uint8Array<ArrayBuffer>): Promise<AnsweredLines> {
    const ready = this.#threads.filter((thread) => thread.ready)
    const [thread] = ready.toSorted((a, b) => a.tasks - b.tasks)
    if (thread === undefined) throw new Error('LineThreads: none is ready')
    return thread.run(octets)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

class LineThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #number = 0
  #ready = false
  #problem: Error | undefined

  constructor(setup: EvidenceSetup, onReady: () => void) {
    this.#worker = startBeside(import.meta.url, {
      file: 'line-worker',
      data: setup,
      memory: { maxYoungGenerationSizeMb: 8 },
      name: 'waybill-verify',
    })
    this.#worker.on('message', (reply: LineReply) => {
      if (reply.type === 'answered') return this.#answered(reply.number, reply.answered)
      this.#ready = true
      onReady()
    })
    this.#worker.on('error', (problem) => {
      this.#fail(problem instanceof Error ? problem : new Error(String(problem)))
    })
    this.#worker.on('exit', () => this.#fail(new Error('a thread of verify has ended')))
  }

  get ready(): boolean {
    return this.#ready
  }

  get tasks(): number {
    return this.#waiting.size
  }

  run(octets: Uint8Array<ArrayBuffer>): Promise<AnsweredLines> {
    if (this.#problem !== undefined) return Promise.reject(this.#problem)
    const number = this.#number++
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      const task: LineTask = { number, octets }
      this.#worker.postMessage(task, [octets.buffer])
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #answered(number: number, answered: AnsweredLines): void {
    this.#waiting.get(number)?.resolve(answered)
    this.#waiting.delete(number)
  }

  #fail(problem: Error): void {
    this.#problem ??= problem
    for (const waiting of this.#waiting.values()) waiting.reject(this.#problem)
    this.#waiting.clear()
  }
}
