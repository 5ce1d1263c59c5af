import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import type { Batch, BatchOutcome } from '../post/batch.ts'
import { defaultLimits } from './places.ts'
import {
  bench,
  deliveredAll,
  type FakeStore,
  fixed,
  ids,
  quiet,
  settlement,
} from './test-support/bench.ts'

const minute = 60_000

test('what is due is delivered and settled', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  store.add('1')
  store.add('later', { nextAttemptAt: clock.now() + minute })
  dispatcher.start()
  await quiet()
  assert.deepEqual(ids(batches[0]), ['1'])
  await finish()
  assert.deepEqual(
    store.settled.map(({ queueId }) => queueId),
    ['1'],
  )
  assert.deepEqual(Array.from(store.rows.keys()), ['later'])
  assert.equal(dispatcher.counts.leased, 0)
})

const settledIds = (store: FakeStore): readonly string[] => {
  return store.settled.map(({ queueId }) => queueId)
}

/** What a batch does that asks before each letter. */
function deliveredBegun(batch: Batch): BatchOutcome {
  const items = batch.items.filter(({ id }) => batch.begin(id))
  return { settlements: items.map((item) => settlement(batch, item)), reachable: 'yes' }
}

test('what is withdrawn is not begun, waiting or in a batch, and free in the store', async () => {
  const { store, dispatcher, batches, finish, problems } = bench({
    maxBatch: 3,
    concurrency: fixed(1),
  })
  for (const id of ['1', '2', '3', '4', '5']) store.add(id)
  dispatcher.start()
  await quiet()
  assert.deepEqual(ids(batches[0]), ['1', '2', '3'])
  assert.equal(batches[0]?.begin('1'), true)
  store.hold('1', '2', '4')
  assert.deepEqual(await dispatcher.withdraw(['1', '2', '4', 'gone']), ['1'])
  const owners = Array.from(store.rows.values(), ({ leasedTo }) => leasedTo)
  assert.deepEqual(owners, ['me', undefined, 'me', undefined, 'me'])
  // Asked again, nothing is given back twice.
  assert.deepEqual(await dispatcher.withdraw(['1', '2', '4']), ['1'])
  assert.equal(batches[0]?.begin('1'), true)
  await finish(deliveredBegun)
  await finish(deliveredBegun)
  assert.deepEqual([settledIds(store), problems], [['1', '3', '5'], []])
  assert.deepEqual([ids(batches[1]), dispatcher.counts.leased], [['5'], 0])
})

test('what was withdrawn and let go on is delivered once, by the batch after the one that left it out', async () => {
  const { store, dispatcher, batches, finish } = bench()
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  await dispatcher.withdraw(['2'])
  dispatcher.notify()
  await quiet()
  assert.equal(batches[0]?.begin('2'), false)
  await finish(deliveredBegun)
  assert.deepEqual(settledIds(store), ['1'])
  await finish(deliveredBegun)
  assert.deepEqual([settledIds(store), batches.length], [['1', '2'], 2])
})

test('what is leased at the moment of the call is withdrawn as well', async () => {
  const { store, dispatcher, batches } = bench()
  store.add('1')
  dispatcher.start()
  assert.deepEqual(await dispatcher.withdraw(['1']), [])
  assert.equal(store.rows.get('1')?.leasedTo, undefined)
  assert.equal(batches[0]?.begin('1') ?? false, false)
})

test('what waits for the end of its old batch is withdrawn from there', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  const [first] = batches
  assert.equal(first?.begin('1'), true)
  const outcome = { type: 'deferred', nextAttemptAt: clock.now(), problem: 'x' } as const
  const items = first?.items ?? []
  await first?.settle({
    settlements: items.map((item) => settlement({ owner: 'me' }, item, outcome)),
  })
  dispatcher.notify()
  await quiet()
  store.hold('1')
  assert.deepEqual(await dispatcher.withdraw(['1']), [])
  await finish(() => ({ settlements: [], reachable: 'yes' }))
  assert.deepEqual([batches.length, store.rows.get('1')?.leasedTo], [1, undefined])
})

test('a batch that was given up begins nothing more', async () => {
  const { store, dispatcher, batches, clock } = bench({ leaseMs: minute })
  store.add('1')
  dispatcher.start()
  await quiet()
  store.hold('1')
  for (let i = 0; i < 30; i++) {
    clock.advance(minute)
    await quiet()
  }
  assert.equal(batches[0]?.begin('1'), false)
})

test('it sleeps until the next item is due', async () => {
  const { store, dispatcher, batches, clock } = bench()
  store.add('1', { nextAttemptAt: clock.now() + 30_000 })
  dispatcher.start()
  await quiet()
  assert.equal(clock.nextDueMs, 30_000)
  clock.advance(29_999)
  await quiet()
  assert.equal(batches.length, 0)
  clock.advance(1)
  await quiet()
  assert.equal(batches.length, 1)
})

test('it looks once a minute even when nothing is there', async () => {
  const { store, dispatcher, batches, clock } = bench()
  dispatcher.start()
  await quiet()
  store.add('1')
  assert.equal(clock.nextDueMs, minute)
  clock.advance(minute)
  await quiet()
  assert.equal(batches.length, 1)
})

