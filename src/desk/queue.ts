import { WaybillError } from '../base/error.ts'
import type { QueueItem, QueuePort, Settlement } from '../store/ports/queue.ts'
import type { Actor } from './act.ts'
import { dueAgain } from './due-again.ts'
import { holdBy, type HoldRules } from './hold-rules.ts'
import type { PersonPauses } from './pauses.ts'
import { freePutOff, pausedWith, quietNow, type RoadsNow } from './roads-now.ts'
import { heldTold, releasedTold } from './told-holds.ts'

/** Letters that wait, by their places in the queue. */
export interface WaitingLetters {
  readonly items: readonly Pick<QueueItem, 'id' | 'destination'>[]
  /** In whose words they were chosen, for the audit. */
  readonly chosen: readonly string[]
  /** How many were changed before by the same command, whose letters come in parts. */
  readonly before: number
  /** Whether parts are to come: one act is left for all. */
  readonly more: boolean
}

/** Letters that are held. */
export interface HeldLetters extends WaitingLetters {
  /** When they go on by themselves, Unix milliseconds; absent: they do not. */
  readonly until?: number
  /** The hold rule that they fit, whose reason and end are theirs. */
  readonly rule?: string
}

/** Letters that go on. */
export interface ReleasedLetters extends WaitingLetters {
  /** The rule that holds them is no more; absent: they go on although it is. */
  readonly rule?: string
}

/** What the desk needs for the queue. */
export interface QueuePart {
  readonly queue: QueueDesk
}

/** Letters that somebody gives up. */
export interface DroppedLetters extends WaitingLetters {
  readonly tellSender: boolean
}

/** How many were changed, and how many of those chosen are being sent at this moment. */
export interface Changed {
  readonly letters: number
  readonly left: number
  /** Those that were left alone, and why; not all of them where there are many. */
  readonly refused?: readonly Refused[]
}

/** A letter with which it could not be done. */
export interface Refused {
  /** Its place in the queue. */
  readonly id: string
  readonly because: string
}

/** How many were given up, and how many were just being tried (or are gone): those are held. */
export interface Dropped {
  readonly letters: number
  readonly left: number
}

export interface QueueDeskParts {
  readonly queue: Pick<QueuePort, 'hold' | 'release' | 'take' | 'settle' | 'list'>
  readonly rules: HoldRules
  readonly pauses: PersonPauses
  readonly now: () => number
  /** Told each destination to which something is tried now: that it was down is forgotten. */
  readonly forget?: (destination: string) => void
  /** What is known of the ways; absent: no server runs here. */
  readonly roads?: RoadsNow
  /** Takes back what is leased and not begun; gives the ids of what is truly under way. */
  readonly withdraw: (queueIds: readonly string[]) => Promise<readonly string[]>
  /** Whether senders can be told: a server knows where a notice leads and what it is signed with. */
  readonly canTell: boolean
  /** What is written down of letters that are given up, with the notices to their senders. */
  readonly giveUp: (
    items: readonly QueueItem[],
    given: Actor & { readonly tellSender: boolean; readonly owner: string },
  ) => Promise<readonly Settlement[]>
}

const isUnderWay = 'It is being delivered now.'
const isGone = 'It waits no more: it was delivered or given up meanwhile.'

/** Under this name the desk leases what it settles. */
const owner = 'the desk'
/** For as long, at most, nobody else tries what is being given up. */
const dropMs = 10 * 60_000

/** What may be done with letters that wait. */
export class QueueDesk {
  readonly #parts: QueueDeskParts

  constructor(parts: QueueDeskParts) {
    this.#parts = parts
  }

  /** What people have paused. */
  get pauses(): PersonPauses {
    return this.#parts.pauses
  }

