import { RecentMap } from '../base/recent-map.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import {
  countSent,
  type HabitFigure,
  type HabitRules,
  type HabitVerdict,
  judgeHabit,
} from './account-habit.ts'

/** An account that sends far above its habit. */
export interface UnusualAccount {
  readonly account: string
  readonly verdict: HabitVerdict & { readonly result: 'unusual' }
}

export interface AccountHabitsParts {
  readonly register: Pick<RegisterPort, 'put' | 'list'>
  readonly now: () => number
  /** Those that hold now; `undefined`: nothing is counted or held. */
  readonly rules: () => HabitRules | undefined
  /** Whether this hold rule is still there. Asked only of an account whose letters are let go. */
  readonly isHolding: (rule: string) => Promise<boolean>
  /**
   * Holds what the account sends from now on, and tells it; gives the id of the rule. `undefined`: it
   * cannot be held now, and nothing is for an hour.
   */
  readonly hold: (unusual: UnusualAccount) => Promise<string | undefined>
  /** A figure could not be written down; it is tried again. */
  readonly onProblem: (problem: unknown) => void
}

/** In the register its figures have this kind, by the name of the account. */
export const habitKind = 'account-rate'

/** Accounts that are known at once; whoever runs the server makes them. */
const mostAccounts = 20_000
/** A figure is written at most so often, and when an account is held: a crash forgets no more. */
const writeEveryMs = 60_000
/** Where there are too many hold rules, it is tried again after this. */
const againMs = 3_600_000
/** Who has sent nothing for so long is new again. */
const keptMs = 400 * 86_400_000

/**
 * Counts what each account sends to other servers, when it is first to be sent, and has held what goes
 * far above the habit. All is counted in memory: the store is not asked for a letter.
 */
export class AccountHabits {
  readonly #parts: AccountHabitsParts
  readonly #startedAt: number
  readonly #figures = new RecentMap<string, HabitFigure>(mostAccounts)
  /** Whose figures have changed, and since when they are not written. */
  readonly #unwrittenSince = new Map<string, number>()
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: AccountHabitsParts) {
    this.#parts = parts
    this.#startedAt = parts.now()
  }

  /** Reads what is known from the store, before anything is counted. */
  async load(): Promise<void> {
    const { register, now } = this.#parts
    const found = await register.list({ kind: habitKind, now: now(), limit: mostAccounts })
    for (const { key, json } of found) {
      const figure = readFigure(json)
      if (figure !== undefined) this.#figures.set(key, figure)
    }
  }

  /**
   * Takes note of letters that are about to be sent. Gives whether an account was held because of
   * them: then some of these are to be held too.
   */
  async note(items: readonly QueueItem[]): Promise<boolean> {
    const rules = this.#parts.rules()
    if (rules === undefined) return false
    let held = false
    for (const [account, count] of this.#counted(items)) {
      if (rules.exempt.has(account)) continue
      held = (await this.#count(account, count, rules)) || held
    }
    return held
  }

  /** Writes what is not written yet; resolves when it is. */
  async settled(): Promise<void> {
    for (const account of Array.from(this.#unwrittenSince.keys())) this.#write(account)
    await this.#writing
  }

  /**
   * Each letter counts once, when it is leased for the first time. What was put off, held and let go,
   * or lay here when this server began, was counted then.
   */
  #counted(items: readonly QueueItem[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { account, attempts, createdAt, nextAttemptAt, notBefore } of items) {
      if (account === undefined || attempts > 0 || createdAt < this.#startedAt) continue
      if (nextAttemptAt > Math.max(createdAt, notBefore ?? createdAt)) continue
      const name = account.toLowerCase()
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  async #count(account: string, count: number, rules: HabitRules): Promise<boolean> {
    const { now, isHolding, hold } = this.#parts
    const at = now()
    const before = await this.#released(account, rules)
    // Somebody lets single letters go while the account is held.
    if (before?.rule !== undefined && (await isHolding(before.rule))) return false
    const figure = countSent(before, count, at)
    this.#figures.set(account, figure)
    const verdict = judgeHabit(figure, rules, at)
    if (verdict.result === 'usual' || (figure.passUntil ?? 0) > at) {
      this.#changed(account, at)
      return false
    }
    const rule = await hold({ account, verdict })
    const { passUntil: _over, ...rest } = figure
    const next = rule === undefined ? { passUntil: at + againMs } : { rule }
    this.#figures.set(account, { ...rest, ...next })
    this.#write(account)
    await this.#writing
    return rule !== undefined
  }

  /** What is known of it; when the rule that held it is gone, somebody has released it. */
  async #released(account: string, { passMs }: HabitRules): Promise<HabitFigure | undefined> {
    const figure = this.#figures.get(account)
    if (figure?.rule === undefined || (await this.#parts.isHolding(figure.rule))) return figure
    const { rule: _gone, ...rest } = figure
    return { ...rest, passUntil: this.#parts.now() + passMs }
  }

  #changed(account: string, at: number): void {
    const last = this.#unwrittenSince.get(account)
    if (last === undefined) this.#unwrittenSince.set(account, at)
    else if (at - last >= writeEveryMs || at < last) this.#write(account)
  }

  /** Never rejects: what could not be written is written later. */
  #write(account: string): void {
    const figure = this.#figures.get(account)
    if (figure === undefined) return
    const { register, now, onProblem } = this.#parts
    const changedAt = now()
    this.#unwrittenSince.delete(account)
    const entry: RegisterEntry = {
      kind: habitKind,
      key: account,
      json: JSON.stringify(figure),
      changedAt,
      expiresAt: changedAt + keptMs,
    }
    const written = register.put([entry]).catch((problem: unknown) => {
      this.#unwrittenSince.set(account, changedAt)
      onProblem(problem)
    })
    this.#writing = Promise.all([this.#writing, written]).then(() => undefined)
  }
}

/** `undefined` for what is none: then the account is new. */
function readFigure(json: string): HabitFigure | undefined {
  const read: unknown = JSON.parse(json)
  return isFigure(read) ? read : undefined
}

function isFigure(value: unknown): value is HabitFigure {
  if (!isObject(value)) return false
  const { since, foldedAt, hour, day, rule, passUntil } = value
  const whole = [since, foldedAt].every(Number.isFinite) && isSpan(hour) && isSpan(day)
  return (
    whole &&
    (rule === undefined || typeof rule === 'string') &&
    (passUntil === undefined || Number.isFinite(passUntil))
  )
}

function isSpan(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['window'])) return false
  const { startedAt, before, current } = value['window']
  return [value['peak'], value['usual'], startedAt, before, current].every(Number.isFinite)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
