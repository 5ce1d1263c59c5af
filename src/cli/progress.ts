import { systemClock } from '../io/clock.ts'
import { personListens, say, sayOver } from './output.ts'

const terminalEveryMs = 200
const logEveryMs = 10_000

/** Tells on standard error how far long work is; nothing at all when it is soon over. */
export class Progress {
  readonly #what: string
  readonly #total: number | undefined
  readonly #everyMs: number
  #nextMs: number
  #shown = false

  /** @param what is counted: `messages` */
  constructor(what: string, total?: number) {
    this.#what = what
    this.#total = total
    this.#everyMs = personListens() ? terminalEveryMs : logEveryMs
    this.#nextMs = systemClock.monotonicMs() + (personListens() ? 1000 : logEveryMs)
  }

  at(count: number): void {
    const nowMs = systemClock.monotonicMs()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + this.#everyMs
    const of = this.#total === undefined ? '' : ` of ${grouped(this.#total)}`
    const text = `${grouped(count)}${of} ${this.#what}`
    if (!personListens()) return say(text)
    this.#shown = true
    sayOver(text)
  }

  /** Takes the line away again. */
  end(): void {
    if (this.#shown) sayOver('')
    this.#shown = false
  }
}

/** `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
