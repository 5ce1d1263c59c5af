import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bench, fixed, ids, quiet } from './test-support/bench.ts'

const big = { reversePath: 'news@big.example' }

test('who has filled all the room keeps nobody back who has one letter', async () => {
  const { store, dispatcher, batches } = bench({ maxWaiting: 100, concurrency: fixed(1) })
  for (let n = 0; n < 1000; n++) store.add(`b${n}`, { ...big, destination: 'stuck.example' })
  dispatcher.start()
  await quiet()
  assert.equal(batches.length, 1)
  store.add('one', { reversePath: 'anna@small.example', destination: 'good.example' })
  dispatcher.notify()
  await quiet()
  assert.deepEqual(batches.slice(1).map(ids), [['one']])
})

test('there is room for a few of each sender, and not for ever more of one', async () => {
  const { store, dispatcher } = bench({ maxWaiting: 100, concurrency: fixed(1) })
  for (let n = 0; n < 1000; n++) store.add(`b${n}`, { ...big, destination: 'stuck.example' })
  dispatcher.start()
  for (let n = 0; n < 20; n++) {
    dispatcher.notify()
    await quiet()
  }
  const alone = dispatcher.counts.leased
  for (let n = 0; n < 400; n++) {
    store.add(`s${n}`, { reversePath: `x@s${n}.example`, destination: 'stuck.example' })
  }
  for (let n = 0; n < 20; n++) {
    dispatcher.notify()
    await quiet()
  }
  // 100 and those under way; beside them a quarter for others.
  assert.ok(alone <= 160, `${alone} leased of one sender`)
  assert.equal(dispatcher.counts.leased, 50 + 125)
})

test('a letter is in the next batch, though a thousand of another sender stand before it', async () => {
  const { store, dispatcher, batches, finish } = bench({ concurrency: fixed(1), maxBatch: 10 })
  for (let n = 0; n < 1000; n++) store.add(`b${n}`, big)
  dispatcher.start()
  await quiet()
  store.add('one', { reversePath: 'anna@small.example' })
  dispatcher.notify()
  await quiet()
  await finish()
  assert.ok(batches[1]?.items.slice(0, 2).some(({ id }) => id === 'one'))
})
