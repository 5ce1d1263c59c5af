import { ManualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { AnswerKind } from '../../answers/kinds.ts'
import type { Batch, BatchOutcome } from '../../post/batch.ts'
import type { LeaseRequest, QueueItem, QueuePort, Settlement } from '../../store/ports/queue.ts'
import { senderOf } from '../../store/sender.ts'
import { backOffWithin } from '../destination-health.ts'
import { Dispatcher } from '../dispatcher.ts'
import type { DispatcherOptions } from '../dispatcher-options.ts'
import { defaultRetryPolicy, RetrySchedule } from '../schedule.ts'
import { queueItem } from './queue-item.ts'

/** What a simulated server says to one letter. */
export type Answer =
  | { readonly type: 'delivered' | 'failed' }
  | { readonly type: 'deferred'; readonly kind: AnswerKind; readonly pause?: BatchOutcome['pause'] }

/** A simulated destination: how long it takes, whether it is there, and what it says. */
export interface SimulatedServer {
  /** For each letter. */
  readonly takesMs: number
  /** Absent: always. Otherwise a connection fails after `takesMs`. */
  readonly isUp?: (now: number) => boolean
  readonly says: (item: QueueItem, now: number) => Answer
}

/** What became of one item, and when. */
export interface Fate {
  readonly id: string
  readonly type: 'delivered' | 'failed'
  readonly at: number
  readonly attempts: number
}

/** What waits, found by due time and by sender without looking at all of it. */
class SimulatedStore
  implements Pick<QueuePort, 'lease' | 'settle' | 'nextDueAt' | 'releaseLeases'>
{
  readonly rows: Map<string, { item: QueueItem; leased: boolean }> = new Map()
  readonly #due: QueueItem[] = []
  readonly #bySender = new Map<string, QueueItem[]>()

  add(item: QueueItem): void {
    this.rows.set(item.id, { item, leased: false })
    this.#put(item)
  }

  #put(item: QueueItem): void {
    let [low, high] = [0, this.#due.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#due[middle]?.nextAttemptAt ?? 0) <= item.nextAttemptAt) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, item)
    const its = this.#bySender.get(senderOf(item)) ?? []
    its.push(item)
    this.#bySender.set(senderOf(item), its)
  }

  lease({ now, limit, turns }: LeaseRequest): Promise<readonly QueueItem[]> {
    const leased: QueueItem[] = []
    const take = (item: QueueItem): void => {
      const row = this.rows.get(item.id)
      if (row === undefined || row.leased || row.item !== item) return
      row.leased = true
      leased.push(item)
    }
    while (leased.length < limit && (this.#due[0]?.nextAttemptAt ?? Infinity) <= now) {
      const item = this.#due.shift()
      if (item !== undefined) take(item)
    }
    const most = limit + (turns?.limit ?? 0)
    for (const [sender, its] of this.#bySender) {
      if (turns === undefined || leased.length >= most) break
      if (turns.apart.includes(sender)) continue
      for (let n = 0; n < turns.each; n++) {
        const item = its.shift()
        if (item === undefined) break
        if (item.nextAttemptAt <= now) take(item)
        else its.push(item)
      }
      if (its.length === 0) this.#bySender.delete(sender)
    }
    return Promise.resolve(leased)
  }

  settle(settlements: readonly Settlement[]): Promise<readonly string[]> {
    for (const { queueId, outcome } of settlements) {
      const row = this.rows.get(queueId)
      if (row === undefined || !row.leased) throw new Error(`${queueId} is settled and not leased`)
      if (outcome.type !== 'deferred') {
        this.rows.delete(queueId)
        continue
      }
      const { nextAttemptAt, problem: lastProblem, attempted } = outcome
      const attempts = row.item.attempts + (attempted === false ? 0 : 1)
      row.item = { ...row.item, attempts, nextAttemptAt, lastProblem }
      row.leased = false
      this.#put(row.item)
    }
    return Promise.resolve([])
  }

  nextDueAt(): Promise<number | undefined> {
    const next = this.#due.find((item) => {
      const row = this.rows.get(item.id)
      return row?.item === item && !row.leased
    })
    return Promise.resolve(next?.nextAttemptAt)
  }

  releaseLeases(): Promise<void> {
    return Promise.resolve()
  }
}

