import type { Clock } from '../base/clock.ts'
import { dayOf, startOfDay } from '../source/warm-up.ts'
import type { RegisterPort } from '../store/ports/register.ts'

/** The kind of these entries in the register. */
const sourceSentKind = 'source-sent'

export interface SourceCountsOptions {
  readonly register: Pick<RegisterPort, 'put' | 'find'>
  readonly clock: Clock
  /** A fault of ours. */
  readonly report: (problem: unknown) => void
}

interface Count {
  readonly day: number
  letters: number
  /** So many stand in the register, or are being written there. */
  claimed: number
  /** Resolves when that is done. */
  written: Promise<void>
}

/**
 * How many letters each source has sent today (UTC), over restarts and crashes.
 *
 * There is no write for each letter. The register is told of more than was sent, a tenth more and at
 * least ten, before the first of these goes; when they are used up, it is told again. After a crash the
 * day may so seem fuller than it was, and never emptier: a warm-up is not exceeded by a crash.
 */
export class SourceCounts {
  readonly #options: SourceCountsOptions
  readonly #counts = new Map<string, Count>()

  constructor(options: SourceCountsOptions) {
    this.#options = options
  }

  /** Reads what went today from these; before anything is counted. */
  async load(sources: readonly string[]): Promise<void> {
    const { register, clock } = this.#options
    for (const name of sources) {
      if (this.#counts.has(name)) continue
      const entry = await register.find(sourceSentKind, name, clock.now())
      const kept = entry === undefined ? undefined : readCount(entry.json)
      if (kept === undefined) continue
      const { day, letters } = kept
      this.#counts.set(name, { day, letters, claimed: letters, written: Promise.resolve() })
    }
  }

  /** Letters that went today. */
  of(source: string): number {
    const count = this.#counts.get(source)
    return count?.day === dayOf(this.#options.clock.now()) ? count.letters : 0
  }

  /**
   * So many go now. Resolves when they may: when the register knows of as many, or cannot be told, which
   * is no reason to keep mail back.
   *
   * @param most of that day
   */
  spend(source: string, letters: number, most: number): Promise<void> {
    const count = this.#today(source)
    count.letters += letters
    if (count.letters > count.claimed) {
      const spare = Math.max(leastSpare, Math.ceil(count.letters / 10))
      count.claimed = Math.max(count.letters, Math.min(most, count.letters + spare))
      this.#write(source, count, count.claimed)
    }
    return count.written
  }

  /** So many did not go. */
  giveBack(source: string, letters: number): void {
    const count = this.#counts.get(source)
    if (count === undefined || count.day !== dayOf(this.#options.clock.now())) return
    count.letters = Math.max(0, count.letters - letters)
  }

  /** Writes down what truly went, and resolves when all is in the register: before the store is closed. */
  async settled(): Promise<void> {
    for (const [source, count] of this.#counts) {
      if (count.letters === count.claimed) continue
      count.claimed = count.letters
      this.#write(source, count, count.letters)
    }
    await Promise.all(Array.from(this.#counts.values(), ({ written }) => written))
  }

  #today(source: string): Count {
    const day = dayOf(this.#options.clock.now())
    const known = this.#counts.get(source)
    if (known?.day === day) return known
    const written = known?.written ?? Promise.resolve()
    const count = { day, letters: 0, claimed: 0, written }
    this.#counts.set(source, count)
    return count
  }

  /** One after the other: what is written last is what holds. */
  #write(source: string, count: Count, letters: number): void {
    const { register, clock, report } = this.#options
    const { day } = count
    const entry = {
      kind: sourceSentKind,
      key: source,
      json: JSON.stringify({ day, letters }),
      changedAt: clock.now(),
      expiresAt: startOfDay(day + 2),
    }
    count.written = count.written.then(() => register.put([entry])).catch(report)
  }
}

const leastSpare = 10

function readCount(json: string): { readonly day: number; readonly letters: number } | undefined {
  const read: unknown = JSON.parse(json)
  if (typeof read !== 'object' || read === null) return undefined
  const [day, letters]: readonly unknown[] = [
    Reflect.get(read, 'day'),
    Reflect.get(read, 'letters'),
  ]
  if (typeof day !== 'number' || typeof letters !== 'number') return undefined
  return { day, letters }
}
