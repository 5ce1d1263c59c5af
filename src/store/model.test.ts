import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  minuteMs,
  now,
  queueItem,
  readable,
  settlement,
  snapshot,
} from './contract-cases.ts'
import { startLocalWriter } from './sqlite/local-writer.ts'
import { openMemoryStore } from './memory/memory-store.ts'
import { readHere } from './sqlite/reading.ts'
import { openSqliteStore, type StartWriter } from './sqlite/sqlite-store.ts'
import type { Store } from './ports/store.ts'
import { testFolder } from './test-folder.ts'

/** One thing asked of a store; ids come from few, so that things meet. */
type Deed = (store: Store) => Promise<unknown>

const number = fc.integer({ min: 0, max: 3 })
const time = fc.integer({ min: 0, max: 6 }).map((n) => now + n * 5 * minuteMs)
const owner = fc.constantFrom('one', 'two')

const accept: fc.Arbitrary<Deed> = fc
  .record({
    n: number,
    text: number,
    queued: fc.boolean(),
    filed: fc.boolean(),
    at: time,
    ref: number,
    priority: fc.constantFrom(0, 0, 5, -3),
    notBefore: fc.option(time, { nil: undefined }),
  })
  .map(({ n, text, queued, filed, at, ref, priority, notBefore }) => (store) => {
    const messageId = `m${n}`
    const shared = [{ hash: `fact-${text}`, json: `${text}` }]
    return store.post.accept(
      acceptance({
        message: message(messageId, `text ${text}`),
        queue: queued
          ? [
              queueItem(`q${n}`, {
                messageId: `m${ref}`,
                journeyId: `J${n}`,
                nextAttemptAt: at,
                priority,
                ...(notBefore === undefined ? {} : { notBefore }),
              }),
            ]
          : [],
        mailbox: filed ? [mailboxItem({ messageId })] : [],
        journeys: [journey(`J${n}`, { messageId, startedAt: at, shared })],
      }),
    )
  })

const settle: fc.Arbitrary<Deed> = fc
  .record({
    n: number,
    owner,
    kind: fc.constantFrom('delivered', 'failed', 'deferred'),
    at: time,
    attempted: fc.boolean(),
  })
  .map(({ n, owner: by, kind, at, attempted }) => (store) => {
    const outcome =
      kind === 'deferred'
        ? { type: 'deferred' as const, nextAttemptAt: at, problem: kind, attempted }
        : { type: kind === 'failed' ? ('failed' as const) : ('delivered' as const) }
    return store.queue.settle([settlement({ queueId: `q${n}`, owner: by, outcome, status: kind })])
  })

const others: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ list: fc.array(number, { maxLength: 3 }), at: fc.option(time) }).map(
    ({ list, at }): Deed =>
      (store) =>
        store.queue.hold(
          list.map((n) => `q${n}`),
          { reason: 'look', ...(at === null ? {} : { until: at }) },
        ),
  ),
  fc.record({ n: number, at: fc.option(time) }).map(
    ({ n, at }): Deed =>
      ({ register }) => {
        const end = at === null ? {} : { expiresAt: at }
        return register.put([
          { kind: 'suppression', key: `k${n}`, json: '1', changedAt: 1, ...end },
        ])
      },
  ),
  time.map(
    (expiredBy): Deed =>
      (store) =>
        store.retention.prune({ journeysBefore: 0, expiredBy }),
  ),
  fc
    .record({
      owner,
      now: time,
      limit: fc.integer({ min: 0, max: 3 }),
      farthest: fc.oneof(time, fc.constant(Number.MAX_SAFE_INTEGER)),
    })
    .map(
      (changes): Deed =>
        (store) =>
          store.queue.lease(lease(changes)),
    ),
  fc.array(number, { maxLength: 3 }).map(
    (list): Deed =>
      (store) =>
        store.queue.hold(list.map((n) => `q${n}`)),
  ),
  fc.record({ list: fc.array(number, { maxLength: 3 }), at: time }).map(
    ({ list, at }): Deed =>
      (store) =>
        store.queue.release(
          list.map((n) => `q${n}`),
          at,
        ),
  ),
  fc.constant<Deed>((store) => store.queue.releaseLeases()),
  time.map(
    (journeysBefore): Deed =>
      (store) =>
        store.retention.prune({ journeysBefore }),
  ),
  fc.record({ journeysBefore: time, scansBefore: time, refusedBefore: time }).map(
    (request): Deed =>
      (store) =>
        store.retention.prune(request),
  ),
)

async function outcomeOf(deed: Deed, store: Store): Promise<unknown> {
  return deed(store).then(
    (value) => ({ value }),
    () => 'rejected',
  )
}

test('whatever is asked in whatever order, both stores answer the same', async () => {
  const deeds = fc.array(fc.oneof(accept, accept, settle, others), { maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(deeds, async (list) => {
      const { folder, remove } = testFolder()
      const startWriter: StartWriter = (setup) => startLocalWriter(setup, () => undefined)
      const sqlite = await openSqliteStore({ folder }, startWriter, readHere)
      const memory = openMemoryStore()
      try {
        for (const deed of list) {
          assert.deepEqual(await outcomeOf(deed, sqlite), await outcomeOf(deed, memory))
          assert.deepEqual(await snapshot(readable(sqlite)), await snapshot(readable(memory)))
        }
      } finally {
        await sqlite.close()
        remove()
      }
    }),
    { numRuns: 150 },
  )
})
