import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, journey } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { type Feed, NextChanges } from './next-changes.ts'

function feedOf(name: string, store: Store): Feed {
  return { archive: { name, reads: store }, changes: store.changes({ only: ['journey'] }) }
}

async function put(store: Store, id: string): Promise<void> {
  await store.post.accept(acceptance({ journeys: [journey(id)] }))
}

test('changes of several archives come in their order, none twice and none left out', async () => {
  const [north, south] = [openMemoryStore(), openMemoryStore()]
  const stop = new AbortController()
  const feeds = [feedOf('north', north), feedOf('south', south)]
  const next = new NextChanges(feeds, stop.signal)
  const heard: string[] = []
  let count = 0
  for (const id of ['JOURNEY1', 'JOURNEY2', 'JOURNEY3']) {
    count += 2
    await put(north, id)
    await put(south, id)
    while (heard.length < count) {
      const heap = await next.take()
      assert.ok(typeof heap === 'object')
      for (const { archive, change } of heap) {
        assert.ok(change.type === 'journey')
        heard.push(`${archive.name} ${change.id}`)
      }
    }
  }
  assert.deepEqual(heard.toSorted(), [
    'north JOURNEY1',
    'north JOURNEY2',
    'north JOURNEY3',
    'south JOURNEY1',
    'south JOURNEY2',
    'south JOURNEY3',
  ])
  for (const { changes } of feeds) await changes.return?.()
})

test('it is over when nobody listens any more, or when a store closes', async () => {
  const store = openMemoryStore()
  const stop = new AbortController()
  const feed = feedOf('', store)
  const waiting = new NextChanges([feed], stop.signal).take()
  stop.abort()
  assert.equal(await waiting, 'over')
  const closing = new NextChanges([feedOf('', store)], new AbortController().signal).take()
  await store.close()
  assert.equal(await closing, 'over')
  await feed.changes.return?.()
})

test('what the store says of a failure is thrown', async () => {
  const changes: Feed['changes'] = {
    next: () => Promise.reject(new Error('the disk is gone')),
    [Symbol.asyncIterator]: () => changes,
  }
  const feed = { archive: { name: '', reads: openMemoryStore() }, changes }
  const next = new NextChanges([feed], new AbortController().signal)
  await assert.rejects(next.take(), /the disk is gone/)
})

test('what was told before a store closed is heard first', async () => {
  const store = openMemoryStore()
  const next = new NextChanges([feedOf('', store)], new AbortController().signal)
  await put(store, 'JOURNEY1')
  await store.close()
  const heap = await next.take()
  assert.ok(typeof heap === 'object')
  assert.equal(heap.length, 1)
  assert.equal(await next.take(), 'over')
})

test('of a feed that tells much, no more than some hundreds wait here', async () => {
  let asked = 0
  const changes: Feed['changes'] = {
    next: () =>
      Promise.resolve({ value: { type: 'journey', id: 'JOURNEY1', number: ++asked }, done: false }),
    [Symbol.asyncIterator]: () => changes,
  }
  const next = new NextChanges(
    [{ archive: { name: '', reads: openMemoryStore() }, changes }],
    new AbortController().signal,
  )
  const numbers: number[] = []
  for (let heaps = 0; heaps < 3; heaps++) {
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(asked, (heaps + 1) * 500)
    const heap = await next.take()
    assert.ok(typeof heap === 'object')
    numbers.push(...heap.map(({ change }) => change.number))
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: 1500 }, (_, index) => index + 1),
  )
})
