import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Postponement, Settling } from '../post/batch.ts'
import { bench, deliveredAll, fixed, ids, quiet, settlement } from './test-support/bench.ts'
import type { DestinationRule } from './traffic-plan.ts'

const minute = 60_000
const hour = 60 * minute

function putOff(p: Postponement): Settling {
  const { because: problem, until: nextAttemptAt } = p
  const outcome = { type: 'deferred', nextAttemptAt, problem, attempted: false } as const
  return { settlements: p.items.map((item) => settlement(p, item, outcome)) }
}

function rule(changes: Partial<DestinationRule>): DestinationRule {
  return { name: 'd', domains: ['d.example'], servers: [], rates: [], ...changes }
}

test('letters to a destination go at its rate, without being put off', async () => {
  const sent: number[] = []
  const { store, dispatcher, clock } = bench({
    concurrency: fixed(2),
    postponeBatch: () => assert.fail('put off'),
    deliverBatch: async (batch) => {
      sent.push(...batch.items.map(() => clock.now()))
      return deliveredAll(batch)
    },
  })
  dispatcher.use({
    destinations: [rule({ rates: [{ count: 60, perMs: minute }] })],
    senders: [],
  })
  for (let n = 0; n < 200; n++) store.add(`${n}`)
  const start = clock.now()
  dispatcher.start()
  await quiet()
  assert.equal(sent.length, 6)
  const held = dispatcher.heldBack.get('d.example')
  assert.equal(held?.by, 'rate')
  assert.match(held.because, /^No more than 60 letters a minute/)
  assert.ok((held.until ?? 0) > start && (held.until ?? 0) < start + 2000)
  while (store.rows.size > 0) {
    clock.advance(clock.nextDueMs ?? 0)
    await quiet()
  }
  for (const at of sent) {
    const inMinute = sent.filter((other) => other >= at && other < at + minute)
    assert.ok(inMinute.length <= 60)
  }
  assert.ok((sent.at(-1) ?? 0) - start < 4 * minute, 'and not slower than it')
  await dispatcher.stop()
  assert.equal(clock.pending, 0)
})

test('a sender that has sent enough waits, and others go to the same destination', async () => {
  const { store, dispatcher, batches, clock, finish } = bench()
  const rates = [{ count: 1, perMs: hour }]
  dispatcher.use({
    destinations: [],
    senders: [{ name: 'big', addresses: ['big.example'], accounts: [], rates }],
  })
  for (const id of ['b1', 'b2']) store.add(id, { reversePath: 'x@big.example' })
  store.add('s1', { reversePath: 'x@small.example' })
  dispatcher.start()
  await quiet()
  assert.deepEqual(batches.map(ids), [['b1', 's1']])
  await finish()
  assert.match(dispatcher.heldBack.get('d.example')?.because ?? '', /1 letter an hour go for its/)
  store.add('s2', { reversePath: 'x@small.example' })
  dispatcher.notify()
  await quiet()
  assert.deepEqual(batches.slice(1).map(ids), [['s2']])
  await finish()
  for (let n = 0; n < 60; n++) {
    clock.advance(minute)
    await quiet()
  }
  assert.deepEqual(batches.slice(2).map(ids), [['b2']])
})

test('when no more may wait, what waits for its rate makes room', async () => {
  const postponed: string[] = []
  const { store, dispatcher, batches, clock } = bench({
    maxWaiting: 10,
    postponeBatch: (p) => {
      postponed.push(...p.items.map(({ id }) => id))
      assert.match(p.because, /^No more than 1 letter an hour/)
      return putOff(p)
    },
  })
  dispatcher.use({ destinations: [rule({ rates: [{ count: 1, perMs: hour }] })], senders: [] })
  for (let n = 0; n < 30; n++) store.add(`${n}`)
  store.add('other', { destination: 'good.example' })
  dispatcher.start()
  for (let n = 0; n < 5; n++) await quiet()
  assert.ok(batches.some(({ destination }) => destination === 'good.example'))
  assert.ok(postponed.length >= 10)
  assert.equal(store.rows.get(postponed[0] ?? '')?.item.nextAttemptAt, clock.now() + 5 * minute)
})

test('a rule bounds the connections to all that it names together', async () => {
  const { store, dispatcher, batches, finish } = bench()
  dispatcher.use({
    destinations: [rule({ domains: ['*.example'], connections: 2 })],
    senders: [],
  })
  for (let n = 0; n < 6; n++) store.add(`${n}`, { destination: `d${n}.example` })
  store.add('free', { destination: 'elsewhere.test' })
  dispatcher.start()
  await quiet()
  assert.deepEqual(
    batches.map(({ destination }) => destination),
    ['d0.example', 'd1.example', 'elsewhere.test'],
  )
  await finish()
  assert.equal(batches.length, 4)
})

