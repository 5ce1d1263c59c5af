import type { Clock } from '../base/clock.ts'
import { normalizeName } from './resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from './resolver.ts'

/**
 * A question and its answer, as plain JSON. `startedAtMs` (since 1970) and `elapsedMs` are there when
 * the recorder had a clock; a replay does not read them.
 */
export type RecordedAnswer = {
  readonly [T in RecordType]: {
    /** As asked, in the form of `normalizeName`; aliases are in the answer. */
    readonly name: string
    readonly type: T
    readonly answer: DnsAnswer<RecordData[T]>
    readonly startedAtMs?: number
    readonly elapsedMs?: number
  }
}[RecordType]

type Written = {
  readonly name: string
  readonly type: RecordType
  readonly answer: DnsAnswer<RecordData[RecordType]>
}

/**
 * Passes questions on and writes down each distinct one with its answer.
 *
 * Within one recording a question has one answer: who asks again is given the first, even when the
 * zone changed meanwhile. Without that a replay, which has one answer to give, could differ. So a
 * recorder serves one message or one connection and is then dropped; what it holds is bounded by the
 * look-ups that the evaluators allow themselves.
 */
export class RecordingResolver implements Resolver {
  readonly #inner: Resolver
  readonly #clock: Clock | undefined
  readonly #client: string | undefined
  readonly #asked = new Map<string, Promise<DnsAnswer<unknown>>>()
  /** One place for each question, in the order of asking; empty until its answer is there. */
  readonly #written: (Written | undefined)[] = []

  /** @param client the address of the client on whose behalf everything is asked */
  constructor(inner: Resolver, clock?: Clock, client?: string) {
    this.#inner = inner
    this.#clock = clock
    this.#client = client
  }

  resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const asked = normalizeName(name)
    const key = `${type} ${asked}`
    const before = this.#asked.get(key)
    // The key holds the type, and only this function fills the map, with answers of that type.
    if (before !== undefined) return before as Promise<DnsAnswer<RecordData[T]>>
    const answer = this.#ask(asked, type)
    this.#asked.set(key, answer)
    return answer
  }

  /** What was answered so far, in the order in which it was asked, whoever was answered first. */
  get answers(): readonly RecordedAnswer[] {
    // `#ask` pairs each type with an answer of that type, which `Written` cannot say.
    return this.#written.filter((one) => one !== undefined) as readonly RecordedAnswer[]
  }

  async #ask<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const place = this.#written.push(undefined) - 1
    const clock = this.#clock
    if (clock === undefined) {
      const answer = await this.#inner.resolve(name, type, this.#client)
      this.#written[place] = { name, type, answer }
      return answer
    }
    const startedAtMs = clock.now()
    const startedMs = clock.monotonicMs()
    const answer = await this.#inner.resolve(name, type, this.#client)
    const elapsedMs = Math.round((clock.monotonicMs() - startedMs) * 100) / 100
    const written = { name, type, answer, startedAtMs, elapsedMs }
    this.#written[place] = written
    return answer
  }
}
