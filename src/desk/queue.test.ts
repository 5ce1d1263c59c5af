import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { giveUp } from '../deliver/give-up.ts'
import {
  acceptance,
  journey,
  lease,
  message,
  queueItem,
  settlement,
} from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { HoldRules } from './hold-rules.ts'
import { PersonPauses } from './pauses.ts'
import { QueueDesk, type QueueDeskParts } from './queue.ts'
import { queueBounce, queueDrop, queueHold, queueRelease, queueRetry } from './queue-operations.ts'

const later = 10_000
const actor = { by: 'ann', door: 'command line', why: 'spam' } as const

async function open(
  changes: Partial<QueueDeskParts> = {},
): Promise<{ store: Store; desk: QueueDesk; forgotten: string[] }> {
  const store = openMemoryStore()
  const ids = ['q1', 'q2', 'q3']
  await store.post.accept(
    acceptance({
      message: message('m1', 'x'),
      queue: ids.map((id) => queueItem(id, { journeyId: `j-${id}`, nextAttemptAt: later })),
      journeys: ids.map((id) => journey(`j-${id}`, { direction: 'out' })),
    }),
  )
  const forgotten: string[] = []
  const desk = new QueueDesk({
    queue: store.queue,
    rules: new HoldRules({ register: store.register, queue: store.queue, now: () => 5 }),
    pauses: new PersonPauses({ register: store.register, now: () => 5 }),
    now: () => 5,
    forget: (name) => forgotten.push(name),
    withdraw: () => Promise.resolve([]),
    canTell: false,
    giveUp: (items, given) => giveUp(items, given, { clock: new ManualClock(5), log: silent }),
    ...changes,
  })
  return { store, desk, forgotten }
}

function letters(...ids: string[]): { items: { id: string; destination: string }[] } {
  return { items: ids.map((id) => ({ id, destination: 'south.example' })) }
}

async function states(store: Store): Promise<Record<string, string>> {
  const items = await store.queue.list({ limit: 10 })
  return Object.fromEntries(
    items.map(({ id, held, nextAttemptAt }) => [id, held ? 'held' : String(nextAttemptAt)]),
  )
}

test('letters are held, released, and tried now, which forgets that their servers were down', async () => {
  const { store, desk, forgotten } = await open()
  assert.deepEqual(await desk.hold(letters('q1', 'q2', 'gone'), actor), { letters: 2, left: 0 })
  assert.deepEqual(await desk.hold(letters('q1'), actor), { letters: 0, left: 0 })
  assert.deepEqual(await states(store), { q1: 'held', q2: 'held', q3: '10000' })
  assert.equal(await desk.release(letters('q1'), actor), 1)
  assert.deepEqual([await states(store), forgotten], [{ q1: '5', q2: 'held', q3: '10000' }, []])
  assert.deepEqual(await desk.retry(letters('q2', 'q3'), actor), { letters: 2, left: 0 })
  assert.deepEqual(
    [await states(store), forgotten],
    [{ q1: '5', q2: '5', q3: '5' }, ['south.example']],
  )
  await store.close()
})

test('what is being delivered or is gone is not tried now, and it is said why', async () => {
  const { store, desk } = await open({ withdraw: () => Promise.resolve(['q2']) })
  assert.deepEqual(await desk.retry(letters('q1', 'q2', 'gone'), actor), {
    letters: 1,
    left: 1,
    refused: [
      { id: 'q2', because: 'It is being delivered now.' },
      { id: 'gone', because: 'It waits no more: it was delivered or given up meanwhile.' },
    ],
  })
  assert.deepEqual(await states(store), { q1: '5', q2: '10000', q3: '10000' })
  await store.close()
})

test('what goes to a paused destination is not tried now, and it is said why', async () => {
  const { store, desk } = await open()
  const of = { type: 'destination', domain: 'south.example', match: 'whole' } as const
  await desk.pauses.add({ of }, actor)
  const { letters: tried, refused = [] } = await desk.retry(letters('q1'), actor)
  assert.deepEqual(
    [tried, refused.map(({ because }) => because)],
    [0, ['Mail to south.example is paused by ann: spam.']],
  )
  assert.equal((await states(store))['q1'], '10000')
  await store.close()
})

