import { codeOf, type ErrorCode, WaybillError } from '../base/error.ts'

type InputOf<A, K extends keyof A> = A[K] extends (input: infer I) => unknown ? I : never
type AnswerOf<A, K extends keyof A> = A[K] extends (input: never) => infer R ? Awaited<R> : never

/** A fault as plain data: class and code do not survive the way between threads. */
export interface FlatProblem {
  readonly code: ErrorCode | undefined
  readonly name: string
  readonly message: string
  readonly hint: string | undefined
  readonly stack: string | undefined
}

/** What goes over. */
export type CallMessage =
  | {
      readonly type: 'call'
      readonly kind: string
      /** Absent: nobody waits for an answer. */
      readonly id: number | undefined
      readonly input: unknown
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly problem: FlatProblem }

interface Waiting {
  resolve(answer: unknown): void
  reject(problem: Error): void
}

/**
 * One end of the way between two threads, where each asks the other: by name, with one value, for one
 * value. What is sent arrives in order. When the other side is gone, whoever waits is told so.
 *
 * `Theirs` is what may be asked of the other side.
 */
export class Calls<Theirs> {
  readonly #post: (message: CallMessage, transfer: readonly object[]) => void
  #mine: object = {}
  readonly #fault: (problem: unknown, kind: string) => void
  readonly #waiting = new Map<number, Waiting>()
  #next = 0
  #lost: Error | undefined

  /** `fault` hears what fails that nobody waits for. */
  constructor(end: {
    readonly post: (message: CallMessage, transfer: readonly object[]) => void
    readonly fault: (problem: unknown, kind: string) => void
  }) {
    this.#post = end.post
    this.#fault = end.fault
  }

  /** From now on `mine` answers what is asked here: each method is one question. */
  serve(mine: object): void {
    this.#mine = mine
  }

  /** Resolves with the answer. Rejects with what failed there, and when the other side is gone. */
  ask<K extends string & keyof Theirs>(
    kind: K,
    input: InputOf<Theirs, K>,
  ): Promise<AnswerOf<Theirs, K>> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    return new Promise<AnswerOf<Theirs, K>>((resolve, reject) => {
      const id = this.#next++
      this.#waiting.set(id, { resolve, reject })
      this.#post({ type: 'call', kind, id, input }, [])
    })
  }

  /** Nobody waits for what comes of it. `transfer` goes over and is lost here. */
  tell<K extends string & keyof Theirs>(
    kind: K,
    input: InputOf<Theirs, K>,
    transfer: readonly object[] = [],
  ): void {
    if (this.#lost === undefined) this.#post({ type: 'call', kind, id: undefined, input }, transfer)
  }

  /** Takes what has come from the other side. */
  take(message: CallMessage): void {
    switch (message.type) {
      case 'call':
        this.#answer(message)
        return
      case 'answer':
        this.#waitingFor(message.id)?.resolve(message.answer)
        return
      case 'failed':
        this.#waitingFor(message.id)?.reject(problemFrom(message.problem))
        return
    }
  }

  /** The other side is gone. */
  lost(problem: Error): void {
    this.#lost ??= problem
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost)
    this.#waiting.clear()
  }

  #waitingFor(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #answer({ kind, id, input }: CallMessage & { readonly type: 'call' }): void {
    let answer: unknown
    try {
      const answerer: unknown = Reflect.get(this.#mine, kind)
      if (typeof answerer !== 'function') throw new Error(`Calls: nobody answers "${kind}"`)
      answer = Reflect.apply(answerer, this.#mine, [input])
    } catch (problem) {
      this.#failed(kind, id, problem)
      return
    }
    if (!(answer instanceof Promise)) return this.#answered(kind, id, answer)
    answer.then(
      (value: unknown) => this.#answered(kind, id, value),
      (problem: unknown) => this.#failed(kind, id, problem),
    )
  }

  #answered(kind: string, id: number | undefined, answer: unknown): void {
    if (id === undefined || this.#lost !== undefined) return
    try {
      this.#post({ type: 'answer', id, answer }, [])
    } catch (problem) {
      this.#failed(kind, id, problem)
    }
  }

  #failed(kind: string, id: number | undefined, problem: unknown): void {
    if (id === undefined) this.#fault(problem, kind)
    else if (this.#lost === undefined) {
      this.#post({ type: 'failed', id, problem: flatProblem(problem) }, [])
    }
  }
}

export function flatProblem(problem: unknown): FlatProblem {
  const code = problem instanceof WaybillError ? problem.code : undefined
  const hint = problem instanceof WaybillError ? problem.hint : undefined
  if (!(problem instanceof Error)) {
    return { code, name: 'Error', message: String(problem), hint, stack: undefined }
  }
  const { name, message, stack } = problem
  const system = codeOf(problem)
  const said = code === undefined && typeof system === 'string' && !message.includes(system)
  return { code, name, message: said ? `${system}: ${message}` : message, hint, stack }
}

/** The fault again, where it is told. */
export function problemFrom({ code, name, message, hint, stack }: FlatProblem): Error {
  const problem =
    code === undefined
      ? new Error(message)
      : new WaybillError(code, message, hint === undefined ? {} : { hint })
  problem.name = name
  if (stack !== undefined) problem.stack = stack
  return problem
}
