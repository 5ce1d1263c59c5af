import type { Worker } from 'node:worker_threads'
import { errorOf, type Problem } from '../../base/error-data.ts'
import { storeBroken } from '../problems.ts'
import type { Ask, Reads } from '../reads.ts'
import { startBeside } from '../../io/start-worker.ts'

/** What the thread that reads needs to know. */
export interface ReaderSetup {
  readonly folder: string
  readonly busyTimeoutMs: number
}

/** A question on its way to the thread; the arguments are the method's by the type of `Ask`. */
export interface Question {
  readonly number: number
  readonly method: keyof Reads
  readonly args: Parameters<Reads[keyof Reads]>
}

export type ReaderRequest =
  | { readonly type: 'ask'; readonly questions: readonly Question[] }
  | { readonly type: 'close' }

export type ReaderReply = { readonly number: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem }
)

interface Waiting {
  readonly question: Question
  /** It was asked before, of a thread that died meanwhile. */
  readonly again: boolean
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * Reads on a thread of its own, so that a long search stops nobody who speaks SMTP. The thread begins
 * with the first question. What is asked in one turn of the event loop goes over as one message, because
 * each message wakes the thread; each answer comes by itself, so that it is known which question was
 * looked at last. When it dies it is told, the next question starts another, and what it
 * was asked is asked once more: reading changes nothing. It died over the oldest question; those behind
 * it were not looked at yet.
 */
export class ReaderThread {
  readonly #start: () => Worker
  readonly #onLost: (cause: unknown) => void
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #unsent: Question[] = []
  #next = 0
  #closing = false
  #idle: (() => void) | undefined

  constructor(start: () => Worker, onLost: (cause: unknown) => void) {
    this.#start = start
    this.#onLost = onLost
  }

  /** Rejects with what the store says, and when two threads died while this question was the oldest. */
  readonly ask: Ask = (method, ...args) => {
    if (this.#closing) return Promise.reject(new Error('Store: it is closed'))
    return new Promise((resolve, reject) => {
      const number = this.#next++
      const question = { number, method, args }
      const answered = resolve as (value: unknown) => void
      this.#send({ question, again: false, resolve: answered, reject })
    })
  }

  /** Lets the questions that were asked be answered, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    const worker = this.#worker
    if (worker === undefined) return
    this.#worker = undefined
    await new Promise<void>((resolve) => {
      worker.removeAllListeners('error').removeAllListeners('exit')
      worker.on('error', () => undefined)
      worker.once('exit', () => resolve())
      worker.ref()
      worker.postMessage({ type: 'close' } satisfies ReaderRequest)
      if (worker.threadId === -1) resolve()
    })
  }

  #send(waiting: Waiting): void {
    this.#waiting.set(waiting.question.number, waiting)
    if (this.#unsent.push(waiting.question) === 1) setImmediate(() => this.#post())
  }

  #post(): void {
    const questions = this.#unsent
    if (questions.length === 0) return
    this.#unsent = []
    const worker = (this.#worker ??= this.#begin())
    worker.ref()
    try {
      worker.postMessage({ type: 'ask', questions } satisfies ReaderRequest)
    } catch {
      // One of them is not plain data. Each goes by itself, so that only that one fails.
      for (const question of questions) this.#postAlone(worker, question)
    }
  }

  #postAlone(worker: Worker, question: Question): void {
    try {
      worker.postMessage({ type: 'ask', questions: [question] } satisfies ReaderRequest)
    } catch (error) {
      const waiting = this.#take(question.number)
      waiting?.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #begin(): Worker {
    const worker = this.#start()
    worker.unref()
    worker.on('message', (reply: ReaderReply) => {
      const waiting = this.#take(reply.number)
      if (reply.ok) waiting?.resolve(reply.value)
      else waiting?.reject(errorOf(reply.problem))
    })
    worker.once('error', (cause) => this.#lose(worker, cause))
    worker.once('exit', () => this.#lose(worker, new Error('the thread that reads has ended')))
    return worker
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (this.#waiting.size === 0) {
      this.#worker?.unref()
      this.#idle?.()
    }
    return waiting
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#unsent = []
    this.#onLost(cause)
    const [oldest, ...others] = this.#waiting.values()
    if (oldest === undefined) return
    if (oldest.again) {
      this.#take(oldest.question.number)
      oldest.reject(storeBroken(cause))
    } else {
      this.#send({ ...oldest, again: true })
    }
    for (const waiting of others) this.#send(waiting)
  }
}

/** Starts a thread that reads this folder. */
export function startReaderThread(setup: ReaderSetup): Worker {
  return startBeside(import.meta.url, {
    file: 'reader-worker',
    data: setup,
    name: 'waybill-reader',
    memory: { maxYoungGenerationSizeMb: 24 },
  })
}
