import { WaybillError } from '../base/error.ts'
import type { QueueItem, QueuePort, Settlement } from '../store/ports/queue.ts'
import { type Actor, member, notMeant, type Operation } from './act.ts'

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
}

/** How many were given up, and how many were just being tried (or are gone): those are held. */
export interface Dropped {
  readonly letters: number
  readonly left: number
}

export interface QueueDeskParts {
  readonly queue: Pick<QueuePort, 'hold' | 'release' | 'take' | 'settle'>
  readonly now: () => number
  /** Told each destination to which something is tried now: that it was down is forgotten. */
  readonly forget?: (destination: string) => void
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

  /**
   * Tries letters now, held or not. Gives how many letters it was true of: who was delivered
   * meanwhile does not count.
   */
  async retry({ items }: Pick<WaitingLetters, 'items'>): Promise<number> {
    const changed = await this.#parts.queue.release(idsOf(items), this.#parts.now())
    for (const destination of new Set(items.map((item) => item.destination))) {
      this.#parts.forget?.(destination)
    }
    return changed
  }

  /**
   * Lets letters go on that are held, which is for who chooses them to look at; where their servers
   * are down they wait like the rest. Gives how many letters there were.
   */
  async release({ items }: Pick<WaitingLetters, 'items'>): Promise<number> {
    return await this.#parts.queue.release(idsOf(items), this.#parts.now())
  }

  /**
   * Keeps letters back until they are tried, also those that have their turn next. `letters` were not
   * held already; `left` are being sent at this moment, and are kept back when they are not taken.
   */
  async hold({ items }: Pick<WaitingLetters, 'items'>, reason = ''): Promise<Changed> {
    const { queue, withdraw } = this.#parts
    const queueIds = idsOf(items)
    const letters = await queue.hold(queueIds, reason === '' ? undefined : { reason })
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

/** How many letters are changed at one go: a request to the server stays small. */
const lettersAtOnce = 500

/** Changes letters in parts that one request can carry; one act is left for all of them. */
export async function changeInParts(
  letters: readonly WaitingLetters['items'][number][],
  chosen: readonly string[],
  change: (part: WaitingLetters) => Promise<Changed>,
): Promise<Changed> {
  let [before, left] = [0, 0]
  for (let start = 0; start < letters.length; start += lettersAtOnce) {
    const end = start + lettersAtOnce
    const items = letters.slice(start, end).map(({ id, destination }) => ({ id, destination }))
    const changed = await change({ items, chosen, before, more: end < letters.length })
    before += changed.letters
    left += changed.left
  }
  return { letters: before, left }
}

function change(
  name: string,
  run: (desk: QueueDesk, letters: WaitingLetters, actor: Actor) => Promise<Changed>,
): Operation<QueuePart, WaitingLetters, Changed> {
  return {
    name,
    read: (input) => lettersOf(name, input),
    run: ({ queue }, letters, actor) => run(queue, letters, actor),
    tell({ chosen, before, more }, changed) {
      const letters = before + changed.letters
      return more || letters === 0 ? undefined : { chosen, letters }
    },
  }
}

/** `waybill queue retry`. */
export const queueRetry: Operation<QueuePart, WaitingLetters, Changed> = change(
  'queue retry',
  async (queue, letters) => ({ letters: await queue.retry(letters), left: 0 }),
)

/** `waybill queue hold`. */
export const queueHold: Operation<QueuePart, WaitingLetters, Changed> = change(
  'queue hold',
  (queue, letters, { why }) => queue.hold(letters, why),
)

/** `waybill queue release`. */
export const queueRelease: Operation<QueuePart, WaitingLetters, Changed> = change(
  'queue release',
  async (queue, letters) => ({ letters: await queue.release(letters), left: 0 }),
)

/** `waybill queue drop`. */
export const queueDrop: Operation<QueuePart, DroppedLetters, Dropped> = {
  name: 'queue drop',
  read: (input) => ({
    ...lettersOf('queue drop', input),
    tellSender: member(input, 'tellSender') !== false,
  }),
  run: ({ queue }, letters, actor) => queue.drop(letters, actor),
  tell({ chosen, before, more, tellSender }, dropped) {
    const letters = before + dropped.letters
    return more || letters === 0 ? undefined : { chosen, letters, told: tellSender }
  },
}

function lettersOf(operation: string, input: unknown): WaitingLetters {
  const [items, chosen, before] = ['items', 'chosen', 'before'].map((name) => member(input, name))
  if (!Array.isArray(items)) throw notMeant(operation, '"items", a list of letters that wait')
  return {
    items: items.map((item: unknown) => {
      const [id, destination] = [member(item, 'id'), member(item, 'destination')]
      if (typeof id === 'string' && typeof destination === 'string') return { id, destination }
      throw notMeant(operation, 'an "id" and a "destination" of each letter')
    }),
    chosen: Array.isArray(chosen) ? chosen.map(String) : [],
    before: typeof before === 'number' ? before : 0,
    more: member(input, 'more') === true,
  }
}