test('what has its quiet hours is not tried now, and it is said until when', async () => {
  const quiet = { from: 0, to: 60, zone: 'UTC' }
  const rule = { name: 'south', domains: ['south.example'], servers: [], rates: [], quiet }
  const { store, desk, forgotten } = await open({
    roads: {
      plan: () => ({ destinations: [rule], senders: [] }),
      heldBack: () => new Map(),
      sites: (destinations) => destinations,
    },
  })
  assert.deepEqual(await desk.retry(letters('q1'), actor), {
    letters: 0,
    left: 0,
    refused: [
      { id: 'q1', because: 'south.example has its quiet hours until 1970-01-01T01:00:00Z.' },
    ],
  })
  assert.deepEqual([(await states(store))['q1'], forgotten], ['10000', []])
  await store.close()
})

test('a pause that a retry ends lets go all that it put off at the site, and nothing else', async () => {
  const because = 'mx.south.example takes no more now.'
  const heldBack = new Map([
    ['south.example', { by: 'pause', because }],
    ['other.example', { by: 'pause', because }],
    ['elsewhere.example', { by: 'pause', because }],
    ['ours.example', { by: 'pause', because }],
  ] as const)
  const { store, desk, forgotten } = await open({
    roads: {
      plan: () => ({ destinations: [], senders: [] }),
      heldBack: () => (forgotten.length === 0 ? heldBack : new Map()),
      sites: (all) => all.map((one) => (one === 'elsewhere.example' ? 'mx.else' : 'mx.south')),
    },
  })
  const waiting: readonly (readonly [string, string, string])[] = [
    ['p1', 'south.example', because],
    ['p2', 'other.example', because],
    ['p3', 'other.example', 'Greylisted.'],
    ['p4', 'elsewhere.example', because],
    ['p5', 'ours.example', because],
  ]
  const queue = waiting.map(([id, destination]) => {
    return queueItem(id, { journeyId: 'j-q1', nextAttemptAt: 1, destination })
  })
  await store.post.accept(acceptance({ message: message('m2', 'y'), queue }))
  await store.queue.lease(lease({ now: 5 }))
  await store.queue.settle(
    waiting.map(([queueId, , problem]) => {
      const outcome = { type: 'deferred', nextAttemptAt: later, problem } as const
      return settlement({ queueId, outcome })
    }),
  )
  const of = { type: 'destination', domain: 'ours.example', match: 'whole' } as const
  await desk.pauses.add({ of }, actor)
  assert.deepEqual(await desk.retry(letters('q1'), actor), { letters: 1, left: 0 })
  const now = await states(store)
  const due = Object.keys(now).filter((id) => now[id] === '5')
  assert.deepEqual(due.toSorted(), ['p1', 'p2', 'q1'])
  await store.close()
})

test('what is sent back is told to its sender, whatever else is asked for', () => {
  const read = queueBounce.read({ items: [], chosen: ['x'], tellSender: false })
  assert.equal(read.tellSender, true)
  assert.deepEqual(queueBounce.tell?.(read, { letters: 2, left: 0 }), {
    chosen: ['x'],
    letters: 2,
    told: true,
  })
})

test('letters are given up whatever they wait for; what is being tried is held instead', async () => {
  const { store, desk, forgotten } = await open()
  await desk.hold(letters('q1'), actor)
  await store.queue.release(['q3'], 1)
  await store.queue.lease(lease({ owner: 'server', now: 5 }))
  const dropped = { ...letters('q1', 'q2', 'q3', 'gone'), chosen: [], before: 0, more: false }
  assert.deepEqual(await desk.drop({ ...dropped, tellSender: false }, actor), {
    letters: 2,
    left: 2,
  })
  assert.deepEqual([await states(store), forgotten], [{ q3: 'held' }, []])
  const found = await store.journeys.find('j-q1')
  assert.ok(found.type === 'found')
  assert.deepEqual(
    [found.journey.status, found.journey.summary.includes('ann has given it up')],
    ['failed', true],
  )
  assert.match(found.journey.appended.join(''), /"given-up".*"by":"ann".*"why":"spam"/)
})

