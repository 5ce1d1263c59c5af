import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, journey } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { type Feed, NextChange } from './next-change.ts'

function feedOf(name: string, store: Store): Feed {
  return { archive: { name, reads: store }, changes: store.changes({ only: ['journey'] }) }
}

async function put(store: Store, id: string): Promise<void> {
  await store.post.accept(acceptance({ journeys: [journey(id)] }))
}

test('changes of several archives come one after the other, none twice and none left out', async () => {
  const [north, south] = [openMemoryStore(), openMemoryStore()]
  const stop = new AbortController()
  const feeds = [feedOf('north', north), feedOf('south', south)]
  const next = new NextChange(feeds, stop.signal)
  const heard: string[] = []
  for (const id of ['JOURNEY1', 'JOURNEY2', 'JOURNEY3']) {
    await put(north, id)
    await put(south, id)
    for (let n = 0; n < 2; n++) {
      const got = await next.take()
      assert.ok(typeof got === 'object' && got.change.type === 'journey')
      heard.push(`${got.archive.name} ${got.change.id}`)
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
  const waiting = new NextChange([feed], stop.signal).take()
  stop.abort()
  assert.equal(await waiting, 'over')
  const closing = new NextChange([feedOf('', store)], new AbortController().signal).take()
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
  const next = new NextChange([feed], new AbortController().signal)
  await assert.rejects(next.take(), /the disk is gone/)
})
