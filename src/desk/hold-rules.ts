import { WaybillError } from '../base/error.ts'
import { parseQueueQuery } from '../search/queue-query.ts'
import type { QueueFilter } from '../store/ports/queue-filter.ts'
import type { Hold, QueueItem, QueuePort } from '../store/ports/queue.ts'
import type { RegisterEntry, RegisterPort } from '../store/ports/register.ts'
import { type Actor, member } from './act.ts'
import type { HeldAccount } from './status.ts'
import { heldTold } from './told-holds.ts'

/** Mail that is like this is held when it would be sent. Plain data. */
export interface HoldRule {
  readonly id: string
  /** The words of the queue that it must fit. */
  readonly words: string
  readonly by: string
  readonly door: string
  readonly why: string
  /** Unix milliseconds. */
  readonly addedAt: number
  /** When it ends by itself, and what it holds goes on; absent: it does not. */
  readonly until?: number
}

export interface HoldRulesParts {
  readonly register: Pick<RegisterPort, 'put' | 'list' | 'find' | 'remove'>
  readonly queue: Pick<QueuePort, 'list' | 'hold'>
  readonly now: () => number
}

/** Rules at a time: each is looked through whenever mail is leased. */
export const mostRules = 100

const kind = 'hold-rule'
/** Letters that somebody has let go on although a rule holds them. */
const passKind = 'hold-pass'

/**
 * The hold rules of a server: what fits one of them is held instead of sent. They are kept in the
 * store and last over a restart. Whoever changes them does it here, so that they count at once.
 */
export class HoldRules {
  readonly #parts: HoldRulesParts
  #known: Promise<readonly HoldRule[]> | undefined

  constructor(parts: HoldRulesParts) {
    this.#parts = parts
  }

  /** Those that are in force, in the order of their ids. */
  async list(): Promise<readonly HoldRule[]> {
    const now = this.#parts.now()
    const { register } = this.#parts
    this.#known ??= readHoldRules(register, now)
    try {
      return (await this.#known).filter(({ until }) => until === undefined || until > now)
    } catch (problem) {
      // It is read again when somebody asks again.
      this.#known = undefined
      throw problem
    }
  }

  /** @throws WaybillError `not-found` */
  async find(id: string): Promise<HoldRule> {
    const rule = (await this.list()).find((one) => one.id === id)
    if (rule !== undefined) return rule
    throw new WaybillError('not-found', `There is no hold rule "${id}".`, {
      hint: 'waybill queue rule list has them.',
    })
  }

  /**
   * Mail that fits is held from now on, when it would be sent. What waits already is held by who asks
   * for it (`queue hold` with the rule).
   *
   * @throws WaybillError `usage` for words that cannot be read or fit everything, and for too many rules
   */
  async add(
    rule: { readonly id: string; readonly words: string; readonly until?: number },
    { by, door, why }: Actor,
  ): Promise<HoldRule> {
    const { register, now } = this.#parts
    const at = now()
    ruleFilter(rule.words, at)
    if ((await this.list()).length >= mostRules) {
      throw new WaybillError('usage', `There are ${mostRules} hold rules already.`, {
        hint: 'Remove one first: waybill queue rule list has them.',
      })
    }
    const made: HoldRule = { ...rule, by, door, why, addedAt: at }
    await register.put([entryOf(made)])
    this.#known = undefined
    return made
  }

  /** It holds nothing new; what it holds stays held until it is released. Gives whether it was there. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#parts.register.remove(kind, [id])
    this.#known = undefined
    return removed > 0
  }

  /** These go on although they fit a rule: somebody has said so of each. */
  async letPass(items: readonly QueueItem[]): Promise<void> {
    const held = items.filter((item) => isHeldByRule(item))
    const changedAt = this.#parts.now()
    await this.#parts.register.put(
      held.map(({ id, expiresAt }) => ({
        kind: passKind,
        key: id,
        json: '{}',
        changedAt,
        expiresAt: Math.max(expiresAt, changedAt) + passMs,
      })),
    )
  }

