import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  lease,
  message,
  minuteMs,
  now,
  queueItem,
  settlement,
  storeTests,
} from './contract-cases.ts'
import type { NewQueueItem } from './ports/post.ts'
import type { QueueItem } from './ports/queue.ts'
import type { Store } from './ports/store.ts'

function ids(items: readonly QueueItem[]): string[] {
  return items.map(({ id }) => id)
}

async function accept({ post }: Store, items: readonly NewQueueItem[]): Promise<void> {
  await post.accept(acceptance({ message: message('m1', 'x'), queue: items }))
}

/** Priorities, appointed times, and holds that end by themselves. */
export function registerQueueOrderTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest(
    'the higher priority is leased first, and within one who is due longer',
    async (store) => {
      await accept(store, [
        queueItem('usual 2', { nextAttemptAt: now - 1 }),
        queueItem('usual 1', { nextAttemptAt: now - 2, priority: 0 }),
        queueItem('low', { nextAttemptAt: now - 9, priority: -10 }),
        queueItem('high 2', { nextAttemptAt: now - 1, priority: 10 }),
        queueItem('high 1', { nextAttemptAt: now - 3, priority: 10 }),
        queueItem('not due', { nextAttemptAt: now + 1, priority: 10 }),
        queueItem('raised', { nextAttemptAt: now, priority: 3 }),
      ])
      const order = ['high 1', 'high 2', 'raised', 'usual 1', 'usual 2', 'low']
      assert.equal(await store.queue.nextDueAt(), now - 9)
      assert.deepEqual(ids(await store.queue.lease(lease({ limit: 4 }))), order.slice(0, 4))
      assert.deepEqual(ids(await store.queue.lease(lease())), order.slice(4))
      const later = now + 10 * minuteMs
      const again = ids(await store.queue.lease(lease({ now: later, limit: 4 })))
      assert.deepEqual(again, ['high 1', 'high 2', 'not due', 'raised'], 'expired leases too')
    },
  )

  storeTest('the queue is listed by next attempt, whatever the priorities', async (store) => {
    await accept(store, [
      queueItem('c', { nextAttemptAt: now + 3, priority: 10 }),
      queueItem('a', { nextAttemptAt: now + 1 }),
      queueItem('b', { nextAttemptAt: now + 2, priority: -1 }),
      queueItem('d', { notBefore: now + 4 }),
    ])
    assert.deepEqual(ids(await store.queue.list({ limit: 9 })), ['a', 'b', 'c', 'd'])
    assert.deepEqual(ids(await store.queue.list({ limit: 2 })), ['a', 'b'])
  })

  storeTest('an item keeps whose it is, how urgent, and when it was to be sent', async (store) => {
    const item = queueItem('q1', { account: 'anna@north.example', priority: 4, notBefore: now + 5 })
    await accept(store, [item, queueItem('q2', { priority: 0 })])
    const fresh = { attempts: 0, held: false, holdReason: '', lastProblem: '' }
    const wanted = { ...item, nextAttemptAt: now + 5, ...fresh }
    const [second, first] = await store.queue.list({ limit: 9 })
    assert.deepEqual(first, wanted)
    assert.deepEqual(second, { ...queueItem('q2'), ...fresh })
    await store.queue.lease(lease({ now: now + 5 }))
    const outcome = { type: 'deferred', nextAttemptAt: now + 9, problem: '4' } as const
    await store.queue.settle([settlement({ outcome })])
    const { notBefore: _past, ...rest } = wanted
    const deferred = { ...rest, attempts: 1, nextAttemptAt: now + 9, lastProblem: '4' }
    assert.deepEqual((await store.queue.list({ limit: 9, journey: 'JOURNEY1' }))[1], deferred)
  })

  storeTest('what is to be sent on a far day is not taken for one that strayed', async (store) => {
    const far = now + 100 * 24 * 60 * minuteMs
    await accept(store, [
      queueItem('q1', { notBefore: far }),
      queueItem('q2', { nextAttemptAt: far }),
    ])
    const farthest = now + 60 * minuteMs
    assert.deepEqual(ids(await store.queue.lease(lease({ farthest }))), ['q2'])
    assert.deepEqual(ids(await store.queue.lease(lease({ farthest, now: far - 1 }))), ['q2'])
    const due = { farthest: far + 1, now: far, owner: 'x' }
    assert.deepEqual(ids(await store.queue.lease(lease(due))), ['q1'])
  })

  storeTest('a hold says why, and the last one stands', async (store) => {
    await accept(store, [queueItem('q1'), queueItem('q2')])
    assert.equal(await store.queue.hold(['q1'], { reason: 'look', until: now + 5 }), 1)
    assert.equal(await store.queue.hold(['q1', 'q2']), 1, 'without a word it stays as it is')
    const told = async (): Promise<unknown> => {
      const items = await store.queue.list({ limit: 9 })
      return items.map(({ held, holdReason, heldUntil }) => [held, holdReason, heldUntil])
    }
    assert.deepEqual(await told(), [
      [true, 'look', now + 5],
      [true, '', undefined],
    ])
    assert.equal(await store.queue.hold(['q1', 'q2'], { reason: 'listed' }), 0)
    assert.deepEqual(await told(), [
      [true, 'listed', undefined],
      [true, 'listed', undefined],
    ])
    await store.queue.release(['q1', 'q2'], now)
    assert.deepEqual(await told(), [
      [false, '', undefined],
      [false, '', undefined],
    ])
  })

  storeTest('a hold whose time is over is none', async (store) => {
    await accept(store, [
      queueItem('q1'),
      queueItem('q2'),
      queueItem('q3', { nextAttemptAt: now + 9 }),
    ])
    await store.queue.hold(['q1', 'q3'], { reason: 'wait', until: now + 5 })
    await store.queue.hold(['q2'], { reason: 'for ever' })
    assert.equal(await store.queue.nextDueAt(), now + 5)
    assert.deepEqual(await store.queue.lease(lease({ now: now + 4 })), [])
    assert.equal((await store.counts()).held, 3)
    const [item] = await store.queue.lease(lease({ now: now + 5 }))
    assert.deepEqual(
      [item?.id, item?.held, item?.holdReason, item?.heldUntil],
      ['q1', false, '', undefined],
    )
    assert.equal((await store.counts()).held, 1)
    await store.queue.settle([settlement()])
    assert.equal(await store.queue.nextDueAt(), now + 9)
    assert.deepEqual(ids(await store.queue.lease(lease({ now: now + 9 }))), ['q3'])
  })

  storeTest('in a lease each sender has its turn, however much another one has', async (store) => {
    const of = (sender: string, count: number): readonly NewQueueItem[] => {
      return Array.from({ length: count }, (_, n) => {
        const id = `${sender}${n}`
        return queueItem(id, { reversePath: `x@${sender}.example`, nextAttemptAt: now - 9 + n })
      })
    }
    await accept(store, [
      ...of('big', 30),
      ...of('a', 3).map((item) => ({ ...item, nextAttemptAt: now })),
      queueItem('c0', { account: 'Carl@c.example', reversePath: 'x@big.example' }),
      queueItem('later', { reversePath: 'x@d.example', nextAttemptAt: now + 1 }),
    ])
    const turns = { after: '', each: 2, limit: 5, apart: [] }
    const first = await store.queue.lease(lease({ limit: 2, turns }))
    assert.deepEqual(ids(first), ['big0', 'big1', 'a0', 'a1', 'big2', 'big3', 'c0'])
    // It goes on behind the one that was last, and round; who has enough is passed over.
    const next = { ...turns, after: 'a.example', apart: ['big.example'] }
    assert.deepEqual(ids(await store.queue.lease(lease({ limit: 0, turns: next }))), ['a2'])
    assert.deepEqual(ids(await store.queue.lease(lease({ limit: 0, turns: next }))), [])
    const round = { ...turns, after: 'zzz', limit: 1 }
    assert.deepEqual(ids(await store.queue.lease(lease({ limit: 1, turns: round }))), [
      'big4',
      'big5',
    ])
    await store.queue.hold(['big6'])
    assert.deepEqual(ids(await store.queue.lease(lease({ limit: 0, turns }))), ['big7', 'big8'])
  })
}
