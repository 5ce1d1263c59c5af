/** What was done in the window under way and in the one before it. Plain data. */
export interface CountedWindow {
  /** When the one under way began, Unix milliseconds. */
  readonly startedAt: number
  readonly before: number
  readonly current: number
}

/**
 * How much was done in the last `windowMs`: the window before the one under way counts by the part of
 * it that is not over yet.
 */
export function countIn(window: CountedWindow, windowMs: number, nowMs: number): number {
  // A clock may be set back.
  const age = Math.max(0, nowMs - window.startedAt)
  const { before, current } = window
  if (age >= 2 * windowMs) return 0
  if (age >= windowMs) return current * (2 - age / windowMs)
  return current + before * (1 - age / windowMs)
}

/** With `more` that was done now. */
export function countOn(
  last: CountedWindow | undefined,
  more: number,
  at: { readonly windowMs: number; readonly nowMs: number },
): CountedWindow {
  const { windowMs, nowMs } = at
  const age = last === undefined ? Infinity : nowMs - last.startedAt
  if (last !== undefined && age < windowMs) return { ...last, current: last.current + more }
  // The window under way begins where the last one ended, so that the fading has no step.
  const follows = last !== undefined && age < 2 * windowMs
  return {
    startedAt: follows ? last.startedAt + windowMs : nowMs,
    before: follows ? last.current : 0,
    current: more,
  }
}

/**
 * Counts what each of many keys did in the last `windowMs`, with two numbers a key (`countIn`). So the
 * first window is exact, and what lies back fades out instead of being forgotten at once.
 *
 * Holds at most `maxKeys`: strangers choose the keys. Those that are over go first, then, of the
 * oldest few, the one that did least.
 */
export class WindowCounter {
  readonly #windowMs: number
  readonly #maxKeys: number
  /** Whose window began longest ago comes first. */
  readonly #entries = new Map<string, CountedWindow>()

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
    return entry === undefined ? 0 : countIn(entry, this.#windowMs, nowMs)
  }

  /** One more of `key`; gives the count with it. */
  add(key: string, nowMs: number): number {
    const entry = this.#entries.get(key)
    const windowMs = this.#windowMs
    if (entry === undefined || nowMs - entry.startedAt >= windowMs) {
      this.#entries.delete(key)
      if (this.#entries.size >= this.#maxKeys) this.#makeRoom(nowMs)
    }
    this.#entries.set(key, countOn(entry, 1, { windowMs, nowMs }))
    return this.count(key, nowMs)
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
