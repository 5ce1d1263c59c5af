/** What one key has done in the window under way and in the one before it. */
interface Entry {
  startedAt: number
  before: number
  current: number
}

/**
 * Counts what each of many keys did in the last `windowMs`, with two numbers a key: the window before
 * the one under way counts by the part of it that is not over yet. So the first window is exact, and
 * what lies back fades out instead of being forgotten at once.
 *
 * Holds at most `maxKeys`: strangers choose the keys. Those that are over go first, then, of the
 * oldest few, the one that did least.
 */
export class WindowCounter {
  readonly #windowMs: number
  readonly #maxKeys: number
  /** Whose window began longest ago comes first. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: { readonly windowMs: number; readonly maxKeys?: number }) {
    this.#windowMs = options.windowMs
    this.#maxKeys = options.maxKeys ?? 20_000
  }

  /** How many keys are held. */
  get size(): number {
    return this.#entries.size
  }

  /** How much `key` did lately. `nowMs` never goes back. */
  count(key: string, nowMs: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined) return 0
    const age = nowMs - entry.startedAt
    const { before, current } = entry
    if (age >= 2 * this.#windowMs) return 0
    if (age >= this.#windowMs) return current * (2 - age / this.#windowMs)
    return current + before * (1 - age / this.#windowMs)
  }

  /** One more of `key`; gives the count with it. */
  add(key: string, nowMs: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || nowMs - entry.startedAt >= this.#windowMs) {
      this.#begin(key, entry, nowMs)
    } else entry.current++
    return this.count(key, nowMs)
  }

  #begin(key: string, last: Entry | undefined, nowMs: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#maxKeys) this.#makeRoom(nowMs)
    const age = last === undefined ? Infinity : nowMs - last.startedAt
    // The window under way begins where the last one ended, so that the fading has no step.
    const follows = last !== undefined && age < 2 * this.#windowMs
    this.#entries.set(key, {
      startedAt: follows ? last.startedAt + this.#windowMs : nowMs,
      before: follows ? last.current : 0,
      current: 1,
    })
  }

  #makeRoom(nowMs: number): void {
    let least: { readonly key: string; readonly count: number } | undefined
    let looked = 0
    for (const key of this.#entries.keys()) {
      const count = this.count(key, nowMs)
      if (least === undefined || count < least.count) least = { key, count }
      if (count === 0 || ++looked >= candidates) break
    }
    if (least !== undefined) this.#entries.delete(least.key)
  }
}

/** Of how many of the oldest the one with the least is given up. */
const candidates = 32

/** How many connections each key has at this moment. Only who has one takes up memory. */
export class OpenPlaces {
  readonly #open = new Map<string, number>()

  count(key: string): number {
    return this.#open.get(key) ?? 0
  }

  enter(key: string): void {
    this.#open.set(key, this.count(key) + 1)
  }

  leave(key: string): void {
    const left = this.count(key) - 1
    if (left > 0) this.#open.set(key, left)
    else this.#open.delete(key)
  }
}