test('notify wakes it at once', async () => {
  const { store, dispatcher, batches } = bench()
  dispatcher.start()
  await quiet()
  store.add('1')
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 1)
})

test('what is due after it looks by itself does not wake it, what is due before does', async () => {
  const { store, dispatcher, batches, clock } = bench()
  const due = clock.now() + 30_000
  store.add('1', { nextAttemptAt: due })
  dispatcher.start()
  await quiet()
  const leases = store.leases
  dispatcher.notify(due)
  dispatcher.notify(due + minute)
  await quiet()
  assert.deepEqual([store.leases, clock.nextDueMs], [leases, 30_000])
  store.add('2', { nextAttemptAt: due - 1 })
  dispatcher.notify(due - 1)
  await quiet()
  assert.deepEqual([store.leases, clock.nextDueMs], [leases + 1, 29_999])
  store.add('3')
  dispatcher.notify(clock.now())
  await quiet()
  assert.deepEqual(ids(batches[0]), ['3'])
})

test('a notify while it leases of what is due at once is not lost, of what is due later is', async () => {
  const { store, dispatcher, clock } = bench()
  dispatcher.start()
  dispatcher.notify(clock.now() + minute)
  await quiet()
  assert.equal(store.leases, 1)
  dispatcher.notify()
  store.add('1', { nextAttemptAt: clock.now() + 1000 })
  dispatcher.notify(clock.now() + 1000)
  await quiet()
  assert.deepEqual([store.leases, clock.nextDueMs], [3, 1000])
})

test('a notify while it leases is not lost', async () => {
  const { store, dispatcher, batches } = bench()
  dispatcher.start()
  // The first lease is under way, and has seen nothing.
  store.add('1')
  dispatcher.notify()
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 1)
  assert.ok(store.leases <= 3)
})

test('items for one destination go together, others beside them', async () => {
  const { store, dispatcher, batches } = bench({
    limits: { total: 10, slow: 0 },
    concurrency: fixed(1),
  })
  for (const id of ['1', '2', '3']) store.add(id)
  store.add('4', { destination: 'e.example' })
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    batches.map((batch) => [batch.destination, ids(batch).length]),
    [
      ['d.example', 3],
      ['e.example', 1],
    ],
  )
})

test('many items are shared among the connections of a destination', async () => {
  const { store, dispatcher, batches } = bench({
    limits: { total: 10, slow: 0 },
    concurrency: fixed(4),
  })
  for (let i = 0; i < 100; i++) store.add(String(i))
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    batches.map((batch) => batch.items.length),
    [25, 25, 25, 25],
  )
})

test('the recipients of one message stay in one batch', async () => {
  const { store, dispatcher, batches } = bench({
    limits: { total: 10, slow: 0 },
    concurrency: fixed(4),
  })
  for (let i = 0; i < 20; i++) store.add(String(i), { messageId: i < 13 ? 'one' : `m${i}` })
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    batches.map((batch) => batch.items.length),
    [13, 5, 2],
  )
})

test('no batch is larger than the limit', async () => {
  const { store, dispatcher, batches } = bench({
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
    maxBatch: 7,
  })
  for (let i = 0; i < 20; i++) store.add(String(i), { messageId: 'one' })
  dispatcher.start()
  await quiet()
  assert.equal(batches[0]?.items.length, 7)
})

test('limits hold: in all and to each destination', async () => {
  const { store, dispatcher, underWay, finish } = bench({
    limits: { total: 3, slow: 0 },
    concurrency: fixed(2),
    maxBatch: 1,
  })
  for (let i = 0; i < 5; i++) store.add(`a${i}`, { destination: 'a.example' })
  for (let i = 0; i < 2; i++) store.add(`b${i}`, { destination: 'b.example' })
  dispatcher.start()
  await quiet()
  const running: string[][] = []
  while (underWay().length > 0) {
    running.push(underWay().map(({ destination }) => destination.charAt(0)))
    await finish()
  }
  for (const now of running) {
    assert.ok(now.length <= 3)
    assert.ok(now.filter((name) => name === 'a').length <= 2)
  }
  assert.deepEqual(running[0], ['a', 'b', 'a'])
  assert.equal(store.rows.size, 0)
})

test('a slow destination does not keep the others waiting', async () => {
  const { store, dispatcher, batches } = bench({ maxWaiting: 400 })
  for (let i = 0; i < 300; i++) store.add(`s${i}`, { destination: 'slow.example' })
  store.add('f', { destination: 'fast.example' })
  dispatcher.start()
  await quiet()
  assert.ok(batches.some(({ destination }) => destination === 'fast.example'))
})

test('no more is leased than there is room for', async () => {
  const { store, dispatcher, finish } = bench({
    maxWaiting: 10,
    maxBatch: 5,
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
  })
  for (let i = 0; i < 25; i++) store.add(String(i))
  dispatcher.start()
  await quiet()
  assert.equal(dispatcher.counts.leased, 5 + 10, 'five are under way, ten wait')
  for (let i = 0; i < 5; i++) await finish()
  assert.equal(store.rows.size, 0)
})

