import type { Transferable, Worker } from 'node:worker_threads'
import { errorOf, type Problem } from '../base/error-data.ts'

/** A task on its way to the thread. */
export interface NumberedTask<Task> {
  readonly number: number
  readonly task: Task
}

/** What became of it. */
export type NumberedAnswer<Answer> = { readonly number: number } & (
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly problem: Problem }
)

/** How a thread of work begins. */
export type StartWorker = () => Worker

interface Waiting<Answer> {
  resolve(answer: Answer): void
  reject(fault: Error): void
}

/** So long a thread without work stays. */
const idleMs = 60_000

/**
 * Work that would hold up everybody else, on a thread of its own. The thread begins with the first
 * task, does one after the other, and ends when there was none for a minute. When it dies, what it
 * was asked fails, and the next task begins another.
 */
export class WorkThread<Task, Answer> {
  readonly #start: StartWorker
  readonly #ended: () => void
  readonly #waiting = new Map<number, Waiting<Answer>>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #next = 0

  /** @param ended told when a thread has ended: what it remembered is gone */
  constructor(start: StartWorker, ended: () => void = () => undefined) {
    this.#start = start
    this.#ended = ended
  }

  /** Rejects when the task failed, or the thread died over it or over one before. */
  do(task: Task, given: readonly Transferable[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const worker = (this.#worker ??= this.#begin())
      const number = this.#next++
      const numbered: NumberedTask<Task> = { number, task }
      worker.postMessage(numbered, [...given])
      clearTimeout(this.#idle)
      worker.ref()
      this.#waiting.set(number, { resolve, reject })
    })
  }

  /** Ends the thread; what is under way fails. */
  end(): void {
    const worker = this.#worker
    if (worker === undefined) return
    this.#lose(worker, new Error('it was ended'))
    void worker.terminate()
  }

  #begin(): Worker {
    const worker = this.#start()
    worker.unref()
    worker.on('message', (said: NumberedAnswer<Answer>) => {
      const waiting = this.#waiting.get(said.number)
      this.#waiting.delete(said.number)
      if (this.#waiting.size === 0) this.#rest(worker)
      if (said.ok) waiting?.resolve(said.answer)
      else waiting?.reject(errorOf(said.problem))
    })
    worker.once('error', (cause) => this.#lose(worker, cause))
    worker.once('exit', () => this.#lose(worker, new Error('it stopped')))
    return worker
  }

  /** Nobody waits for a thread without work. */
  #rest(worker: Worker): void {
    worker.unref()
    this.#idle = setTimeout(() => this.end(), idleMs).unref()
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    clearTimeout(this.#idle)
    const lost = Array.from(this.#waiting.values())
    this.#waiting.clear()
    this.#ended()
    for (const waiting of lost) waiting.reject(new Error('A thread of work has ended', { cause }))
  }
}
