import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  lease,
  message,
  minuteMs,
  now,
  outgoing,
  queueItem,
  settlement,
  storeTests,
} from './contract-cases.ts'
import type { QueueItem, QueueQuery } from './ports/queue.ts'
import type { Store } from './ports/store.ts'

function ids(items: readonly QueueItem[]): string[] {
  return items.map(({ id }) => id)
}

/** A message whose items wait until the given times, each named for its time. */
async function acceptItems(store: Store, offsets: readonly number[]): Promise<void> {
  const queue = offsets.map((offset, i) =>
    queueItem(`q${i}+${offset}`, { nextAttemptAt: now + offset }),
  )
  await store.post.accept(acceptance({ message: message('m1', 'x'), queue }))
}

export function registerQueueTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a lease gives the item as it was accepted', async (store) => {
    await store.post.accept(outgoing())
    const [item] = await store.queue.lease(lease())
    const fresh = { attempts: 0, held: false, holdReason: '', lastProblem: '' }
    assert.deepEqual(item, { ...queueItem('q1'), ...fresh })
  })

  storeTest('due items come by their time, as many as asked for, and once', async (store) => {
    await acceptItems(store, [5, 1, 9, 3, 1, 7])
    const at = { now: now + 7 }
    assert.deepEqual(ids(await store.queue.lease(lease({ ...at, limit: 2 }))), ['q1+1', 'q4+1'])
    assert.deepEqual(ids(await store.queue.lease(lease({ ...at, limit: 2 }))), ['q3+3', 'q0+5'])
    assert.deepEqual(ids(await store.queue.lease(lease(at))), ['q5+7'])
    assert.deepEqual(await store.queue.lease(lease(at)), [])
  })

  storeTest('leases asked for at once never overlap', async (store) => {
    await acceptItems(
      store,
      Array.from({ length: 100 }, (_, i) => i),
    )
    const owners = Array.from({ length: 30 }, (_, i) => `owner ${i}`)
    const leased = await Promise.all(
      owners.map((owner) => store.queue.lease(lease({ owner, now: now + 100, limit: 7 }))),
    )
    assert.equal(new Set(leased.flatMap(ids)).size, 100)
    assert.equal(leased.flat().length, 100)
  })

  storeTest(
    'expired leases are not kept waiting by those that wait, nor the other way round',
    async (store) => {
      await acceptItems(store, [1, 2, 3, 4, 5])
      await store.queue.lease(lease({ now: now + 2 }))
      const later = now + 2 + 10 * minuteMs
      // More are due than asked for, and those that had been leased are the oldest.
      assert.deepEqual(ids(await store.queue.lease(lease({ now: later, limit: 1 }))), ['q0+1'])
      assert.deepEqual(ids(await store.queue.lease(lease({ now: later, limit: 2 }))), [
        'q1+2',
        'q2+3',
      ])
      const again = later + 10 * minuteMs
      assert.deepEqual(ids(await store.queue.lease(lease({ now: again, limit: 4 }))), [
        'q0+1',
        'q1+2',
        'q2+3',
        'q3+4',
      ])
    },
  )

  storeTest('an expired lease is due again, in its place', async (store) => {
    await acceptItems(store, [1, 2, 3])
    await store.queue.lease(lease({ now: now + 2 }))
    assert.equal(await store.queue.nextDueAt(), now + 3)
    const later = now + 2 + 10 * minuteMs
    assert.deepEqual(ids(await store.queue.lease(lease({ owner: 'two', now: later - 1 }))), [
      'q2+3',
    ])
    assert.deepEqual(ids(await store.queue.lease(lease({ owner: 'two', now: later }))), [
      'q0+1',
      'q1+2',
    ])
  })

  storeTest(
    'the next due time is that of the first item, leased ones at the end of it',
    async (store) => {
      assert.equal(await store.queue.nextDueAt(), undefined)
      await acceptItems(store, [50, 20])
      assert.equal(await store.queue.nextDueAt(), now + 20)
      await store.queue.lease(lease({ now: now + 50 }))
      assert.equal(await store.queue.nextDueAt(), now + 50 + 10 * minuteMs)
      await store.queue.hold(['q0+50', 'q1+20'])
      assert.equal(await store.queue.nextDueAt(), undefined)
    },
  )

  storeTest('an item that is due beyond the farthest schedule is due now', async (store) => {
    const queue = [
      queueItem('q1', { nextAttemptAt: now + 100 }),
      queueItem('q2', { nextAttemptAt: now + 101 }),
    ]
    await store.post.accept({ ...outgoing(), queue })
    assert.deepEqual(ids(await store.queue.lease(lease())), [])
    assert.deepEqual(ids(await store.queue.lease(lease({ farthest: now + 101 }))), [])
    assert.deepEqual(ids(await store.queue.lease(lease({ farthest: now + 100 }))), ['q2'])
    assert.deepEqual(ids(await store.queue.lease(lease({ farthest: now + 100 }))), [])
  })

  storeTest('releasing leases makes all items due and old settlements void', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    await store.queue.releaseLeases()
    await store.queue.settle([settlement()])
    assert.equal((await store.counts()).queued, 1)
    assert.deepEqual(ids(await store.queue.lease(lease({ owner: 'two' }))), ['q1'])
  })

  storeTest('an owner gives back leases of its own, and the items are as before', async (store) => {
    await acceptItems(store, [1, 2, 3])
    const [first] = await store.queue.list({ limit: 1 })
    await store.queue.lease(lease({ now: now + 2 }))
    await store.queue.lease(lease({ owner: 'other', now: now + 3 }))
    const owner = lease().owner
    const told = store.changes({ only: ['queue'] })
    await store.queue.releaseLeases({ owner, queueIds: ['q0+1', 'q2+3', 'nothing'] })
    const { value } = await told.next()
    assert.deepEqual(value, { type: 'queue', dueAt: now + 1, number: value?.number })
    await told.return?.()
    assert.deepEqual((await store.queue.list({ limit: 1 }))[0], first)
    const free = await store.queue.lease(lease({ owner: 'third', now: now + 3 }))
    assert.deepEqual(ids(free), ['q0+1'])
    assert.deepEqual(await store.queue.settle([settlement({ queueId: 'q0+1', owner })]), ['q0+1'])
    assert.deepEqual(await store.queue.settle([settlement({ queueId: 'q1+2', owner })]), [])
  })

  storeTest('the list says how long an item is leased, and nothing else does', async (store) => {
    await acceptItems(store, [1, 2])
    const [taken] = await store.queue.lease(lease({ now: now + 1 }))
    assert.equal(taken?.leasedUntil, undefined)
    const until = now + 1 + 10 * 60_000
    const untils = async (): Promise<readonly (number | undefined)[]> => {
      return (await store.queue.list({ limit: 9 })).map(({ leasedUntil }) => leasedUntil)
    }
    assert.deepEqual(await untils(), [until, undefined])
    assert.equal((await store.queue.list({ limit: 9, ids: ['q0+1'] }))[0]?.leasedUntil, until)
    await store.queue.releaseLeases()
    assert.deepEqual(await untils(), [undefined, undefined])
  })

  storeTest('a held item is not leased until it is released', async (store) => {
    await acceptItems(store, [1, 2])
    assert.equal(await store.queue.hold(['q0+1', 'nothing']), 1)
    assert.equal(await store.queue.hold(['q0+1', 'q1+2']), 1)
    assert.deepEqual(await store.queue.lease(lease({ now: now + 5 })), [])
    assert.deepEqual(
      (await store.queue.list({ limit: 10 })).map(({ held }) => held),
      [true, true],
    )
    assert.equal(await store.queue.release(['q1+2', 'nothing'], now + 30), 1)
    assert.deepEqual(await store.queue.lease(lease({ now: now + 29 })), [])
    assert.deepEqual(ids(await store.queue.lease(lease({ now: now + 30 }))), ['q1+2'])
  })

  storeTest(
    'items are taken whatever they wait for, but not from who leases them now',
    async (store) => {
      await acceptItems(store, [0, 10, 20, 30])
      const all = ['q0+0', 'q1+10', 'q2+20', 'q3+30', 'gone']
      await store.queue.hold(['q1+10'])
      await store.queue.lease({ ...lease({ owner: 'a', limit: 1 }), leaseUntil: now + 100 })
      const request = { queueIds: all, owner: 'desk', now: now + 99, leaseUntil: now + 1000 }
      const taken = await store.queue.take(request)
      assert.deepEqual(ids(taken), ['q1+10', 'q2+20', 'q3+30'])
      assert.deepEqual(
        taken.map(({ held }) => held),
        [true, false, false],
      )
      assert.deepEqual(await store.queue.lease(lease({ owner: 'a', now: now + 50 })), [])
      // Again by the same one, and what was left to somebody whose time is over.
      assert.deepEqual(ids(await store.queue.take(request)), ['q1+10', 'q2+20', 'q3+30'])
      const later = await store.queue.take({ ...request, now: now + 100 })
      assert.deepEqual(ids(later), all.slice(0, 4))
      const failed = { owner: 'desk', status: 'failed', outcome: { type: 'failed' } } as const
      await store.queue.settle(all.map((queueId) => settlement({ ...failed, queueId })))
      assert.deepEqual(await store.queue.list({ limit: 10 }), [])
      const { queued, held } = await store.counts()
      assert.deepEqual([queued, held], [0, 0], 'the counts are kept')
    },
  )

  storeTest('the queue is listed by next attempt, whatever state items are in', async (store) => {
    await acceptItems(store, [4, 1, 3, 2, 5])
    await store.queue.lease(lease({ now: now + 1 }))
    await store.queue.hold(['q2+3', 'q4+5'])
    const list = async (limit: number): Promise<string[]> => ids(await store.queue.list({ limit }))
    assert.deepEqual(await list(10), ['q1+1', 'q3+2', 'q2+3', 'q0+4', 'q4+5'])
    assert.deepEqual(await list(2), ['q1+1', 'q3+2'])
    assert.deepEqual(await list(0), [])
  })

  storeTest('what waits of one journey is listed alone, also with a filter', async (store) => {
    const items = [
      queueItem('q1', { journeyId: 'JOURNEY1', nextAttemptAt: now + 3 }),
      queueItem('q2', { journeyId: 'JOURNEY2', nextAttemptAt: now + 2 }),
      queueItem('q3', { journeyId: 'JOURNEY1', nextAttemptAt: now + 1, recipient: 'x@y.example' }),
    ]
    await store.post.accept(acceptance({ message: message('m1', 'x'), queue: items }))
    await store.queue.hold(['q1'])
    const limit = 10
    const list = async (query: Partial<QueueQuery>): Promise<string[]> => {
      return ids(await store.queue.list({ limit, ...query }))
    }
    assert.deepEqual(await list({ journey: 'JOURNEY1' }), ['q3', 'q1'])
    assert.deepEqual(await list({ journey: 'JOURNEY1', limit: 1 }), ['q3'])
    assert.deepEqual(await list({ journey: 'JOURNEY3' }), [])
    const to = { text: 'x@y.example', match: 'whole' } as const
    assert.deepEqual(await list({ journey: 'JOURNEY1', filter: { to } }), ['q3'])
    assert.deepEqual(await list({ journey: 'JOURNEY2', filter: { to } }), [])
  })
}