  /** Holds those of these leased items that fit a rule; gives their ids. */
  async hold(items: readonly QueueItem[]): Promise<readonly string[]> {
    const held: string[] = []
    for (const rule of await this.list()) {
      const ids = items.map(({ id }) => id).filter((id) => !held.includes(id))
      const fitting = await this.#fitting(rule, ids)
      if (fitting.length === 0) continue
      await this.#parts.queue.hold(
        fitting.map(({ id }) => id),
        holdBy(rule, fitting, this.#parts.now()),
      )
      held.push(...fitting.map(({ id }) => id))
    }
    return held
  }

  async #fitting({ words }: HoldRule, ids: readonly string[]): Promise<readonly QueueItem[]> {
    const { queue, register, now } = this.#parts
    if (ids.length === 0) return []
    const filter = ruleFilter(words, now())
    const fitting = await queue.list({ filter, ids, limit: ids.length })
    const passes = await Promise.all(fitting.map(({ id }) => register.find(passKind, id, now())))
    return fitting.filter((_, at) => passes[at] === undefined)
  }
}

/** The rules that are in force, for whoever only looks. */
export async function readHoldRules(
  register: Pick<RegisterPort, 'list'>,
  now: number,
): Promise<readonly HoldRule[]> {
  const entries = await register.list({ kind, now, limit: mostRules })
  return entries.flatMap((entry) => ruleOf(entry) ?? [])
}

/** A letter may be tried once more after its time. */
const passMs = 30 * 86_400_000

/** What a rule looks for. */
export function ruleFilter(words: string, now: number): QueueFilter {
  const query = parseQueueQuery(words, now)
  if (!query.ok) {
    const { problem, hint } = query.problem
    throw new WaybillError('usage', `${problem}.`, { hint })
  }
  const { filter, ids } = query.value
  if (ids.length === 0 && Object.keys(filter).length > 0) return filter
  throw new WaybillError('usage', 'A hold rule wants words that mail to come can fit.', {
    hint: 'Such as from:@example.com; waybill pause --all stops everything.',
  })
}

/** How a rule holds these items. */
export function holdBy(rule: HoldRule, items: readonly QueueItem[], at: number): Hold {
  const { id, why, until, by, door } = rule
  const end = until === undefined ? {} : { until }
  return {
    reason: `${ruleReason(id)}${why}`,
    ...end,
    told: heldTold(items, { by, door, why, rule: id, ...end }, at),
  }
}

/** The accounts of which all is held, for whoever only looks. */
export async function readHeldAccounts(
  register: Pick<RegisterPort, 'list'>,
  now: number,
): Promise<readonly HeldAccount[]> {
  const rules = await readHoldRules(register, now)
  return rules.flatMap(({ words, by, why, addedAt: since }) => {
    const account = /^account:(?:"([^"]+)"|(\S+))$/.exec(words)
    const name = account?.[1] ?? account?.[2]
    return name === undefined ? [] : [{ account: name, by, why, since }]
  })
}

/** The words of the rule that holds what an account sends. */
export function accountWords(account: string): string {
  const name = account.toLowerCase()
  return /\s/.test(name) ? `account:"${name}"` : `account:${name}`
}

/** How the reason of a hold begins that a rule made. */
export function ruleReason(id: string): string {
  return `hold rule ${id}: `
}

function isHeldByRule({ held, holdReason }: QueueItem): boolean {
  return held && holdReason.startsWith('hold rule ')
}

function entryOf({ id, until, ...rest }: HoldRule): RegisterEntry {
  const json = JSON.stringify(rest)
  const end = until === undefined ? {} : { expiresAt: until }
  return { kind, key: id, json, changedAt: rest.addedAt, ...end }
}

function ruleOf({ key, json, changedAt, expiresAt }: RegisterEntry): HoldRule | undefined {
  const read: unknown = JSON.parse(json)
  const [words, by, door, why] = ['words', 'by', 'door', 'why'].map((name) => member(read, name))
  if (typeof words !== 'string') return undefined
  const texts = { by: textOf(by), door: textOf(door), why: textOf(why) }
  const end = expiresAt === undefined ? {} : { until: expiresAt }
  return { id: key, words, ...texts, addedAt: changedAt, ...end }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