/** A dispatcher over a store in memory and servers that are functions, on a clock that one moves. */
export class Simulation {
  readonly clock: ManualClock = new ManualClock(Date.UTC(2026, 10, 27))
  readonly fates: Fate[] = []
  readonly dispatcher: Dispatcher
  /** Most batches at once to one destination. */
  readonly most: Map<string, number> = new Map()
  readonly start: number = this.clock.now()
  readonly #store = new SimulatedStore()
  readonly #servers: (destination: string) => SimulatedServer
  readonly #schedule: RetrySchedule
  readonly #running = new Map<string, number>()

  constructor(
    servers: (destination: string) => SimulatedServer,
    options: Partial<DispatcherOptions> = {},
  ) {
    const random = seededRandom(7)
    this.#servers = servers
    this.#schedule = new RetrySchedule(defaultRetryPolicy, 7)
    this.dispatcher = new Dispatcher({
      queue: this.#store,
      clock: this.clock,
      owner: 'sim',
      random,
      backOff: backOffWithin(defaultRetryPolicy),
      deliverBatch: (batch) => this.#deliver(batch),
      postponeBatch: ({ items, owner, until, because }) => ({
        settlements: items.map((item) => {
          const outcome = { type: 'deferred', nextAttemptAt: until, problem: because } as const
          return settled(item, owner, { ...outcome, attempted: false })
        }),
      }),
      onProblem: ({ type, error }) => {
        throw new Error(`${type}: ${String(error)}`)
      },
      ...options,
    })
  }

  get waiting(): number {
    return this.#store.rows.size
  }

  add(id: string, changes: Partial<QueueItem>): void {
    const now = this.clock.now()
    const expiresAt = now + defaultRetryPolicy.expireAfterMs
    this.#store.add(queueItem(id, { createdAt: now, nextAttemptAt: now, expiresAt, ...changes }))
  }

  /** Lets time pass until nothing waits, `done` says so, or so much of it has passed. */
  async run(forMs: number, done: () => boolean = () => false): Promise<void> {
    const end = this.clock.now() + forMs
    await settledDown()
    while (this.waiting > 0 && !done()) {
      const next = this.clock.nextDueMs ?? Infinity
      if (this.clock.now() + next > end) break
      this.clock.advance(next)
      await settledDown()
    }
  }

  async #deliver(batch: Batch): Promise<BatchOutcome> {
    const { destination, owner } = batch
    const server = this.#servers(destination)
    const running = (this.#running.get(destination) ?? 0) + 1
    this.#running.set(destination, running)
    this.most.set(destination, Math.max(running, this.most.get(destination) ?? 0))
    try {
      let pause: BatchOutcome['pause']
      let items = batch.items
      while (items.length > 0) {
        for (const item of items) {
          await this.#pass(server.takesMs)
          if (server.isUp?.(this.clock.now()) === false) {
            const left = items.slice(items.indexOf(item))
            const settlements = left.map((one) => this.#put(one, owner, 'network'))
            return { settlements, reachable: 'no', problem: 'connection refused' }
          }
          const answer = server.says(item, this.clock.now())
          if (answer.type === 'deferred') pause = answer.pause ?? pause
          const settlement =
            answer.type === 'deferred'
              ? this.#put(item, owner, answer.kind)
              : this.#end(item, owner, answer.type)
          await batch.settle({ settlements: [settlement] })
        }
        items = await batch.more()
      }
      return { settlements: [], reachable: 'yes', ...(pause === undefined ? {} : { pause }) }
    } finally {
      this.#running.set(destination, (this.#running.get(destination) ?? 1) - 1)
    }
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimer(ms, resolve))
  }

  #put(item: QueueItem, owner: string, kind: AnswerKind): Settlement {
    const at = this.#schedule.retryAt(item, this.clock.now(), { kind })
    if (at === undefined) return this.#end(item, owner, 'failed')
    return settled(item, owner, { type: 'deferred', nextAttemptAt: at, problem: kind })
  }

  #end({ id, ...item }: QueueItem, owner: string, type: Fate['type']): Settlement {
    this.fates.push({ id, type, at: this.clock.now(), attempts: item.attempts + 1 })
    return settled({ id, ...item }, owner, { type })
  }
}

function settled(item: QueueItem, owner: string, outcome: Settlement['outcome']): Settlement {
  return { queueId: item.id, owner, outcome, steps: '[]', shared: [], status: '', summary: '' }
}

/** Everything that needs no time has happened. */
async function settledDown(): Promise<void> {
  for (let n = 0; n < 4; n++) await new Promise((resolve) => setImmediate(resolve))
}
