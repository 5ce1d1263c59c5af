import type { Clock } from '../base/clock.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { quietUntil } from './quiet-hours.ts'
import { allowance, nextAt, type Rate, type RateUse, spend, unused } from './rate.ts'
import { type AppliedRule, RuleBook, senderRulesFor, type TrafficPlan } from './traffic-plan.ts'

/** Rates whose use is remembered; one that was not used for long is as if it were forgotten. */
const maxRemembered = 20_000
/** For how long the end of quiet hours is not looked up again. */
const sameQuietMs = 1000

/** Why something does not go now though it could. */
export interface RateLimited {
  /** When the next letter may go, by the clock that never goes back. */
  readonly until: number
  /** A sentence. */
  readonly because: string
}

/** How much a plan lets go now, by what went before. In memory: after a start nothing went before. */
export class Traffic {
  readonly #clock: Clock
  #text = JSON.stringify({ destinations: [], senders: [] })
  #rules = new RuleBook({ destinations: [] })
  #senders: TrafficPlan['senders'] = []
  readonly #uses = new Map<string, RateUse>()
  /** Connections that are open, by rule. */
  readonly #busy = new Map<string, number>()
  readonly #quiet = new Map<string, { readonly at: number; readonly until: number | undefined }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * From now on this holds. What went counts on, where the names of the rules are the same.
   *
   * @returns whether that is something else than before
   */
  use(plan: TrafficPlan): boolean {
    const text = JSON.stringify(plan)
    if (text === this.#text) return false
    this.#text = text
    this.#rules = new RuleBook(plan)
    this.#senders = plan.senders
    this.#quiet.clear()
    return true
  }

  rule(destination: string, site: string): AppliedRule | undefined {
    return this.#rules.find(destination, site)
  }

  /** How many more connections a rule lets be opened. */
  free(applied: AppliedRule | undefined): number {
    const most = applied?.rule.connections ?? Infinity
    return applied === undefined ? most : most - (this.#busy.get(applied.key) ?? 0)
  }

  /** A connection is opened (1) or has ended (-1). */
  count(applied: AppliedRule | undefined, by: 1 | -1): void {
    if (applied?.rule.connections === undefined) return
    const busy = (this.#busy.get(applied.key) ?? 0) + by
    if (busy === 0) this.#busy.delete(applied.key)
    else this.#busy.set(applied.key, busy)
  }

  /** When the quiet hours end that a destination has now, in Unix milliseconds. */
  quietUntil(applied: AppliedRule | undefined): number | undefined {
    if (applied?.rule.quiet === undefined) return undefined
    const { rule } = applied
    const now = this.#clock.now()
    const known = this.#quiet.get(rule.name)
    if (known !== undefined && Math.abs(now - known.at) < sameQuietMs) {
      return known.until !== undefined && known.until <= now ? undefined : known.until
    }
    const until = quietUntil(applied.rule.quiet, now)
    this.#quiet.set(rule.name, { at: now, until })
    return until
  }

  /** How many letters a rule lets go to its destinations now. */
  allowance(applied: AppliedRule | undefined): number {
    const { rates = [] } = applied?.rule ?? {}
    return this.#least(`to ${applied?.key ?? ''}`, rates)
  }

  /** Why a destination gets nothing now, when its rates do not let it. */
  limited(applied: AppliedRule | undefined): RateLimited | undefined {
    if (applied === undefined) return undefined
    return this.#limit(`to ${applied.key}`, applied.rule.rates, 'go there')
  }

  /** So many letters go to a destination; fewer than none when they did not go after all. */
  spend(applied: AppliedRule | undefined, count: number): void {
    if (applied !== undefined) this.#spend(`to ${applied.key}`, applied.rule.rates, count)
  }

  /** Whether the rates of its sender let a letter go; it counts then. */
  admit(item: QueueItem): boolean {
    const rules = senderRulesFor(this.#senders, item)
    if (rules.some(({ name, rates }) => this.#least(`of ${name}`, rates) < 1)) return false
    for (const { name, rates } of rules) this.#spend(`of ${name}`, rates, 1)
    return true
  }

  /** Letters that were admitted did not go after all. */
  giveBack(applied: AppliedRule | undefined, items: readonly QueueItem[]): void {
    this.spend(applied, -items.length)
    for (const item of items) {
      for (const { name, rates } of senderRulesFor(this.#senders, item)) {
        this.#spend(`of ${name}`, rates, -1)
      }
    }
  }

  /** Why nothing of a sender goes now, when its rates do not let it. */
  senderLimited(item: QueueItem): RateLimited | undefined {
    return senderRulesFor(this.#senders, item)
      .flatMap(({ name, rates }) => this.#limit(`of ${name}`, rates, 'go for its sender') ?? [])
      .toSorted((a, b) => b.until - a.until)[0]
  }

  #least(key: string, rates: readonly Rate[]): number {
    const now = this.#clock.monotonicMs()
    return Math.min(...rates.map((rate) => allowance(rate, this.#used(key, rate), now)))
  }

  #limit(key: string, rates: readonly Rate[], what: string): RateLimited | undefined {
    const now = this.#clock.monotonicMs()
    const limits = rates.flatMap((rate): readonly RateLimited[] => {
      const until = nextAt(rate, this.#used(key, rate), now)
      if (until <= now) return []
      return [{ until, because: `No more than ${rateText(rate)} ${what}, as the settings say.` }]
    })
    return limits.toSorted((a, b) => b.until - a.until)[0]
  }

  #used(key: string, rate: Rate): RateUse {
    return this.#uses.get(`${rate.perMs} ${key}`) ?? unused
  }

  #spend(key: string, rates: readonly Rate[], count: number): void {
    const now = this.#clock.monotonicMs()
    for (const rate of rates) {
      const use = spend(rate, this.#used(key, rate), { now, count })
      const name = `${rate.perMs} ${key}`
      this.#uses.delete(name)
      this.#uses.set(name, use)
    }
    if (this.#uses.size <= maxRemembered) return
    for (const oldest of this.#uses.keys()) {
      this.#uses.delete(oldest)
      if (this.#uses.size <= maxRemembered) return
    }
  }
}

/** A rate in words, such as `20 letters a minute`. */
export function rateText({ count, perMs }: Rate): string {
  const units: Readonly<Record<number, string>> = { 60_000: 'a minute', 3_600_000: 'an hour' }
  const unit = units[perMs] ?? `in ${perMs / 1000} seconds`
  return `${count} ${count === 1 ? 'letter' : 'letters'} ${unit}`
}