test('a rule that names mail servers holds from the moment at which they are known', async () => {
  const { store, dispatcher, batches, finish } = bench()
  dispatcher.use({
    destinations: [rule({ domains: [], servers: ['*.provider.example'], connections: 1 })],
    senders: [],
  })
  for (let n = 0; n < 3; n++) store.add(`${n}`, { destination: `d${n}.example` })
  dispatcher.start()
  await quiet()
  const [first, second] = batches
  assert.equal(first?.arrive('mx-a.provider.example'), true)
  assert.equal(second?.arrive('mx-b.provider.example'), false, 'another site, the same rule')
  await finish()
  await finish(() => ({ settlements: [], reachable: 'unknown' }))
  assert.equal(batches.length, 4)
  assert.equal(batches[3]?.destination, 'd1.example')
})

test('the rate of a rule that names mail servers holds for letters whose site was not known before', async () => {
  const { store, dispatcher, batches, finish, clock } = bench()
  const rates = [{ count: 20, perMs: hour }]
  dispatcher.use({
    destinations: [rule({ domains: [], servers: ['mx.provider.example'], rates })],
    senders: [],
  })
  const found = 'mx.provider.example'
  for (const id of ['a1', 'a2', 'a3']) store.add(id, { destination: 'a.example' })
  store.add('b1', { destination: 'b.example' })
  dispatcher.start()
  await quiet()
  // Of twenty an hour two may go at once: three find no room, and of them two the first goes next.
  assert.deepEqual(batches.map(ids), [['a1', 'a2', 'a3'], ['b1']])
  assert.equal(batches[0]?.arrive(found), false)
  assert.equal(batches[1]?.arrive(found), true)
  await finish(() => ({ settlements: [], reachable: 'unknown' }))
  await finish()
  assert.deepEqual(batches.map(ids).slice(2), [['a1']])
  await finish()
  assert.match(
    dispatcher.heldBack.get('a.example')?.because ?? '',
    /^No more than 20 letters an hour/,
  )
  clock.advance(190_000)
  await quiet()
  assert.deepEqual(batches.map(ids).slice(3), [['a2']])
  // What did not go was given back, so the next one is not later than that.
  await finish()
  clock.advance(190_000)
  await quiet()
  assert.deepEqual(batches.map(ids).slice(4), [['a3']])
})

test('at quiet hours nothing goes, and what waits comes back when they are over', async () => {
  const { store, dispatcher, batches, clock } = bench({ postponeBatch: putOff })
  const at = new Date(clock.now())
  const now = at.getUTCHours() * 60 + at.getUTCMinutes()
  const quietHours = { from: now, to: (now + 90) % 1440, zone: 'UTC' }
  dispatcher.use({ destinations: [rule({ quiet: quietHours })], senders: [] })
  store.add('1', { expiresAt: Infinity })
  dispatcher.start()
  await quiet()
  const held = dispatcher.heldBack.get('d.example')
  assert.equal(held?.by, 'quiet-hours')
  // It looks again after an hour, and then at the end.
  assert.equal(store.rows.get('1')?.item.nextAttemptAt, clock.now() + hour)
  for (let n = 0; n < 91 && batches.length === 0; n++) {
    clock.advance(minute)
    await quiet()
  }
  assert.ok(clock.now() >= (held.until ?? 0))
  assert.equal(batches.length, 1)
  assert.equal(dispatcher.heldBack.size, 0)
})

test('what a person has paused is not tried, whatever it waits for, until the pause ends', async () => {
  let pause: { until: number | undefined; because: string } | undefined = {
    until: undefined,
    because: 'we move',
  }
  const given: unknown[] = []
  const { store, dispatcher, batches, clock } = bench({
    pauses: { of: (destination) => (destination === 'd.example' ? pause : undefined) },
    postponeBatch: (p) => {
      given.push([p.because, p.endsExpired, p.paused])
      return putOff(p)
    },
  })
  store.add('over', { expiresAt: clock.now() - 1 })
  store.add('other', { destination: 'e.example' })
  dispatcher.start()
  await quiet()
  assert.deepEqual(batches.map(ids), [['other']])
  assert.deepEqual(given, [['we move', true, true]])
  assert.deepEqual(dispatcher.heldBack.get('d.example'), { by: 'pause', because: 'we move' })
  pause = undefined
  for (let n = 0; n < 61; n++) {
    clock.advance(minute)
    await quiet()
  }
  assert.deepEqual(batches.map(ids).slice(1), [['over']])
})

test('an answer that asks for a pause gets it, for the whole site, and a person can end it', async () => {
  const { store, dispatcher, batches, finish } = bench({ postponeBatch: putOff })
  store.add('1')
  dispatcher.start()
  await quiet()
  const pause = { of: 'destination', forMs: 10 * minute, because: 'It wants fewer.' } as const
  await finish((batch) => ({ ...deliveredAll(batch), pause }))
  store.add('2')
  dispatcher.notify()
  await quiet()
  assert.equal(batches.length, 1)
  assert.equal(dispatcher.heldBack.get('d.example')?.because, 'It wants fewer.')
  assert.equal(dispatcher.down.size, 0)
  dispatcher.forget('d.example')
  store.add('3')
  dispatcher.notify()
  await quiet()
  assert.deepEqual(batches.slice(1).map(ids), [['3']])
})
