import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { PruneRequest, PruneResult } from '../store/ports/retention.ts'
import type { Store } from '../store/ports/store.ts'

/** How long things are kept, in milliseconds. */
export interface RetentionTimes {
  /** Every journey, but those whose mail still waits in the queue. */
  readonly journeysMs: number
  /** Connections that brought no letter. */
  readonly scansMs: number
  /** The content of refused letters. */
  readonly refusedMs: number
}

const dayMs = 86_400_000

/** The times as the table `[retention]` has them. */
export function retentionTimes(retention: {
  readonly journey_days: number
  readonly scan_days: number
  readonly refused_days: number
}): RetentionTimes {
  return {
    journeysMs: retention.journey_days * dayMs,
    scansMs: retention.scan_days * dayMs,
    refusedMs: retention.refused_days * dayMs,
  }
}

/** What may go at this hour. */
export function pruneRequest(times: RetentionTimes, now: number): PruneRequest {
  return {
    journeysBefore: now - times.journeysMs,
    scansBefore: now - Math.min(times.scansMs, times.journeysMs),
    refusedBefore: now - Math.min(times.refusedMs, times.journeysMs),
    expiredBy: now,
  }
}

export interface RetentionOptions {
  readonly store: Pick<Store, 'retention'>
  readonly clock: Clock
  readonly times: RetentionTimes
  /** Done at the beginning of each pass. */
  readonly first?: (now: number) => Promise<void>
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
}

/** Between two passes; the first one waits for less, so that a start is not slowed down. */
export const passEveryMs: number = 10 * 60_000
const firstPassMs = 60_000
/** Between two steps of a pass: mail goes on meanwhile. */
export const pauseMs: number = 50

/** Removes what is kept long enough, again and again, in small steps beside the traffic. */
export class Retention {
  readonly #options: RetentionOptions
  #cancel: () => void = () => {}
  #pass: Promise<PruneResult> | undefined
  #stopped = false
  /** Ends the pause between two steps. */
  #hurry: () => void = () => {}

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  start(): void {
    this.#sleep(firstPassMs)
  }

  /** A pass now, or the one under way. Rejects with what the store says. */
  run(): Promise<PruneResult> {
    this.#pass ??= this.#once().finally(() => {
      this.#pass = undefined
    })
    return this.#pass
  }

  /** Waits for the step under way; begins no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    this.#hurry()
    await this.#pass?.catch(() => undefined)
  }

  #sleep(ms: number): void {
    if (this.#stopped) return
    this.#cancel = this.#options.clock.setTimer(ms, () => {
      this.run()
        .catch((problem: unknown) => this.#options.report(problem, 'retention'))
        .finally(() => this.#sleep(passEveryMs))
    })
  }

  async #once(): Promise<PruneResult> {
    const { store, clock, times, log, first } = this.#options
    await first?.(clock.now())
    const request = pruneRequest(times, clock.now())
    const removed = await store.retention.prune(request, () => this.#pause())
    const { journeys, messages, contents, facts } = removed
    if (journeys + messages + contents + facts > 0) {
      log({
        level: 'info',
        event: 'store',
        fields: { did: 'pruned', journeys, messages, contents, facts },
      })
    }
    return removed
  }

  #pause(): Promise<'go-on' | 'enough'> {
    return new Promise((resolve) => {
      const done = (): void => resolve(this.#stopped ? 'enough' : 'go-on')
      const cancel = this.#options.clock.setTimer(pauseMs, done)
      this.#hurry = () => {
        cancel()
        done()
      }
      if (this.#stopped) this.#hurry()
    })
  }
}
