import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  minuteMs,
  now,
  outgoing,
  queueItem,
  readable,
  settlement,
  snapshot,
  textOf,
  storeTests,
} from './contract-cases.ts'
import type { QueueItem, Settlement } from './ports/queue.ts'
import type { Store } from './ports/store.ts'

function ids(items: readonly QueueItem[]): string[] {
  return items.map(({ id }) => id)
}

async function journeyOf(store: Store): Promise<{ status: string; appended: readonly string[] }> {
  const found = await store.journeys.find('JOURNEY1')
  if (found.type !== 'found') throw new Error('the journey is there')
  return found.journey
}

export function registerSettlingTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a delivered item leaves the queue, and its step is in the journey', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ shared: [{ hash: 'fact-1', json: '{"mx":1}' }] })])
    assert.equal((await store.counts()).queued, 0)
    assert.equal((await journeyOf(store)).status, 'delivered')
    assert.deepEqual((await journeyOf(store)).appended, ['[{"type":"delivery"}]'])
    assert.equal((await store.journeys.sharedFacts(['fact-1'])).get('fact-1'), '{"mx":1}')
  })

  storeTest(
    'a letter to several has one word for all of them, whoever is settled last',
    async (store) => {
      const to = ['a@north.example', 'b@north.example', 'c@north.example']
      const queue = to.map((recipient, i) => queueItem(`q${i}`, { recipient }))
      const here = { address: 'd@south.example', status: 'refused', accounts: '' }
      const recipients = [
        ...to.map((address) => ({ address, status: 'queued', accounts: '' })),
        here,
      ]
      const several = journey('JOURNEY1', {
        direction: 'out',
        rcptTo: to,
        messageId: 'm1',
        recipients,
      })
      await store.post.accept(
        acceptance({ message: message('m1', 'x'), queue, journeys: [several] }),
      )
      await store.queue.lease(lease())
      const deferred = { type: 'deferred', nextAttemptAt: now + 1, problem: 'x' } as const
      const steps: readonly (readonly [Partial<Settlement>, string, RegExp])[] = [
        [
          { queueId: 'q0', summary: 'First.' },
          'partly delivered',
          /^Of 4 recipients 1 has it, 2 wait, 1 was refused\. First\.$/,
        ],
        [
          { queueId: 'q1', status: 'failed', outcome: { type: 'failed' }, summary: 'No.' },
          'partly delivered',
          /1 failed.* No\.$/,
        ],
        [{ queueId: 'q2', status: 'deferred', outcome: deferred }, 'partly delivered', /1 waits/],
      ]
      for (const [change, status, summary] of steps) {
        await store.queue.settle([settlement(change)])
        const found = await store.journeys.find('JOURNEY1')
        assert.ok(found.type === 'found')
        assert.equal(found.journey.status, status)
        assert.match(found.journey.summary, summary)
      }
      await store.queue.lease(lease({ now: now + 1 }))
      await store.queue.settle([settlement({ queueId: 'q2' })])
      assert.equal((await journeyOf(store)).status, 'partly delivered')
    },
  )

  storeTest('settled in one, all recipients count before the word is found', async (store) => {
    const to = ['a@north.example', 'b@north.example']
    const queue = to.map((recipient, i) => queueItem(`q${i}`, { recipient }))
    const several = journey('JOURNEY1', {
      direction: 'out',
      rcptTo: to,
      messageId: 'm1',
      status: 'queued',
    })
    await store.post.accept(acceptance({ message: message('m1', 'x'), queue, journeys: [several] }))
    await store.queue.lease(lease())
    await store.queue.settle([
      settlement({ queueId: 'q0' }),
      settlement({ queueId: 'q1', summary: 'Second.' }),
    ])
    const found = await store.journeys.find('JOURNEY1')
    assert.ok(found.type === 'found')
    assert.equal(found.journey.status, 'delivered')
    assert.equal(found.journey.summary, 'Of 2 recipients 2 have it. Second.')
  })

  storeTest('a deferred item waits for its next time, with the reason', async (store) => {
    await store.post.accept(outgoing())
    for (const [i, problem] of ['451 busy', 'no route'].entries()) {
      const at = now + i * minuteMs
      await store.queue.lease(lease({ now: at }))
      const outcome = { type: 'deferred' as const, nextAttemptAt: at + minuteMs, problem }
      await store.queue.settle([settlement({ outcome, status: 'deferred', steps: `[${i}]` })])
      const [item] = await store.queue.list({ limit: 10 })
      assert.equal(item?.attempts, i + 1)
      assert.equal(item?.lastProblem, problem)
      assert.equal(item?.nextAttemptAt, at + minuteMs)
    }
    assert.deepEqual((await journeyOf(store)).appended, ['[0]', '[1]'])
    assert.deepEqual(await store.queue.lease(lease({ now: now + 2 * minuteMs - 1 })), [])
    assert.deepEqual(ids(await store.queue.lease(lease({ now: now + 2 * minuteMs }))), ['q1'])
  })

  storeTest('an item that is put off without an attempt has no attempt counted', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    const later = { type: 'deferred' as const, nextAttemptAt: now + 5, problem: 'down' }
    await store.queue.settle([settlement({ outcome: { ...later, attempted: false } })])
    const [waiting] = await store.queue.list({ limit: 1 })
    assert.deepEqual([waiting?.attempts, waiting?.lastProblem], [0, 'down'])
    assert.deepEqual(ids(await store.queue.lease(lease({ now: now + 5 }))), ['q1'])
    const tried = { type: 'deferred' as const, nextAttemptAt: now + 9, problem: '451' }
    await store.queue.settle([settlement({ outcome: { ...tried, attempted: true } })])
    assert.equal((await store.queue.list({ limit: 1 }))[0]?.attempts, 1)
  })

  storeTest('a failed item leaves with its notification, in one', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    const notification = acceptance({
      message: message('m2', 'It could not be delivered.'),
      mailbox: [mailboxItem({ messageId: 'm2', account: 'anna@north.example' })],
      journeys: [journey('JOURNEY2', { messageId: 'm2' })],
    })
    const outcome = { type: 'failed' as const }
    await store.queue.settle([settlement({ outcome, status: 'failed', notification })])
    assert.equal((await journeyOf(store)).status, 'failed')
    assert.equal((await store.counts()).queued, 0)
    assert.equal((await store.mailboxes.items({ account: 'anna@north.example' })).length, 1)
    assert.equal(await textOf(await store.messages.open('m2')), 'It could not be delivered.')
  })

  storeTest('settlements of one call stand or fall together', async (store) => {
    const queue = [queueItem('q1'), queueItem('q2')]
    await store.post.accept({ ...outgoing(), queue })
    await store.queue.lease(lease())
    const before = await snapshot(readable(store))
    const notification = acceptance({ message: message('m1', 'an id that is taken') })
    const bad = store.queue.settle([settlement(), settlement({ queueId: 'q2', notification })])
    const good = store.queue.hold(['q1'])
    await assert.rejects(bad)
    assert.equal(await good, 1)
    await store.queue.release(['q1'], now)
    assert.deepEqual(await snapshot(readable(store)), before)
    await store.queue.settle([settlement(), settlement({ queueId: 'q2' })])
    assert.equal((await store.counts()).queued, 0)
  })

  storeTest('an item that another owner leases meanwhile is left alone', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    const later = now + 10 * minuteMs
    await store.queue.lease(lease({ owner: 'two', now: later }))
    const before = await snapshot(readable(store))
    const notification = acceptance({ message: message('m2', 'x'), journeys: [journey('J2')] })
    await store.queue.settle([settlement({ notification })])
    assert.deepEqual(await snapshot(readable(store)), before)
    await store.queue.settle([settlement({ owner: 'two' })])
    assert.equal((await store.counts()).queued, 0)
  })

  storeTest(
    'what stands together is settled wholly or not at all, and who was lost is told',
    async (store) => {
      await store.post.accept(
        acceptance({
          message: message('m1', 'x'),
          queue: ['a', 'b', 'c', 'd'].map((id) => queueItem(id)),
          journeys: [journey('JOURNEY1', { messageId: 'm1' })],
        }),
      )
      await store.queue.lease(lease({ limit: 1 }))
      await store.queue.lease(lease({ owner: 'two', limit: 1 }))
      await store.queue.lease(lease())
      const before = await snapshot(readable(store))
      const notification = acceptance({ message: message('m2', 'x'), journeys: [journey('J2')] })
      const settled = (queueId: string, together?: string): Settlement => {
        return settlement({ queueId, ...(together === undefined ? {} : { together }) })
      }
      const first = { ...settled('a', 'm1'), notification }
      const all = [first, settled('b', 'm1'), settled('c', 'm1')]
      assert.deepEqual(await store.queue.settle(all), ['b'])
      assert.deepEqual(await snapshot(readable(store)), before)
      // What stands with others, or alone, is not kept by them.
      assert.deepEqual(
        await store.queue.settle([settled('b'), settled('d', 'm2'), first, settled('c', 'm1')]),
        ['b'],
      )
      assert.deepEqual(ids(await store.queue.list({ limit: 9 })), ['b'])
      assert.equal((await store.journeys.find('J2')).type, 'found')
      assert.deepEqual(await store.queue.settle([settled('a')]), ['a'], 'it is settled')
    },
  )

  storeTest('a lease that ran out but was not taken over can still be settled', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    await store.queue.settle([settlement()])
    assert.equal((await journeyOf(store)).status, 'delivered')
  })

  storeTest('settling what is not leased, or twice, changes nothing', async (store) => {
    await store.post.accept(outgoing())
    const before = await snapshot(readable(store))
    await store.queue.settle([settlement(), settlement({ queueId: 'nothing' })])
    assert.deepEqual(await snapshot(readable(store)), before)
    await store.queue.lease(lease())
    await store.queue.settle([settlement(), settlement()])
    assert.equal((await journeyOf(store)).appended.length, 1)
  })

  storeTest(
    'an item held while it is leased is settled, and stays held when deferred',
    async (store) => {
      await store.post.accept(outgoing())
      await store.queue.lease(lease())
      await store.queue.hold(['q1'])
      const outcome = { type: 'deferred' as const, nextAttemptAt: now, problem: 'later' }
      await store.queue.settle([settlement({ outcome })])
      assert.deepEqual(await store.queue.lease(lease({ now: now + minuteMs })), [])
      assert.equal((await store.queue.list({ limit: 1 }))[0]?.attempts, 1)
    },
  )

  storeTest('a message without any journey goes with its last queue item', async (store) => {
    const queue = [queueItem('q1'), queueItem('q2')]
    await store.post.accept(acceptance({ message: message('m1', 'x'), queue }))
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ queueId: 'q1' })])
    assert.equal(await textOf(await store.messages.open('m1')), 'x')
    await store.queue.settle([settlement({ queueId: 'q2', outcome: { type: 'failed' } })])
    assert.equal(await store.messages.open('m1'), undefined)
    assert.equal((await store.counts()).messages, 0)
  })
}