test('a deferred item comes again when it is due', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  const nextAttemptAt = clock.now() + 5 * minute
  await finish((batch) => ({
    settlements: batch.items.map((item) =>
      settlement(batch, item, { type: 'deferred', nextAttemptAt, problem: '451' }),
    ),
    reachable: 'yes',
  }))
  for (let i = 0; i < 5; i++) {
    assert.equal(batches.length, 1)
    clock.advance(minute)
    await quiet()
  }
  assert.equal(batches.length, 2)
  assert.equal(batches[1]?.items[0]?.attempts, 1)
})

test('an item that is due again at once is not forgotten', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  for (let i = 0; i < 5; i++) {
    dispatcher.notify()
    await finish((batch) => ({
      settlements: batch.items.map((item) =>
        settlement(batch, item, { type: 'deferred', nextAttemptAt: clock.now(), problem: '' }),
      ),
      reachable: 'yes',
    }))
  }
  assert.equal(batches.length, 6)
})

test('an item that is due again before its batch has ended is not forgotten', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  const { promise, resolve } = Promise.withResolvers<void>()
  store.afterSettled = promise
  await finish((batch) => ({
    settlements: batch.items.map((item) =>
      settlement(batch, item, { type: 'deferred', nextAttemptAt: clock.now(), problem: '' }),
    ),
    reachable: 'yes',
  }))
  // The settlement is stored, its answer is on the way, and the item is leased again meanwhile.
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 1)
  resolve()
  await quiet()
  assert.equal(batches.length, 2)
  assert.equal(batches[1]?.items[0]?.attempts, 1)
})

test('an item that was put off untried and is due again before that ended is not forgotten', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { store, dispatcher, batches, finish, clock } = bench({
    postponeBatch: async (p) => {
      store.afterSettled = promise
      const later = { nextAttemptAt: p.until, problem: p.because, attempted: false }
      const outcome = { type: 'deferred', ...later } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'no' }))
  store.add('2')
  dispatcher.notify()
  await quiet()
  assert.equal(store.rows.get('2')?.item.attempts, 0)
  // The item is put off, the answer of the store is on the way, and its time comes meanwhile.
  clock.advance(minute)
  await quiet()
  assert.equal(batches.length, 1)
  resolve()
  await quiet()
  assert.deepEqual(batches.map(ids), [['1'], ['2']])
})

test('an item whose lease was renewed while it waited is started', async () => {
  const { store, dispatcher, batches, finish, clock } = bench({
    leaseMs: 10 * minute,
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
  })
  store.add('1')
  store.add('2', { destination: 'e.example' })
  dispatcher.start()
  await quiet()
  for (let i = 0; i < 15; i++) {
    clock.advance(minute)
    await quiet()
  }
  await finish()
  assert.deepEqual(batches.map(ids), [['1'], ['2']])
})

test('an attempt that outlasts its lease keeps it and is not started twice', async () => {
  const { store, dispatcher, batches, finish, clock } = bench({ leaseMs: 10 * minute })
  store.add('1')
  dispatcher.start()
  await quiet()
  for (let i = 0; i < 24; i++) {
    clock.advance(minute)
    await quiet()
  }
  assert.equal(batches.length, 1)
  assert.ok((store.rows.get('1')?.leasedUntil ?? 0) > clock.now())
  await finish()
  assert.equal(store.rows.size, 0)
})

test('an item whose lease ran out while it waited is not started without a new one', async () => {
  const { store, dispatcher, batches, finish, clock } = bench({
    leaseMs: 10 * minute,
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
    maxBatch: 1,
  })
  store.add('1')
  store.add('2', { destination: 'e.example' })
  dispatcher.start()
  await quiet()
  const row = store.rows.get('2')
  assert.ok(row)
  // Another process took it over when our lease had ended, before we noticed.
  row.leasedTo = 'other'
  row.leasedUntil = clock.now() + 100 * minute
  clock.advance(11 * minute)
  await quiet()
  await finish()
  assert.deepEqual(batches.map(ids), [['1']])
})

