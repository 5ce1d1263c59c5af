/** One process that opens a data folder, leases and settles, and prints what that took, as JSON. */
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'

const [folder = ''] = process.argv.slice(2)
const began = performance.now()
const store = await openSqliteStore({ folder })
await store.queue.releaseLeases()
const lease = async (after: string) => {
  const now = Date.now()
  const turns = { after, each: 5, limit: 60, apart: [] }
  return await store.queue.lease({
    owner: 'bench',
    now,
    leaseUntil: now + 60_000,
    limit: 200,
    turns,
  })
}
const first = await lease('')
const readyMs = performance.now() - began

let [items, leasing, settling] = [0, 0, 0]
let batch = first
for (let round = 0; round < 40; round++) {
  const due = Date.now()
  const outcome = { type: 'deferred', nextAttemptAt: due, problem: 'later' } as const
  const settlements = batch.map(({ id: queueId }) => {
    return {
      queueId,
      owner: 'bench',
      outcome,
      steps: '[]',
      shared: [],
      status: 'deferred',
      summary: '',
    }
  })
  const settleFrom = performance.now()
  await store.queue.settle(settlements)
  settling += performance.now() - settleFrom
  const leaseFrom = performance.now()
  batch = await lease(`sender${round * 5}.example`)
  leasing += performance.now() - leaseFrom
  await store.queue.nextDueAt()
  items += batch.length
}
const memory = process.memoryUsage().rss / 1_048_576
await store.close()
console.log(
  JSON.stringify({
    readyMs,
    megabytes: memory,
    leaseMicros: (leasing / items) * 1000,
    settleMicros: (settling / items) * 1000,
  }),
)
