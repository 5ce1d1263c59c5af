import assert from 'node:assert/strict'
import { ManualClock } from '../../base/clock.ts'
import type { Batch, BatchOutcome, Items } from '../../post/batch.ts'
import { standingSettlements } from '../../store/operations.ts'
import type { LeasesOf, QueueItem, QueuePort, Settlement } from '../../store/ports/queue.ts'
import { senderOf } from '../../store/sender.ts'
import type { DispatcherProblem } from '../batch-runner.ts'
import { type ConcurrencyPolicy, defaultConcurrency } from '../concurrency.ts'
import { Dispatcher } from '../dispatcher.ts'
import type { DispatcherOptions } from '../dispatcher-options.ts'
import { queueItem } from './queue-item.ts'

export interface Row {
  item: QueueItem
  leasedTo: string | undefined
  leasedUntil: number
}

/** The queue side of a store, in memory, with the rules of the port. */
export class FakeStore
  implements Pick<QueuePort, 'lease' | 'settle' | 'nextDueAt' | 'releaseLeases'>
{
  readonly rows: Map<string, Row> = new Map()
  readonly settled: Settlement[] = []
  leases = 0
  /** Errors for the next calls, in order. */
  beforeSettled: Promise<void> | undefined
  afterSettled: Promise<void> | undefined
  readonly faults: { lease: Error[]; settle: Error[] } = { lease: [], settle: [] }

  add(id: string, more: Partial<QueueItem> = {}): void {
    const item = queueItem(id, more)
    this.rows.set(id, { item, leasedTo: undefined, leasedUntil: 0 })
  }

  async lease(input: Parameters<QueuePort['lease']>[0]): Promise<readonly QueueItem[]> {
    this.leases++
    const fault = this.faults.lease.shift()
    if (fault !== undefined) throw fault
    const due = Array.from(this.rows.values()).filter(({ item, leasedTo, leasedUntil }) =>
      leasedTo === undefined
        ? !item.held &&
          (item.nextAttemptAt <= input.now || item.nextAttemptAt > (input.farthest ?? Infinity))
        : leasedUntil <= input.now,
    )
    const leased = due.slice(0, input.limit)
    const given = new Map<string, number>()
    const { each = 0, limit = 0, apart = [] } = input.turns ?? {}
    for (const row of due.slice(input.limit)) {
      const sender = senderOf(row.item)
      const its = given.get(sender) ?? 0
      if (leased.length >= input.limit + limit || its >= each || apart.includes(sender)) continue
      given.set(sender, its + 1)
      leased.push(row)
    }
    for (const row of leased) {
      row.leasedTo = input.owner
      row.leasedUntil = input.leaseUntil
    }
    return leased.map(({ item }) => item)
  }

  hold(...ids: readonly string[]): void {
    for (const id of ids) {
      const row = this.rows.get(id)
      if (row !== undefined) row.item = { ...row.item, held: true }
    }
  }

  async releaseLeases(of?: LeasesOf): Promise<void> {
    for (const id of of?.queueIds ?? []) {
      const row = this.rows.get(id)
      assert.equal(row?.leasedTo, of?.owner)
      if (row !== undefined) row.leasedTo = undefined
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly string[]> {
    const fault = this.faults.settle.shift()
    await this.beforeSettled
    if (fault !== undefined) throw fault
    const lost = this.#write(settlements)
    await this.afterSettled
    return lost
  }

  #write(settlements: readonly Settlement[]): readonly string[] {
    const { lost, standing } = standingSettlements(settlements, ({ queueId, owner }) => {
      return this.rows.get(queueId)?.leasedTo === owner
    })
    for (const settlement of standing) {
      const row = this.rows.get(settlement.queueId)
      if (row?.leasedTo !== settlement.owner) continue
      this.settled.push(settlement)
      if (settlement.outcome.type !== 'deferred') this.rows.delete(settlement.queueId)
      else {
        const { nextAttemptAt, problem, attempted } = settlement.outcome
        const attempts = row.item.attempts + (attempted === false ? 0 : 1)
        row.item = { ...row.item, attempts, nextAttemptAt, lastProblem: problem }
        row.leasedTo = undefined
      }
    }
    return lost
  }

  async nextDueAt(): Promise<number | undefined> {
    const times = Array.from(this.rows.values(), (row) =>
      row.leasedTo === undefined ? row.item.nextAttemptAt : row.leasedUntil,
    )
    return times.length === 0 ? undefined : Math.min(...times)
  }
}

export function settlement(
  { owner }: Pick<Items, 'owner'>,
  item: QueueItem,
  outcome: Settlement['outcome'] = { type: 'delivered' },
): Settlement {
  return { queueId: item.id, owner, outcome, steps: '[]', shared: [], status: '', summary: '' }
}

export function deliveredAll(batch: Batch): BatchOutcome {
  return { settlements: batch.items.map((item) => settlement(batch, item)), reachable: 'yes' }
}

/** So many connections to one site from the start on, and so many at most. */
export function growing(initial: number, limit: number): ConcurrencyPolicy {
  return { ...defaultConcurrency, unheard: initial, initial, limit }
}

/** As many connections to one site as that, until one fails. */
export function fixed(connections: number): ConcurrencyPolicy {
  return { ...growing(connections, connections), failedCohorts: 0 }
}

export interface Bench {
  readonly store: FakeStore
  readonly clock: ManualClock
  readonly dispatcher: Dispatcher
  readonly batches: Batch[]
  readonly problems: DispatcherProblem[]
  /** Ends the oldest batch that is under way. */
  readonly finish: (outcome?: (batch: Batch) => BatchOutcome) => Promise<void>
  readonly underWay: () => readonly Batch[]
}

export function bench(more: Partial<DispatcherOptions> = {}): Bench {
  const store = new FakeStore()
  const clock = more.clock instanceof ManualClock ? more.clock : new ManualClock(1_000_000)
  const batches: Batch[] = []
  const problems: DispatcherProblem[] = []
  const open: { batch: Batch; end: (outcome: BatchOutcome) => void }[] = []
  const dispatcher = new Dispatcher({
    queue: store,
    clock,
    owner: 'me',
    random: () => 0.5,
    concurrency: fixed(10),
    onProblem: (problem) => problems.push(problem),
    deliverBatch: (batch) => {
      batches.push(batch)
      const { promise, resolve } = Promise.withResolvers<BatchOutcome>()
      open.push({ batch, end: resolve })
      return promise
    },
    ...more,
  })
  return {
    store,
    clock,
    dispatcher,
    batches,
    problems,
    underWay: () => open.map(({ batch }) => batch),
    async finish(outcome = deliveredAll) {
      const first = open.shift()
      assert.ok(first, 'no batch is under way')
      first.end(outcome(first.batch))
      await quiet()
    },
  }
}

/** All promises that can go on have gone on: the fake store needs no time. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const ids = (batch: Batch | undefined): readonly string[] => {
  return batch?.items.map(({ id }) => id) ?? []
}