test('a delivery that crashes leaves its items to be tried again after their lease', async () => {
  let crash = true
  const batches: Batch[] = []
  const { store, dispatcher, problems, clock } = bench({
    leaseMs: 10 * minute,
    deliverBatch: async (batch) => {
      batches.push(batch)
      if (crash) throw new Error('crash')
      return deliveredAll(batch)
    },
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    problems.map(({ type, queueIds }) => [type, queueIds]),
    [['delivery-crashed', ['1']]],
  )
  crash = false
  for (let i = 0; i < 10; i++) {
    clock.advance(minute)
    await quiet()
  }
  assert.equal(batches.length, 2)
  assert.equal(store.rows.size, 0)
})

test('an item that the deliverer forgot is reported and stays in the queue', async () => {
  const { store, dispatcher, problems, finish } = bench()
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  await finish((batch) => ({ ...deliveredAll({ ...batch, items: batch.items.slice(1) }) }))
  assert.deepEqual(
    problems.map(({ type, queueIds }) => [type, queueIds]),
    [['item-not-settled', ['1']]],
  )
  assert.deepEqual(Array.from(store.rows.keys()), ['1'])
})

test('a settlement is repeated until the store takes it', async () => {
  const { store, dispatcher, problems, finish, clock, batches } = bench()
  store.faults.settle.push(new Error('busy'), new Error('busy'), new Error('busy'))
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish()
  for (let i = 0; i < 8; i++) {
    clock.advance(1000)
    await quiet()
  }
  assert.equal(store.rows.size, 0)
  assert.equal(batches.length, 1)
  assert.equal(problems.filter(({ type }) => type === 'settle-failed').length, 3)
})

test('while the store takes no settlement nothing more is sent', async () => {
  const { store, dispatcher, finish, clock, batches } = bench()
  for (let i = 0; i < 3; i++) store.faults.settle.push(new Error('full'))
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish()
  store.add('2', { destination: 'e.example' })
  dispatcher.notify()
  clock.advance(1000)
  await quiet()
  assert.deepEqual(batches.map(ids), [['1']])
  for (let i = 0; i < 6; i++) {
    clock.advance(1000)
    await quiet()
  }
  assert.deepEqual(batches.map(ids), [['1'], ['2']])
})

test('each settlement is in the store when it is told, not when its batch ends', async () => {
  const { store, dispatcher, batches, underWay } = bench()
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  const [batch] = batches
  assert.ok(batch?.items[0] !== undefined)
  await batch.settle({ settlements: [settlement(batch, batch.items[0])] })
  assert.deepEqual(Array.from(store.rows.keys()), ['2'])
  assert.equal(underWay().length, 1)
})

test('a batch whose lease is over is asked to end; what it did not come to is tried soon', async () => {
  const putOff: (readonly [string, number])[] = []
  const { store, dispatcher, batches, finish, clock, problems } = bench({
    leaseMs: 10 * minute,
    postponeBatch: (p) => {
      putOff.push(...p.items.map(({ id }) => [id, p.until] as const))
      const { because: problem, until: nextAttemptAt } = p
      const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  clock.advance(10 * minute - 1)
  const [batch] = batches
  assert.equal(batch?.ending.stage, 'go-on')
  clock.advance(1)
  assert.equal(batch?.ending.stage, 'wait-for-answer')
  await finish((one) => deliveredAll({ ...one, items: one.items.slice(0, 1) }))
  assert.deepEqual(putOff, [['2', clock.now() + minute]])
  assert.deepEqual(problems, [])
  clock.advance(minute)
  await quiet()
  assert.deepEqual(batches.map(ids), [['1', '2'], ['2']])
})

test('a batch that does not end when its lease is over is given up, and no longer heard', async () => {
  const { store, dispatcher, batches, clock, problems } = bench({
    leaseMs: 10 * minute,
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  store.add('2', { destination: 'e.example' })
  const [stuck] = batches
  clock.advance(10 * minute)
  clock.advance(15 * minute)
  assert.equal(stuck?.ending.stage, 'at-once')
  clock.advance(10_000)
  await quiet()
  assert.deepEqual(
    problems.map(({ type, queueIds }) => [type, queueIds]),
    [['delivery-stuck', ['1']]],
  )
  assert.deepEqual(batches.map(ids), [['1'], ['2']])
  const [item] = stuck?.items ?? []
  assert.ok(stuck !== undefined && item !== undefined)
  await stuck.settle({ settlements: [settlement(stuck, item)] })
  assert.equal(store.settled.length, 0)
  for (let i = 0; i < 30; i++) {
    clock.advance(minute)
    await quiet()
  }
  assert.equal(dispatcher.counts.leased, 2)
})

test('stop asks what is under way to begin nothing more; breaking off asks for more', async () => {
  const { store, dispatcher, batches, finish, clock, problems } = bench()
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  const [batch] = batches
  const stopping = dispatcher.stop('the sun went down')
  assert.deepEqual([batch?.ending.stage, batch?.ending.why], ['begin-nothing', 'the sun went down'])
  dispatcher.breakOff('wait-for-answer')
  assert.equal(batch?.ending.stage, 'wait-for-answer')
  dispatcher.breakOff('at-once', 'somebody cannot wait')
  assert.deepEqual([batch?.ending.stage, batch?.ending.why], ['at-once', 'somebody cannot wait'])
  await finish((one) => deliveredAll({ ...one, items: one.items.slice(0, 1) }))
  await stopping
  // What was not begun keeps its lease until the next start.
  assert.deepEqual(Array.from(store.rows.keys()), ['2'])
  assert.deepEqual([problems, clock.pending], [[], 0])
})

test('stop does not wait for a batch that does not end when it is broken off', async () => {
  const { store, dispatcher, clock, problems } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  const stopping = dispatcher.stop()
  dispatcher.breakOff('at-once')
  clock.advance(10_000)
  await stopping
  assert.deepEqual(
    problems.map(({ type }) => type),
    ['delivery-stuck'],
  )
})

test('stop waits for the lease under way, and starts nothing of what it brings', async () => {
  const { store, dispatcher, batches } = bench()
  const { promise, resolve } = Promise.withResolvers<void>()
  const lease = store.lease.bind(store)
  store.lease = async (input) => {
    await promise
    return lease(input)
  }
  store.add('1')
  dispatcher.start()
  let stopped = false
  const stopping = dispatcher.stop().then(() => (stopped = true))
  await quiet()
  assert.equal(stopped, false)
  resolve()
  await stopping
  assert.equal(batches.length, 0)
  assert.equal(dispatcher.counts.leased, 0)
})

test('a store that cannot lease is asked again, less and less often', async () => {
  const { store, dispatcher, problems, clock, batches } = bench()
  store.faults.lease.push(new Error('busy'), new Error('busy'), new Error('busy'))
  store.add('1')
  dispatcher.start()
  const waits: (number | undefined)[] = []
  for (let i = 0; i < 3; i++) {
    await quiet()
    waits.push(clock.nextDueMs)
    clock.advance(clock.nextDueMs ?? 0)
  }
  await quiet()
  assert.deepEqual(waits, [1000, 2000, 4000])
  assert.equal(problems.length, 3)
  assert.equal(batches.length, 1)
})

test('stop waits for what is under way, settles it, and starts nothing more', async () => {
  const { store, dispatcher, batches, finish, clock } = bench({
    limits: { total: 1, slow: 0 },
    concurrency: fixed(1),
    maxBatch: 1,
  })
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  let stopped = false
  const stopping = dispatcher.stop().then(() => (stopped = true))
  await quiet()
  assert.equal(stopped, false)
  await finish()
  await stopping
  assert.deepEqual(Array.from(store.rows.keys()), ['2'])
  assert.equal(batches.length, 1)
  assert.equal(clock.pending, 0)
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 1)
  await dispatcher.stop()
})

test('stop does not wait for a store that never takes a settlement', async () => {
  const { store, dispatcher, finish, problems } = bench()
  for (let i = 0; i < 9; i++) store.faults.settle.push(new Error('busy'))
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish()
  await dispatcher.stop()
  assert.equal(problems.length, 2)
  assert.equal(store.rows.size, 1)
})

test('stop does not wait for the clock when the store refuses a settlement meanwhile', async () => {
  const { store, dispatcher, finish } = bench()
  store.faults.settle.push(new Error('busy'))
  const { promise, resolve } = Promise.withResolvers<void>()
  store.beforeSettled = promise
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish()
  const stopping = dispatcher.stop()
  resolve()
  await stopping
  assert.equal(store.rows.size, 0)
})

test('stop before start, and a second start', async () => {
  const { dispatcher } = bench()
  await dispatcher.stop()
  assert.throws(() => dispatcher.start())
})

test('while a destination is down, its other messages are put off and one batch finds out', async () => {
  const postponed: string[][] = []
  const { store, dispatcher, batches, finish, clock } = bench({
    limits: { total: 10, slow: 0 },
    concurrency: fixed(4),
    postponeBatch: (p) => {
      postponed.push([p.because, ...p.items.map(({ id }) => id)])
      const outcome = { type: 'deferred', nextAttemptAt: p.until, problem: p.because } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  const down = (batch: Batch): BatchOutcome => ({
    settlements: batch.items.map((item) =>
      settlement(batch, item, {
        type: 'deferred',
        nextAttemptAt: clock.now() + 5 * minute,
        problem: 'x',
      }),
    ),
    reachable: 'no',
    problem: 'connection refused',
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish(down)
  assert.equal(dispatcher.down.get('d.example')?.state, 'down')
  for (let i = 2; i < 9; i++) store.add(String(i))
  dispatcher.notify()
  await quiet()
  assert.deepEqual(postponed, [['connection refused', '2', '3', '4', '5', '6', '7', '8']])
  assert.equal(batches.length, 1)
  // The minute is over: one goes, the others wait for what it finds.
  clock.advance(minute)
  await quiet()
  assert.deepEqual(batches.map(ids), [['1'], ['2']])
  await finish()
  assert.equal(dispatcher.down.size, 0)
  assert.deepEqual(batches.slice(2).map(ids), [['3', '4', '5', '6', '7'], ['8']])
})

test('a person can make it try a destination that is down', async () => {
  const { store, dispatcher, batches, finish } = bench({
    postponeBatch: () => assert.fail('put off'),
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'no' }))
  dispatcher.forget('other.example')
  assert.equal(dispatcher.down.size, 1)
  dispatcher.forget('d.example')
  store.add('2')
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 2)
})

test('a delivery that took no connection leaves a destination as it was', async () => {
  const { store, dispatcher, finish } = bench()
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'unknown' }))
  assert.equal(dispatcher.down.size, 0)
})

test('sixty slow destinations keep nobody waiting', async () => {
  const { store, dispatcher, batches, clock, underWay } = bench()
  for (let i = 0; i < 60; i++) store.add(`s${i}`, { destination: `slow${i}.example` })
  dispatcher.start()
  await quiet()
  // One destination in five places at most is given to those of whom nothing is known.
  assert.equal(underWay().length, 40)
  store.add('good', { destination: 'good.example' })
  dispatcher.notify()
  await quiet()
  clock.advance(5000)
  await quiet()
  assert.equal(underWay().length, 61)
  assert.equal(batches.at(-1)?.destination, 'good.example')
  // The next time nobody waits for them at all.
  store.add('better', { destination: 'better.example' })
  dispatcher.notify()
  await quiet()
  assert.equal(batches.at(-1)?.destination, 'better.example')
})

test('when more is leased than may be, what waits for slow destinations makes room', async () => {
  const ends = new Set<boolean | undefined>()
  const { store, dispatcher, batches, clock } = bench({
    maxWaiting: 10,
    limits: { total: 5, slow: 1 },
    concurrency: fixed(1),
    postponeBatch: (p) => {
      ends.add(p.endsExpired)
      const { because: problem, until: nextAttemptAt } = p
      const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  for (let i = 0; i < 60; i++) store.add(`s${i}`, { destination: 'slow.example' })
  store.add('good', { destination: 'good.example', nextAttemptAt: 1 })
  dispatcher.start()
  await quiet()
  clock.advance(5000)
  for (let i = 0; i < 10; i++) await quiet()
  assert.ok(batches.some(({ destination }) => destination === 'good.example'))
  assert.deepEqual(Array.from(ends), [true], 'whose time is over is not put off for ever')
  const [row] = Array.from(store.rows.values()).filter(({ item }) => item.lastProblem !== '')
  assert.match(row?.item.lastProblem ?? '', /^Its servers take long/)
  assert.equal(row?.item.attempts, 0)
})

test('what its time is over for is tried once more, also where a destination is down', async () => {
  const postponed: string[] = []
  const { store, dispatcher, batches, finish, clock } = bench({
    postponeBatch: (p) => {
      postponed.push(...p.items.map(({ id }) => id))
      const { because: problem, until: nextAttemptAt } = p
      const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  const nextAttemptAt = clock.now() + 60 * minute
  await finish((batch) => ({
    settlements: batch.items.map((item) =>
      settlement(batch, item, { type: 'deferred', nextAttemptAt, problem: 'x' }),
    ),
    reachable: 'no',
  }))
  store.add('over', { expiresAt: clock.now() })
  store.add('young', { expiresAt: clock.now() + 1 })
  dispatcher.notify()
  await quiet()
  assert.deepEqual(batches.map(ids), [['1'], ['over']])
  assert.deepEqual(postponed, ['young'])
})

test('setting the clock ends no wait for a destination that is down, and makes none longer', async () => {
  class SetClock extends ManualClock {
    ahead = 0
    override now(): number {
      return super.now() + this.ahead
    }
  }
  const clock = new SetClock(1e12)
  const untils: number[] = []
  const { store, dispatcher, batches, finish } = bench({
    clock,
    postponeBatch: (p) => {
      untils.push(p.until - clock.now())
      const { because: problem, until: nextAttemptAt } = p
      const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
      return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
    },
  })
  store.add('1', { expiresAt: Infinity })
  dispatcher.start()
  await quiet()
  await finish((batch) => ({ ...deliveredAll(batch), reachable: 'no' }))
  for (const [id, ahead] of [
    ['back', -10 * 86_400_000],
    ['forth', 10 * 86_400_000],
  ] as const) {
    clock.ahead = ahead
    store.add(id, { expiresAt: Infinity })
    dispatcher.notify()
    await quiet()
  }
  assert.deepEqual(untils.slice(0, 2), [minute, minute])
  assert.equal(batches.length, 1)
})

test('an item that was put off before the clock was set back is tried now', async () => {
  const { store, dispatcher, batches, clock } = bench({ longestWaitMs: 4 * 60 * minute })
  store.add('wait', { nextAttemptAt: clock.now() + 4 * 60 * minute })
  store.add('stray', { nextAttemptAt: clock.now() + 4 * 60 * minute + 1 })
  dispatcher.start()
  await quiet()
  assert.deepEqual(batches.map(ids), [['stray']])
})

test('it never sleeps for more than a minute, and never less than 20 ms', async () => {
  for (const [due, sleep] of [
    [5, 20],
    [30_000, 30_000],
    [3_600_000, minute],
  ] as const) {
    const { store, dispatcher, clock } = bench()
    store.add('1', { nextAttemptAt: clock.now() + due })
    dispatcher.start()
    await quiet()
    assert.equal(clock.nextDueMs, sleep)
  }
})

test('unless told otherwise: 50 places, 150 slow ones, 10 a destination, batches of 50, 2,000 wait', async () => {
  const { store, dispatcher, batches } = bench()
  for (let i = 0; i < 2500; i++) store.add(`a${i}`, { destination: 'a.example' })
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    batches.map(({ items }) => items.length),
    // The first portion of 200, and five of the sender whose turn it is.
    [21, 21, 21, 21, 21, 20, 20, 20, 20, 20],
  )
  assert.equal(dispatcher.counts.leased, 205 + 2000)
  const alone = bench({ concurrency: fixed(1) })
  for (let i = 0; i < 200; i++) alone.store.add(`a${i}`, { destination: 'a.example' })
  alone.dispatcher.start()
  await quiet()
  assert.deepEqual(
    alone.batches.map(({ items }) => items.length),
    [50],
  )
  assert.deepEqual(defaultLimits, { total: 50, slow: 150 })
})

test('whatever happens, every item is settled once in the end (property)', async () => {
  const fate = fc.constantFrom('deliver', 'defer', 'fail', 'forget', 'crash', 'down')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3)), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.array(fate, { maxLength: 60 }),
      async (items, fates) => {
        let running = 0
        const active = new Set<string>()
        const { store, dispatcher, clock } = bench({
          leaseMs: 10 * minute,
          maxBatch: 4,
          maxWaiting: 12,
          limits: { total: 3, slow: 0 },
          concurrency: fixed(2),
          postponeBatch: (p) => ({
            settlements: p.items.map((item) => {
              const nextAttemptAt = p.until
              const outcome = { type: 'deferred', nextAttemptAt, problem: '', attempted: false }
              return settlement(p, item, { ...outcome, type: 'deferred' })
            }),
          }),
          deliverBatch: async (batch) => {
            assert.ok(++running <= 3)
            for (const { id } of batch.items) {
              assert.ok(!active.has(id), 'an item is under way twice')
              active.add(id)
            }
            await new Promise((resolve) => setImmediate(resolve))
            running--
            for (const { id } of batch.items) active.delete(id)
            const what = fates.shift() ?? 'deliver'
            if (what === 'crash') throw new Error('crash')
            const nextAttemptAt = clock.now() + minute
            const settlements = batch.items.map((item) =>
              settlement(
                batch,
                item,
                what === 'defer' || what === 'down'
                  ? { type: 'deferred', nextAttemptAt, problem: '' }
                  : { type: what === 'fail' ? 'failed' : 'delivered' },
              ),
            )
            return {
              settlements: what === 'forget' ? settlements.slice(1) : settlements,
              reachable: what === 'down' ? 'no' : 'yes',
            }
          },
        })
        for (const [index, [destination, message]] of items.entries()) {
          store.add(String(index), { destination, messageId: `m${message}` })
        }
        dispatcher.start()
        for (let i = 0; i < 400 && store.rows.size > 0; i++) {
          await quiet()
          clock.advance(Math.min(clock.nextDueMs ?? minute, minute))
        }
        assert.equal(store.rows.size, 0)
        const ended = store.settled.filter(({ outcome }) => outcome.type !== 'deferred')
        assert.equal(ended.length, items.length)
        await dispatcher.stop()
        assert.equal(clock.pending, 0)
      },
    ),
    { numRuns: 40 },
  )
})

/** Asks the batch under way for more, and says what it got so far. */
function asking(batch: Batch | undefined): { got: readonly string[] | undefined } {
  const asked: { got: readonly string[] | undefined } = { got: undefined }
  void batch?.more().then((items) => (asked.got = items.map(({ id }) => id)))
  return asked
}

test('what waits for a destination joins the batch that has sent all, and is settled with it', async () => {
  const concurrency = fixed(1)
  const { store, dispatcher, batches, finish } = bench({ concurrency, maxBatch: 2 })
  for (const id of ['1', '2', '3', '4', '5']) store.add(id)
  dispatcher.start()
  await quiet()
  assert.deepEqual(ids(batches[0]), ['1', '2'])
  assert.deepEqual(await batches[0]?.more(), [store.rows.get('3')?.item, store.rows.get('4')?.item])
  const three = store.rows.get('3')?.item
  await finish((batch) => {
    const items = [...batch.items, ...(three === undefined ? [] : [three])]
    return { settlements: items.map((item) => settlement(batch, item)), reachable: 'yes' }
  })
  assert.deepEqual(Array.from(store.rows.keys()), ['4', '5'])
  // The fourth was not settled, though it had joined: its lease keeps it, and the fifth goes on.
  assert.deepEqual(ids(batches[1]), ['5'])
})

test('a batch that has joined items and does not settle them is told of', async () => {
  const concurrency = fixed(1)
  const { store, dispatcher, batches, problems, finish } = bench({ concurrency, maxBatch: 1 })
  store.add('1')
  store.add('2')
  dispatcher.start()
  await quiet()
  await batches[0]?.more()
  await finish()
  assert.deepEqual(
    problems.map(({ type, queueIds }) => [type, queueIds]),
    [['item-not-settled', ['2']]],
  )
})

test('a letter that comes while a connection is kept goes over it, and starts no other', async () => {
  const { store, dispatcher, batches } = bench({ keepConnectionMs: 1000 })
  store.add('1')
  dispatcher.start()
  await quiet()
  const asked = asking(batches[0])
  await quiet()
  assert.equal(asked.got, undefined)
  store.add('2')
  dispatcher.notify()
  await quiet()
  assert.deepEqual(asked.got, ['2'])
  assert.equal(batches.length, 1)
})

test('a kept connection ends with its time, and at a stop', async () => {
  const { store, clock, dispatcher, batches, finish } = bench({ keepConnectionMs: 1000 })
  store.add('1')
  dispatcher.start()
  await quiet()
  const inTime = asking(batches[0])
  clock.advance(1000)
  await quiet()
  assert.deepEqual(inTime.got, [])
  const atStop = asking(batches[0])
  await quiet()
  const stopped = dispatcher.stop()
  await quiet()
  assert.deepEqual(atStop.got, [])
  assert.deepEqual(await batches[0]?.more(), [])
  await finish()
  await stopped
})

test('nothing joins a probe, and its connection is not kept', async () => {
  const { store, clock, dispatcher, batches, finish } = bench({
    keepConnectionMs: 1000,
    postponeBatch: () => assert.fail('put off'),
  })
  store.add('1')
  dispatcher.start()
  await quiet()
  await finish(unreachable(clock.now()))
  clock.advance(minute)
  store.add('2')
  dispatcher.notify()
  await quiet()
  const withoutOthers = asking(batches[1])
  await quiet()
  assert.deepEqual(withoutOthers.got, [])
  store.add('3')
  dispatcher.notify()
  await quiet()
  const withOthers = asking(batches[1])
  await quiet()
  assert.deepEqual(withOthers.got, [])
  await finish()
  assert.deepEqual(batches.map(ids), [['1'], ['2'], ['3']])
})

test('nothing joins a batch that has ended', async () => {
  const concurrency = fixed(1)
  const { store, dispatcher, batches, finish } = bench({ concurrency, maxBatch: 1 })
  for (const id of ['1', '2', '3']) store.add(id)
  dispatcher.start()
  await quiet()
  await finish()
  assert.deepEqual(await batches[0]?.more(), [])
  await finish()
  assert.deepEqual(batches.map(ids), [['1'], ['2'], ['3']])
})

test('who has all connections that it may have ends no kept one of others', async () => {
  const concurrency = fixed(1)
  const { store, dispatcher, batches } = bench({ concurrency, keepConnectionMs: 1000 })
  store.add('1', { destination: 'kept.example' })
  store.add('2', { destination: 'busy.example' })
  dispatcher.start()
  await quiet()
  const asked = asking(batches[0])
  store.add('3', { destination: 'busy.example' })
  dispatcher.notify()
  await quiet()
  assert.deepEqual([asked.got, batches.length], [undefined, 2])
})

test('a batch does not live for ever, however much comes', async () => {
  const concurrency = fixed(1)
  const by = async (change: (clock: ManualClock) => void): Promise<number> => {
    const { store, clock, dispatcher, batches } = bench({ concurrency })
    for (let i = 0; i < 300; i++) store.add(String(i))
    dispatcher.start()
    await quiet()
    let joined = batches[0]?.items.length ?? 0
    for (;;) {
      change(clock)
      const items = (await batches[0]?.more()) ?? []
      if (items.length === 0) return joined
      joined += items.length
    }
  }
  assert.equal(await by(() => {}), 100)
  assert.equal(await by((clock) => clock.advance(30_001)), 50)
})

test('where others wait for a place, a kept connection makes room for them', async () => {
  const limits = { total: 1, slow: 0 }
  const { store, dispatcher, batches, finish } = bench({ limits, keepConnectionMs: 60_000 })
  store.add('1')
  dispatcher.start()
  await quiet()
  const asked = asking(batches[0])
  await quiet()
  store.add('2', { destination: 'other.example' })
  dispatcher.notify()
  await quiet()
  assert.deepEqual(asked.got, [])
  await finish()
  assert.deepEqual(ids(batches[1]), ['2'])
})

/** The destination could not be reached; the batch is tried again in ten minutes. */
function unreachable(now: number): (batch: Batch) => BatchOutcome {
  const outcome = { type: 'deferred', nextAttemptAt: now + 10 * minute, problem: 'x' } as const
  return (batch) => ({
    settlements: batch.items.map((item) => settlement(batch, item, outcome)),
    reachable: 'no',
    problem: 'refused',
  })
}

test('with no free place, what is down does not take its kept connection, nor its items before they can start', async () => {
  for (const waitMs of [0, minute]) {
    const { store, clock, dispatcher, batches, problems, finish } = bench({
      limits: { total: 3, slow: 0 },
      concurrency: fixed(4),
      keepConnectionMs: 10 * minute,
      postponeBatch: (p) => {
        const { because: problem, until: nextAttemptAt } = p
        const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
        return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
      },
    })
    store.add('1')
    dispatcher.start()
    await quiet()
    store.add('2')
    dispatcher.notify()
    await quiet()
    const asked = asking(batches[1])
    await quiet()
    await finish(unreachable(clock.now()))
    // Two that answer take the places that are left, those that are kept for the quick as well.
    store.add('a', { destination: 'a.example' })
    store.add('b', { destination: 'b.example' })
    dispatcher.notify()
    await quiet()
    assert.deepEqual([batches.map(ids), asked.got], [[['1'], ['2'], ['a'], ['b']], undefined])
    // After a minute one batch may find out; before, what its time is over for is tried once more.
    clock.advance(waitMs)
    store.add('over', { expiresAt: clock.now() })
    dispatcher.notify()
    await quiet()
    assert.deepEqual([asked.got, batches.length], [[], 4], 'the kept connection makes room')
    await finish()
    await finish()
    assert.deepEqual(batches.map(ids).slice(4), [['over']])
    await finish()
    await finish()
    assert.deepEqual([problems, dispatcher.counts], [[], { leased: 0, batchesUnderWay: 0 }])
  }
})
