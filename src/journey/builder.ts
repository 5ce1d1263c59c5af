import { hash as digest } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import type { Envelope, JourneyMode, JourneyRecord, Outcome, ReplayFacts } from './record.ts'
import type { Line } from './spoken.ts'
import type { AnswerRef, Step, StepData } from './steps.ts'

/** A fact that many journeys share, under the hash of its JSON. */
export interface Shared {
  readonly hash: string
  readonly json: string
}

/** When a step began: taken before the work, given to `step` after it. */
export interface Begin {
  readonly at: number
  readonly monotonicMs: number
}

export interface Mark {
  readonly steps: number
  readonly lines: number
}

/** The most lines of dialogue that are kept of one session; then one line says how many more. */
const maxLines = 400

/** Gathers the record of one journey while it happens. */
export class JourneyBuilder {
  readonly id: string
  readonly startedAt: number
  readonly #clock: Clock
  readonly #steps: Step[] = []
  readonly #lines: Line[] = []
  readonly #shared = new Map<string, string>()
  #linesLeftOut = 0

  constructor(id: string, clock: Clock, startedAt: number = clock.now()) {
    this.id = id
    this.startedAt = startedAt
    this.#clock = clock
  }

  /** A journey that begins with what this one has so far: the next message of a session. */
  fork(id: string): JourneyBuilder {
    const next = new JourneyBuilder(id, this.#clock)
    next.#steps.push(...this.#steps)
    next.#lines.push(...this.#lines)
    for (const [hash, json] of this.#shared) next.#shared.set(hash, json)
    return next
  }

  begin(): Begin {
    return { at: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() }
  }

  /** Writes down a step. Without `begin` it took no time worth telling. */
  step(data: StepData, begin?: Begin, answers: readonly RecordedAnswer[] = []): void {
    const now = this.#clock.monotonicMs()
    const durationMs = begin === undefined ? 0 : Math.round((now - begin.monotonicMs) * 100) / 100
    const startedAt = begin?.at ?? this.#clock.now()
    this.#steps.push({
      ...data,
      startedAt,
      durationMs,
      dns: answers.map((one) => this.#share(one)),
    })
  }

  line(from: Line['from'], text: string): void {
    if (this.#lines.length >= maxLines) this.#linesLeftOut++
    else this.#lines.push({ from, text, at: this.#clock.now() })
  }

  /** A place to come back to with `backTo`. */
  mark(): Mark {
    return { steps: this.#steps.length, lines: this.#lines.length }
  }

  /** Forgets what was written down since: it did not come to pass. */
  backTo({ steps, lines }: Mark): void {
    this.#steps.length = steps
    this.#lines.length = lines
  }

  /** The steps since then, to be told again by `again`. */
  since({ steps }: Mark): readonly Step[] {
    return this.#steps.slice(steps)
  }

  /** Goes on behind steps that were written down before. */
  again(steps: readonly Step[]): void {
    this.#steps.push(...steps)
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  get shared(): readonly Shared[] {
    return Array.from(this.#shared, ([hash, json]) => ({ hash, json }))
  }

  /** The record so far, ended by `outcome`. */
  record(facts: {
    readonly direction: 'in' | 'out'
    readonly host: string
    readonly mode?: JourneyMode
    readonly envelope: Envelope
    readonly outcome: Outcome
    readonly replay: ReplayFacts | undefined
    readonly subject: string
    readonly messageId: string
    readonly author: string
  }): JourneyRecord {
    const conversation = [...this.#lines]
    if (this.#linesLeftOut > 0) {
      const text = `(${this.#linesLeftOut} more lines were not kept)`
      conversation.push({ from: 'note', text, at: this.#clock.now() })
    }
    const { mode = 'live', ...rest } = facts
    return {
      schema: 'waybill.record/1',
      id: this.id,
      mode,
      startedAt: this.startedAt,
      steps: this.#steps,
      conversation,
      ...rest,
    }
  }

  #share(one: RecordedAnswer): AnswerRef {
    const { ref, fact } = shareAnswer(one)
    this.#shared.set(fact.hash, fact.json)
    return ref
  }
}

/** A DNS answer as a record refers to it, and the fact that is shared. */
export function shareAnswer(one: RecordedAnswer): {
  readonly ref: AnswerRef
  readonly fact: Shared
} {
  const { name, type, answer } = one
  // The TTL counts down in a cache: without it equal answers stay equal, and are stored once.
  const lasting = answer.type === 'failed' ? answer : { ...answer, ttlSeconds: 0 }
  const fact = sharedFact(JSON.stringify({ name, type, answer: lasting }))
  const ttlSeconds = answer.type === 'failed' ? 0 : answer.ttlSeconds
  return { ref: { hash: fact.hash, ttlSeconds, ms: one.elapsedMs ?? 0 }, fact }
}

/** A fact under the hash of its JSON. */
export function sharedFact(json: string): Shared {
  return { hash: digest('sha256', json, 'base64url').slice(0, 22), json }
}
