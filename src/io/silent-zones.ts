import type { Clock } from '../base/clock.ts'

/** A zone counts as silent after so many questions in a row that it left without an answer. */
const missesUntilSilent = 3
/** For so long after the last of them. */
const rememberedMs = 5000
const maxZones = 10_000

/**
 * Remembers, for five seconds, which zones leave questions without an answer although the resolver
 * answers others. Such a zone is still asked, but few questions at once may wait for it. Its first
 * answer of any kind makes it a zone like all others.
 */
export class SilentZones {
  readonly #clock: Clock
  /** In the order of their last miss, the oldest first. */
  readonly #missed = new Map<string, { readonly count: number; readonly lastMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isSilent(zone: string): boolean {
    const missed = this.#missed.get(zone)
    if (missed === undefined || missed.count < missesUntilSilent) return false
    return this.#clock.monotonicMs() - missed.lastMs < rememberedMs
  }

  missed(zone: string): void {
    const lastMs = this.#clock.monotonicMs()
    const before = this.#missed.get(zone)
    this.#missed.delete(zone)
    const fresh = before !== undefined && lastMs - before.lastMs < rememberedMs
    this.#missed.set(zone, { count: fresh ? before.count + 1 : 1, lastMs })
    if (this.#missed.size <= maxZones) return
    for (const oldest of this.#missed.keys()) {
      this.#missed.delete(oldest)
      return
    }
  }

  answered(zone: string): void {
    this.#missed.delete(zone)
  }
}
