import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, journey, message, queueItem } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { FullStore } from '../store/store.ts'
import { QueueDesk, queueHold, queueRelease, queueRetry } from './queue.ts'

const later = 10_000

async function open(): Promise<{ store: FullStore; desk: QueueDesk; forgotten: string[] }> {
  const store = openMemoryStore()
  const ids = ['q1', 'q2', 'q3']
  await store.accept(
    acceptance({
      message: message('m1', 'x'),
      queue: ids.map((id) => queueItem(id, { journeyId: `j-${id}`, nextAttemptAt: later })),
      journeys: ids.map((id) => journey(`j-${id}`, { direction: 'out' })),
    }),
  )
  const forgotten: string[] = []
  const desk = new QueueDesk({ store, now: () => 5, forget: (name) => forgotten.push(name) })
  return { store, desk, forgotten }
}

function letters(...ids: string[]): { items: { id: string; destination: string }[] } {
  return { items: ids.map((id) => ({ id, destination: 'south.example' })) }
}

function states(store: FullStore): Record<string, string> {
  const items = store.read.listQueue({ limit: 10 })
  return Object.fromEntries(
    items.map(({ id, held, nextAttemptAt }) => [id, held ? 'held' : String(nextAttemptAt)]),
  )
}

test('letters are held, released, and tried now, which forgets that their servers were down', async () => {
  const { store, desk, forgotten } = await open()
  assert.equal(await desk.hold(letters('q1', 'q2', 'gone')), 2)
  assert.equal(await desk.hold(letters('q1')), 0)
  assert.deepEqual(states(store), { q1: 'held', q2: 'held', q3: '10000' })
  assert.equal(await desk.release(letters('q1')), 1)
  assert.deepEqual([states(store), forgotten], [{ q1: '5', q2: 'held', q3: '10000' }, []])
  assert.equal(await desk.retry(letters('q2', 'q3')), 2)
  assert.deepEqual([states(store), forgotten], [{ q1: '5', q2: '5', q3: '5' }, ['south.example']])
  await store.close()
})

test('one act is left for all parts of a command, and none when nothing changed', () => {
  const part = { items: [], chosen: ['to:@south.example'], before: 500, more: false }
  for (const operation of [queueRetry, queueHold, queueRelease]) {
    assert.deepEqual(operation.tell?.(part, 7), { chosen: ['to:@south.example'], letters: 507 })
    assert.equal(operation.tell?.({ ...part, more: true }, 7), undefined)
    assert.equal(operation.tell?.({ ...part, before: 0 }, 0), undefined)
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