test('what a courier has leased is asked back when it is held already, and before it is given up', async () => {
  const asked: unknown[] = []
  const { store, desk } = await open({
    withdraw: async (queueIds) => {
      asked.push([queueIds, (await states(store))['q1']])
      const free = queueIds.filter((id) => id !== 'q2')
      await store.queue.releaseLeases({ owner: 'server', queueIds: free })
      return ['q2']
    },
  })
  await store.queue.release(['q1', 'q2'], 1)
  await store.queue.lease(lease({ owner: 'server', now: 5 }))
  assert.deepEqual(await desk.hold(letters('q1', 'q2'), actor), { letters: 2, left: 1 })
  assert.deepEqual(asked, [[['q1', 'q2'], 'held']])
  const dropped = { ...letters('q1', 'q2'), chosen: [], before: 0, more: false }
  const done = await desk.drop({ ...dropped, tellSender: false }, actor)
  assert.deepEqual(done, { letters: 1, left: 1 })
  assert.deepEqual(await states(store), { q2: 'held', q3: '10000' })
  await store.close()
})

test('where the senders cannot be told nothing is done', async () => {
  const { store, desk } = await open()
  const dropped = { ...letters('q1'), chosen: [], before: 0, more: false, tellSender: true }
  await assert.rejects(desk.drop(dropped, actor), /No server runs, so the senders cannot be told/)
  assert.deepEqual((await states(store))['q1'], '10000')
})

test('a drop tells its act with whether the senders were told, which they are unless it says no', () => {
  const read = queueDrop.read({ items: [], chosen: ['x'], tellSender: 'yes' })
  assert.equal(read.tellSender, true)
  const silentOne = queueDrop.read({ items: [], chosen: ['x'], tellSender: false })
  assert.deepEqual(queueDrop.tell?.(silentOne, { letters: 2, left: 1 }), {
    chosen: ['x'],
    letters: 2,
    told: false,
  })
  assert.equal(queueDrop.tell?.(read, { letters: 0, left: 1 }), undefined)
  assert.equal(queueDrop.tell?.({ ...read, more: true }, { letters: 2, left: 0 }), undefined)
})

test('one act is left for all parts of a command, and none when nothing changed', () => {
  const part = {
    tellSender: true,
    items: [],
    chosen: ['to:@south.example'],
    before: 500,
    more: false,
  }
  for (const operation of [queueRetry, queueHold, queueRelease]) {
    assert.deepEqual(operation.tell?.(part, { letters: 7, left: 1 }), {
      chosen: ['to:@south.example'],
      letters: 507,
    })
    assert.equal(operation.tell?.({ ...part, more: true }, { letters: 7, left: 0 }), undefined)
    assert.equal(operation.tell?.({ ...part, before: 0 }, { letters: 0, left: 1 }), undefined)
  }
})

test('letters are read from plain data, and what are none is refused', () => {
  const items = [{ id: 'q1', destination: 'south.example' }]
  const whole = { items, chosen: ['x'], before: 1, more: true }
  assert.deepEqual(queueHold.read(whole), whole)
  assert.deepEqual(
    queueHold.read({ items: [{ ...items[0], held: true }], chosen: 'x', before: '1' }),
    {
      items,
      chosen: [],
      before: 0,
      more: false,
    },
  )
  for (const other of [null, 'x', {}, { items: 'q1' }]) {
    assert.throws(() => queueHold.read(other), /"queue hold" wants "items"/)
  }
  for (const item of [null, 'q', { id: 'q1' }, { id: 1, destination: 'x' }]) {
    assert.throws(() => queueRetry.read({ items: [item] }), /"queue retry" wants an "id" and/)
  }
})