  /** What was put off for this reason is due now; gives how many that were. */
  resume(because: string): Promise<number> {
    return dueAgain(this.#parts.queue, because, this.#parts.now())
  }

  /** The hold rules of this server. */
  get rules(): HoldRules {
    return this.#parts.rules
  }

  /**
   * Tries letters now, held or not, but those that are being sent at this moment, whose destination
   * is paused or has its quiet hours, or that are gone; `refused` says which. A pause that servers
   * have asked for ends, and what else it put off is due, too.
   */
  async retry({ items }: Pick<WaitingLetters, 'items'>, actor: Actor): Promise<Changed> {
    const { queue, withdraw, forget, pauses, roads, now } = this.#parts
    await pauses.load()
    const queueIds = idsOf(items)
    const begun = new Set(await withdraw(queueIds))
    const waiting = await queue.list({ ids: queueIds, limit: queueIds.length })
    const there = new Set(waiting.map(({ id }) => id))
    const all = Array.from(new Set(items.map(({ destination }) => destination)))
    const quiet = roads === undefined ? undefined : quietNow(roads, all, now())
    const refused = items.flatMap(({ id, destination }): Refused[] => {
      if (begun.has(id)) return [{ id, because: isUnderWay }]
      if (!there.has(id)) return [{ id, because: isGone }]
      const because = pauses.of(destination)?.inFull ?? quiet?.get(destination)
      return because === undefined ? [] : [{ id, because }]
    })
    const not = new Set(refused.map(({ id }) => id))
    const free = waiting.filter(({ id }) => !not.has(id))
    const tried = Array.from(new Set(free.map((item) => item.destination)))
    const putOff = roads === undefined ? [] : pausedWith(roads, tried)
    // First, so that what is due then is not put off once more.
    for (const destination of tried) forget?.(destination)
    const letters = await this.#letGo(free, actor)
    const others = putOff.filter(({ destination }) => pauses.of(destination) === undefined)
    await freePutOff(queue, others, now())
    return { letters, left: begun.size, ...(refused.length === 0 ? {} : { refused }) }
  }

  /**
   * Lets letters go on that are held, which is for who chooses them to look at; where their servers
   * are down they wait like the rest. Gives how many letters there were.
   */
  async release(
    { items, rule }: Pick<ReleasedLetters, 'items' | 'rule'>,
    actor: Actor,
  ): Promise<number> {
    const { queue } = this.#parts
    const queueIds = idsOf(items)
    const waiting = await queue.list({ ids: queueIds, limit: queueIds.length })
    return await this.#letGo(waiting, actor, rule)
  }

  async #letGo(items: readonly QueueItem[], actor: Actor, rule?: string): Promise<number> {
    const { queue, rules, now } = this.#parts
    if (items.length === 0) return 0
    // What a rule holds would be held again as soon as it is leased.
    if (rule === undefined) await rules.letPass(items)
    const held = items.filter((item) => item.held)
    return await queue.release(
      items.map(({ id }) => id),
      now(),
      releasedTold(held, actor, now()),
    )
  }

  /**
   * Keeps letters back until they are tried, also those that have their turn next. `letters` were not
   * held already; `left` are being sent at this moment, and are kept back when they are not taken.
   *
   * @throws WaybillError `not-found` for a rule that is none
   */
  async hold(
    { items, until, rule }: Pick<HeldLetters, 'items' | 'until' | 'rule'>,
    { by, door, why }: Actor,
  ): Promise<Changed> {
    const { queue, rules, withdraw, now } = this.#parts
    const queueIds = idsOf(items)
    const waiting = await queue.list({ ids: queueIds, limit: queueIds.length })
    const end = until === undefined ? {} : { until }
    const how =
      rule === undefined
        ? { reason: why, ...end, told: heldTold(waiting, { by, door, why, ...end }, now()) }
        : holdBy(await rules.find(rule), waiting, now())
    const letters = await queue.hold(queueIds, how)
    const left = await withdraw(queueIds)
    return { letters, left: left.length }
  }

  /**
   * Gives letters up: nothing is tried any more, and their journeys say who ended that and why. What
   * is just being tried is held, so that it is not tried again.
   *
   * @throws WaybillError `usage` where the senders are to be told and cannot be
   */
  async drop({ items, tellSender }: DroppedLetters, actor: Actor): Promise<Dropped> {
    const { queue, now, giveUp, canTell, withdraw } = this.#parts
    if (tellSender && !canTell) {
      throw new WaybillError('usage', 'No server runs, so the senders cannot be told.', {
        hint: 'Start it, then run this again; or say --no-notice.',
      })
    }
    const queueIds = idsOf(items)
    await queue.hold(queueIds)
    await withdraw(queueIds)
    const at = now()
    const taken = await queue.take({ queueIds, owner, now: at, leaseUntil: at + dropMs })
    await queue.settle(await giveUp(taken, { ...actor, tellSender, owner }))
    return { letters: taken.length, left: queueIds.length - taken.length }
  }
}

function idsOf(items: WaitingLetters['items']): readonly string[] {
  return items.map(({ id }) => id)
}
