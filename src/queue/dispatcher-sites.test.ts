import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Batch, BatchOutcome } from '../post/batch.ts'
import { defaultConcurrency } from './concurrency.ts'
import {
  bench,
  deliveredAll,
  fixed,
  growing,
  ids,
  quiet,
  settlement,
} from './test-support/bench.ts'

const minute = 60_000
const site = 'mx1.provider.example mx2.provider.example'
const nothing: BatchOutcome = { settlements: [], reachable: 'unknown' }

test('a thousand domains at one provider share its connections, from the first route on', async () => {
  const running: Batch[] = []
  let most = 0
  const { store, dispatcher } = bench({
    concurrency: fixed(3),
    deliverBatch: async (batch) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (!batch.arrive(site)) return nothing
      running.push(batch)
      most = Math.max(most, running.length)
      await new Promise((resolve) => setImmediate(resolve))
      running.splice(running.indexOf(batch), 1)
      return deliveredAll(batch)
    },
  })
  for (let n = 0; n < 1000; n++) store.add(`${n}`, { destination: `d${n}.example` })
  dispatcher.start()
  for (let n = 0; n < 500 && store.rows.size > 0; n++) await quiet()
  assert.equal(store.rows.size, 0)
  assert.equal(most, 3)
  assert.equal(store.settled.length, 1000)
  assert.deepEqual(dispatcher.counts, { leased: 0, batchesUnderWay: 0 })
})

test('who finds no room at its site is the next, with all that stood before', async () => {
  const { store, dispatcher, batches, finish } = bench({ concurrency: fixed(1) })
  store.add('1', { destination: 'a.example' })
  store.add('2', { destination: 'b.example' })
  store.add('3', { destination: 'b.example' })
  dispatcher.start()
  await quiet()
  const [a, b] = batches
  assert.deepEqual([ids(a), ids(b)], [['1'], ['2', '3']])
  assert.ok(a?.arrive(site) && !b?.arrive(site))
  const underWay = dispatcher.counts
  assert.deepEqual(underWay, { leased: 3, batchesUnderWay: 2 })
  await finish()
  await finish(() => nothing)
  assert.deepEqual(ids(batches[2]), ['2', '3'])
  await finish()
  assert.equal(store.rows.size, 0)
})

test('what is known of a site holds for each of its domains', async () => {
  const postponed: string[] = []
  const { store, dispatcher, batches, finish, clock } = bench({
    postponeBatch: (p) => {
      postponed.push(...p.items.map(({ id }) => id))
      const { because: problem, until: nextAttemptAt } = p
      const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  store.add('1', { destination: 'a.example' })
  dispatcher.start()
  await quiet()
  batches[0]?.arrive(site)
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'no', problem: 'refused' }))
  assert.deepEqual(Array.from(dispatcher.down.keys()), ['a.example'])
  store.add('2', { destination: 'b.example' })
  dispatcher.notify()
  await quiet()
  assert.equal(batches[1]?.arrive(site), false, 'its servers are down')
  await finish(() => nothing)
  assert.deepEqual(postponed, ['2'])
  assert.deepEqual(Array.from(dispatcher.down.keys()), ['a.example', 'b.example'])
  clock.advance(minute)
  await quiet()
  assert.deepEqual(ids(batches[2]), ['2'], 'one finds out for all')
  batches[2]?.arrive(site)
  await finish()
  assert.equal(dispatcher.down.size, 0)
})

test('one connection of several that fails does not stop the others', async () => {
  const { store, dispatcher, batches, finish } = bench({
    concurrency: growing(2, 2),
    maxBatch: 1,
    postponeBatch: () => assert.fail('put off'),
  })
  for (const id of ['1', '2', '3']) store.add(id)
  dispatcher.start()
  await quiet()
  assert.equal(batches.length, 2)
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'no' }))
  assert.equal(dispatcher.down.size, 0)
  assert.deepEqual(ids(batches[2]), ['3'])
})

test('connections grow by what is answered, up to the limit', async () => {
  const { store, dispatcher, batches, finish, underWay } = bench({
    concurrency: growing(2, 4),
    maxBatch: 1,
  })
  for (let n = 0; n < 30; n++) store.add(`${n}`)
  dispatcher.start()
  await quiet()
  const counts = [underWay().length]
  for (let n = 0; n < 8; n++) {
    const batch = underWay()[0]
    await batch?.settle({ settlements: batch.items.map((item) => settlement(batch, item)) })
    await finish(() => ({ settlements: [], reachable: 'yes' }))
    counts.push(underWay().length)
  }
  assert.deepEqual(counts, [2, 2, 3, 3, 3, 4, 4, 4, 4])
  assert.equal(new Set(batches.flatMap(ids)).size, batches.length)
})

test('a site gets one connection until it says its first word, and more at once then', async () => {
  const { store, dispatcher, underWay } = bench({ concurrency: defaultConcurrency, maxBatch: 1 })
  for (let n = 0; n < 30; n++) store.add(`${n}`)
  dispatcher.start()
  await quiet()
  const [batch] = underWay()
  assert.equal(underWay().length, 1)
  await batch?.settle({ settlements: batch.items.map((item) => settlement(batch, item)) })
  await quiet()
  assert.equal(underWay().length, 5)
})
