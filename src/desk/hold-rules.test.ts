import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, journey, lease, message, queueItem } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { HoldRules, mostRules, readHoldRules } from './hold-rules.ts'
import { PersonPauses } from './pauses.ts'
import { QueueDesk } from './queue.ts'
import { screenedQueue } from './screened-queue.ts'

const now = 1_795_455_000_000
const ann = { by: 'ann', door: 'command line', why: 'spam wave' } as const

interface House {
  readonly store: Store
  readonly rules: HoldRules
  readonly queue: ReturnType<typeof screenedQueue>
  readonly desk: QueueDesk
  readonly clock: { now: number }
}

async function open(): Promise<House> {
  const store = openMemoryStore()
  const clock = { now }
  const rules = new HoldRules({
    register: store.register,
    queue: store.queue,
    now: () => clock.now,
  })
  const desk = new QueueDesk({
    queue: store.queue,
    rules,
    pauses: new PersonPauses({ register: store.register, now: () => clock.now }),
    now: () => clock.now,
    withdraw: () => Promise.resolve([]),
    canTell: false,
    giveUp: assert.fail,
  })
  await store.post.accept(
    acceptance({
      message: message('m1', 'x'),
      queue: [
        queueItem('q1', { journeyId: 'J1' }),
        queueItem('q2', { journeyId: 'J2', destination: 'west.example' }),
      ],
      journeys: [journey('J1', { direction: 'out' }), journey('J2', { direction: 'out' })],
    }),
  )
  return { store, rules, desk, clock, queue: screenedQueue(store.queue, rules) }
}

async function leased({ queue, clock }: House): Promise<string> {
  const items = await queue.lease(lease({ now: clock.now }))
  return items.map(({ id }) => id).join(' ')
}

async function stepsOf({ store }: House, id: string): Promise<readonly Record<string, unknown>[]> {
  const [found] = await store.journeys.listed([id])
  return (found?.appended ?? []).flatMap((json): Record<string, unknown>[] => JSON.parse(json))
}

test('mail that fits a rule is held when it would be leased, and its journey says by what', async () => {
  const house = await open()
  const until = now + 3_600_000
  await house.rules.add({ id: 'r1', words: 'domain:south.example -older:1d', until }, ann)
  assert.equal(await leased(house), 'q2')
  const [item] = await house.store.queue.list({ filter: { held: true }, limit: 9 })
  assert.deepEqual(
    [item?.id, item?.holdReason, item?.heldUntil],
    ['q1', 'hold rule r1: spam wave', until],
  )
  const [step] = await stepsOf(house, 'J1')
  assert.deepEqual(
    { ...step, dns: undefined },
    {
      type: 'held',
      recipient: 'bob@south.example',
      destination: 'south.example',
      rule: 'r1',
      by: 'ann',
      door: 'command line',
      why: 'spam wave',
      until,
      startedAt: now,
      durationMs: 0,
      dns: undefined,
    },
  )
  // At its end the rule is over, and what it held is due.
  house.clock.now = until
  assert.deepEqual(await house.rules.list(), [])
  assert.equal(await leased(house), 'q1 q2')
})

test('a rule lasts over a restart, and is over when it is removed', async () => {
  const house = await open()
  await house.rules.add({ id: 'r1', words: 'to:bob' }, ann)
  const other = new HoldRules({
    register: house.store.register,
    queue: house.store.queue,
    now: () => now,
  })
  assert.deepEqual(await other.list(), [{ id: 'r1', words: 'to:bob', ...ann, addedAt: now }])
  assert.deepEqual(await readHoldRules(house.store.register, now), await other.list())
  assert.equal(await house.rules.remove('r1'), true)
  assert.equal(await house.rules.remove('r1'), false)
  assert.equal(await leased(house), 'q1 q2')
})

test('what a person lets go on passes the rule that holds it, and the rest does not', async () => {
  const house = await open()
  await house.rules.add({ id: 'r1', words: 'to:bob' }, ann)
  assert.equal(await leased(house), '')
  const items = [{ id: 'q1', destination: 'south.example' }]
  assert.equal(await house.desk.release({ items }, { ...ann, why: 'this one is fine' }), 1)
  assert.equal(await leased(house), 'q1')
  assert.deepEqual(
    (await stepsOf(house, 'J1')).map(({ type, why }) => [type, why]),
    [
      ['held', 'spam wave'],
      ['released', 'this one is fine'],
    ],
  )
})

test('a letter that a person held, and let go on, is held by a rule all the same', async () => {
  const house = await open()
  const items = [{ id: 'q1', destination: 'south.example' }]
  assert.equal((await house.desk.hold({ items }, ann)).letters, 1)
  assert.equal(await house.desk.release({ items }, ann), 1)
  await house.rules.add({ id: 'r1', words: 'domain:south.example' }, ann)
  assert.equal(await leased(house), 'q2')
})

test('what waits already is held by the rule when it is asked for, with its reason and end', async () => {
  const house = await open()
  const until = now + 5
  await house.rules.add({ id: 'r1', words: 'to:bob', until }, ann)
  const items = [{ id: 'q1', destination: 'south.example' }]
  assert.deepEqual(await house.desk.hold({ items, rule: 'r1' }, ann), { letters: 1, left: 0 })
  const [item] = await house.store.queue.list({ filter: { held: true }, limit: 9 })
  assert.deepEqual([item?.holdReason, item?.heldUntil], ['hold rule r1: spam wave', until])
  await assert.rejects(house.desk.hold({ items, rule: 'r2' }, ann), /no hold rule "r2"/)
})

test('rules that fit everything, nothing, or letters of an id are refused, and too many', async () => {
  const { rules } = await open()
  for (const words of ['', '1m8aaaa', 'nonsense:x', 'domain:a..b']) {
    await assert.rejects(rules.add({ id: 'r', words }, ann), /wants words|There is no|no domain/)
  }
  for (let n = 0; n < mostRules; n++) await rules.add({ id: `r${n}`, words: 'to:bob' }, ann)
  await assert.rejects(rules.add({ id: 'x', words: 'to:bob' }, ann), /There are 100 hold rules/)
})

test('when the rules cannot be read nothing is sent, and what was leased is free again', async () => {
  const house = await open()
  const broken = {
    list: () => Promise.reject(new Error('gone')),
    put: () => assert.fail('it was written to'),
    find: () => assert.fail('it was asked'),
    remove: () => assert.fail('something was removed'),
  }
  const rules = new HoldRules({ register: broken, queue: house.store.queue, now: () => now })
  const queue = screenedQueue(house.store.queue, rules)
  await assert.rejects(queue.lease(lease()), /gone/)
  assert.equal(await leased(house), 'q1 q2')
})
