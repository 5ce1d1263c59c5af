import type { QueueItem, Store } from '../store/store.ts'
import { member, notMeant, type Operation } from './act.ts'

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

/** What may be done with letters that wait. */
export class QueueDesk {
  readonly #store: Pick<Store, 'hold' | 'release'>
  readonly #now: () => number
  readonly #forget: (destination: string) => void

  /**
   * @param options.forget told each destination to which something is tried now: that it was down is
   *   forgotten
   */
  constructor(options: {
    readonly store: Pick<Store, 'hold' | 'release'>
    readonly now: () => number
    readonly forget?: (destination: string) => void
  }) {
    this.#store = options.store
    this.#now = options.now
    this.#forget = options.forget ?? (() => {})
  }

  /**
   * Tries letters now, held or not. Gives how many letters it was true of: who was delivered
   * meanwhile does not count.
   */
  async retry({ items }: Pick<WaitingLetters, 'items'>): Promise<number> {
    const changed = await this.#store.release(idsOf(items), this.#now())
    for (const destination of new Set(items.map((item) => item.destination))) {
      this.#forget(destination)
    }
    return changed
  }

  /**
   * Lets letters go on that are held, which is for who chooses them to look at; where their servers
   * are down they wait like the rest. Gives how many letters there were.
   */
  async release({ items }: Pick<WaitingLetters, 'items'>): Promise<number> {
    return await this.#store.release(idsOf(items), this.#now())
  }

  /** Keeps letters back until they are tried. Gives how many were not held already. */
  async hold({ items }: Pick<WaitingLetters, 'items'>): Promise<number> {
    return await this.#store.hold(idsOf(items))
  }
}

function idsOf(items: WaitingLetters['items']): readonly string[] {
  return items.map(({ id }) => id)
}

/** How many letters are changed at one go: a request to the server stays small. */
export const lettersAtOnce = 500

function change(
  name: string,
  run: (desk: QueueDesk, letters: WaitingLetters) => Promise<number>,
): Operation<QueuePart, WaitingLetters, number> {
  return {
    name,
    read: (input) => lettersOf(name, input),
    run: ({ queue }, letters) => run(queue, letters),
    tell({ chosen, before, more }, changed) {
      const letters = before + changed
      return more || letters === 0 ? undefined : { chosen, letters }
    },
  }
}

/** `waybill queue retry`. */
export const queueRetry: Operation<QueuePart, WaitingLetters, number> = change(
  'queue retry',
  (queue, letters) => queue.retry(letters),
)

/** `waybill queue hold`. */
export const queueHold: Operation<QueuePart, WaitingLetters, number> = change(
  'queue hold',
  (queue, letters) => queue.hold(letters),
)

/** `waybill queue release`. */
export const queueRelease: Operation<QueuePart, WaitingLetters, number> = change(
  'queue release',
  (queue, letters) => queue.release(letters),
)

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
