import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  messagesThere,
  minuteMs,
  now,
  octetsFor,
  queueItem,
  settlement,
  textOf,
  storeTests,
} from './contract-cases.ts'

const hourMs = 60 * minuteMs

export function registerRetentionTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('pruning keeps what is younger, queued, or in a mailbox', async (store) => {
    const of = (n: number): { id: string; messageId: string } => ({
      id: `JOURNEY${n}`,
      messageId: `m${n}`,
    })
    for (let n = 1; n <= 5; n++) {
      const { id, messageId } = of(n)
      await store.post.accept(
        acceptance({
          message: message(messageId, `letter ${n}`),
          journeys: [journey(id, { messageId, startedAt: now + n })],
          mailbox: n === 2 ? [mailboxItem({ messageId, journeyId: id })] : [],
          queue: n === 3 ? [queueItem('q3', { messageId, journeyId: id })] : [],
        }),
      )
    }
    const removed = await store.retention.prune({ journeysBefore: now + 5 })
    assert.deepEqual(removed, { journeys: 3, messages: 2, contents: 2, facts: 0 })
    const left = (await store.journeys.list({ limit: 10 })).map(({ id }) => id)
    assert.deepEqual(left, ['JOURNEY5', 'JOURNEY3'])
    const there = await messagesThere(store, ['m1', 'm2', 'm3', 'm4', 'm5'])
    assert.deepEqual(there, ['m2', 'm3', 'm5'])
    assert.equal(await textOf(await store.messages.open('m2')), 'letter 2')
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ queueId: 'q3' })])
    const then = await store.retention.prune({ journeysBefore: now + 100 })
    // That of the settled one went with its settlement.
    assert.deepEqual(then, { journeys: 2, messages: 1, contents: 1, facts: 0 })
  })

  storeTest(
    'connections without a letter go before letters, and letters before mail',
    async (store) => {
      const old = { startedAt: now - 2 }
      const dropped = { ...old, status: 'dropped', mailFrom: '' }
      await store.post.accept(
        acceptance({
          journeys: [
            journey('SCAN', { ...dropped, rcptTo: [] }),
            journey('SCAN-587', { ...dropped, rcptTo: [], direction: 'out' }),
            journey('SCAN-YOUNG', { ...dropped, rcptTo: [], startedAt: now }),
            journey('GIVEN-UP', dropped),
            journey('REFUSED', { ...old, status: 'refused', rcptTo: [] }),
            journey('MAIL', old),
          ],
        }),
      )
      const removed = await store.retention.prune({ journeysBefore: now - 3, scansBefore: now - 1 })
      assert.equal(removed.journeys, 2)
      const left = async (): Promise<string[]> =>
        (await store.journeys.list({ limit: 10 })).map(({ id }) => id)
      assert.deepEqual((await left()).sort(), ['GIVEN-UP', 'MAIL', 'REFUSED', 'SCAN-YOUNG'])
      await store.retention.prune({ journeysBefore: now - 1 })
      assert.deepEqual(await left(), ['SCAN-YOUNG'])
      // At its very start time a journey is not yet older than that.
      await store.retention.prune({ journeysBefore: now, scansBefore: now })
      assert.deepEqual(await left(), ['SCAN-YOUNG'])
    },
  )

  storeTest('the content of a refused letter goes before its journey', async (store) => {
    for (const [n, status] of ['refused', 'deferred', 'dropped', 'accepted'].entries()) {
      const messageId = `m${n}`
      const one = journey(`JOURNEY${n}`, { messageId, status, startedAt: now + n })
      await store.post.accept(acceptance({ message: message(messageId, `${n}`), journeys: [one] }))
    }
    const ours = journey('JOURNEY9', { messageId: 'm9', status: 'refused', direction: 'out' })
    await store.post.accept(acceptance({ message: message('m9', '9'), journeys: [ours] }))
    const request = { journeysBefore: now - 1, refusedBefore: now + 1 }
    const removed = await store.retention.prune(request)
    assert.deepEqual(removed, { journeys: 0, messages: 1, contents: 1, facts: 0 })
    const kept = (): Promise<string[]> => messagesThere(store, ['m0', 'm1', 'm2', 'm3', 'm9'])
    assert.deepEqual(await kept(), ['m1', 'm2', 'm3', 'm9'])
    const found = await store.journeys.find('JOURNEY0')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
    await store.retention.prune({ ...request, refusedBefore: now + 100 })
    assert.deepEqual(await kept(), ['m3', 'm9'])
    assert.equal((await store.counts()).journeys, 5)
  })

  storeTest(
    'pruning goes through more than one step, and pauses between any two',
    async (store) => {
      for (let n = 0; n < 50; n++) {
        const journeys = Array.from({ length: 10 }, (_, i) =>
          journey(`J-${n}-${i}`, { startedAt: i === 9 ? now + 200 : now + i }),
        )
        await store.post.accept(acceptance({ journeys }))
      }
      const removed = await store.retention.prune({ journeysBefore: now + 100 })
      assert.equal(removed.journeys, 450)
      assert.equal((await store.counts()).journeys, 50)
    },
  )

  storeTest('content of sent mail is kept until the last recipient is settled', async (store) => {
    await store.post.accept(
      acceptance({
        message: message('m1', 'to both'),
        moreMessages: [message('m2', 'to both', { prefix: octetsFor('Return-Path: <>\r\n') })],
        queue: [queueItem('q1'), queueItem('q2')],
        mailbox: [mailboxItem({ messageId: 'm2' })],
        journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1' })],
      }),
    )
    await store.queue.lease(lease())
    await store.queue.settle([settlement()])
    assert.equal(await textOf(await store.messages.open('m1')), 'to both')
    const outcome = { type: 'deferred' as const, nextAttemptAt: now, problem: '451' }
    await store.queue.settle([settlement({ queueId: 'q2', outcome })])
    assert.equal(await textOf(await store.messages.open('m1')), 'to both')
    await store.queue.lease(lease())
    await store.queue.settle([settlement({ queueId: 'q2', outcome: { type: 'failed' } })])
    assert.equal(await store.messages.open('m1'), undefined)
    assert.match(await textOf(await store.messages.open('m2')), /to both/)
    const found = await store.journeys.find('JOURNEY1')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
  })

  storeTest('a shared fact stays as long as a journey may refer to it', async (store) => {
    const fact = (n: number): { hash: string; json: string } => ({
      hash: `fact-${n}`,
      json: `${n}`,
    })
    const put = (id: string, hours: number, facts: readonly number[]): Promise<void> => {
      const one = journey(id, { startedAt: now + hours * hourMs, shared: facts.map(fact) })
      return store.post.accept(acceptance({ journeys: [one] }))
    }
    const facts = async (): Promise<string[]> =>
      Array.from((await store.journeys.sharedFacts(['fact-1', 'fact-2'])).keys())
    await put('OLD1', 0, [1, 2])
    await put('NEW1', 10, [2])
    assert.equal((await store.retention.prune({ journeysBefore: now + hourMs })).facts, 1)
    assert.deepEqual(await facts(), ['fact-2'])
    // What was removed is stored anew when it comes back, also right behind the pruning.
    const pruning = store.retention.prune({ journeysBefore: now + 20 * hourMs })
    const again = put('NEW2', 11, [1, 2])
    await Promise.all([pruning, again])
    await put('NEW3', 12, [1, 2])
    assert.deepEqual(await facts(), ['fact-1', 'fact-2'])
  })
}
