import type { Clock } from '../base/clock.ts'
import type { QueuePort, SenderTurns } from '../store/ports/queue.ts'
import { senderOf } from '../store/sender.ts'
import type { DispatcherProblem } from './batch-runner.ts'
import type { Leases } from './leases.ts'
import { longestSleepMs } from './sleep.ts'

export interface LeaserOptions {
  readonly queue: Pick<QueuePort, 'lease' | 'nextDueAt' | 'releaseLeases'>
  readonly clock: Clock
  /** Names this process in leases. */
  readonly owner: string
  /**
   * The longest wait that any schedule gives; six hours. An item that is due later than that was put
   * off before the machine's clock was set back, and is tried now.
   */
  readonly longestWaitMs?: number
  readonly onProblem: (problem: DispatcherProblem) => void
}

const minSleepMs = 20
const leaseAtOnce = 200
/** Items of each sender whose turn it is, and of all of them, in one lease. */
const turnsEach = 5
const turnsAtOnce = 60
/**
 * Beside the room for all, this part of it is for senders that have little there. However much somebody
 * has sent that cannot start, the letters of others find room.
 */
const roomForOthers = 1 / 4
/** Who has this part of that room already has enough. */
const enoughPart = 1 / 16

/** Takes what is due out of the store, in portions, as long as there is room for it. */
export class Leaser {
  readonly #options: LeaserOptions
  readonly #leases: Leases
  readonly #leaseMs: number
  readonly #maxWaiting: number
  /** The sender whose turn was the last one. */
  #lastTurn = ''
  #failures = 0
  #asked: Promise<unknown> = Promise.resolve()

  constructor(
    options: LeaserOptions,
    leases: Leases,
    { leaseMs, maxWaiting }: { readonly leaseMs: number; readonly maxWaiting: number },
  ) {
    this.#options = options
    this.#leases = leases
    this.#leaseMs = leaseMs
    this.#maxWaiting = maxWaiting
  }

  /**
   * Gives back what nobody has begun of these items, which the store leases to nobody any more.
   *
   * @returns the ones that are truly under way
   */
  async withdraw(queueIds: readonly string[]): Promise<readonly string[]> {
    const { queue, owner } = this.#options
    // What was leased a moment before is on its way to us.
    await this.#asked
    const { withdrawn, begun } = this.#leases.withdraw(queueIds)
    if (withdrawn.length > 0) await queue.releaseLeases({ owner, queueIds: withdrawn })
    return begun
  }

  /**
   * Leases until nothing more is due. Never rejects.
   *
   * @param onPortion starts what it can of what was leased, and says whether more is wanted
   * @returns how long to sleep then; `undefined` when no more was wanted
   */
  async lease(onPortion: () => 'go-on' | 'enough'): Promise<number | undefined> {
    const { queue, clock, owner, onProblem, longestWaitMs = 6 * 3_600_000 } = this.#options
    try {
      for (;;) {
        const room = this.#room()
        const now = clock.now()
        const leaseUntil = now + this.#leaseMs
        const farthest = now + longestWaitMs
        const turns = { ...room.turns, after: this.#lastTurn, each: turnsEach }
        const { limit } = room
        const asked = queue.lease({ owner, now, leaseUntil, limit, farthest, turns })
        this.#asked = asked.catch(() => undefined)
        const items = await asked
        this.#failures = 0
        for (const item of items) this.#leases.hold(item, { now, until: leaseUntil })
        const last = items.at(-1)
        if (last !== undefined) this.#lastTurn = senderOf(last)
        const wanted = onPortion()
        if (wanted === 'enough') return undefined
        // No room: the end of a batch notifies. The sleep is for leases that want renewal.
        if (limit === 0 && items.length === 0) return longestSleepMs
        if (items.length < limit) break
      }
      const dueAt = await queue.nextDueAt()
      const wait = dueAt === undefined ? longestSleepMs : dueAt - clock.now()
      return Math.min(Math.max(wait, minSleepMs), longestSleepMs)
    } catch (error) {
      onProblem({ type: 'lease-failed', queueIds: [], error })
      this.#failures++
      return Math.min(longestSleepMs, 1000 * 2 ** Math.min(this.#failures - 1, 6))
    }
  }
  /** How much there is room for: whatever is due, and what senders have whose turn it is. */
  #room(): { readonly limit: number; readonly turns: Pick<SenderTurns, 'limit' | 'apart'> } {
    const { waiting } = this.#leases
    const others = Math.ceil(this.#maxWaiting * roomForOthers)
    const limit = Math.max(0, Math.min(leaseAtOnce, this.#maxWaiting - waiting))
    const left = this.#maxWaiting + others - waiting - limit
    const apart = this.#leases.sendersWith(Math.max(1, Math.floor(others * enoughPart)))
    return { limit, turns: { limit: Math.max(0, Math.min(turnsAtOnce, left)), apart } }
  }
}
