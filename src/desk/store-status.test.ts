import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outgoing } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { storeStatus } from './store-status.ts'

test('the last backup is the last whole one, however many were not since', async () => {
  const store = openMemoryStore()
  const backupOf = async (): Promise<unknown> => (await storeStatus(store, '.', 0)).backup
  const made = async (at: number, missing: number): Promise<void> => {
    const detail = { to: `/backup/${at}`, messages: 1, contents: 1, missing }
    await store.acts.put({ at, who: 'ann', door: 'x', what: 'backup', why: '', detail })
  }
  await made(1, 1)
  assert.equal(await backupOf(), undefined)
  await made(2, 0)
  await made(3, 0)
  for (let at = 4; at < 50; at++) await made(at, 2)
  assert.deepEqual(await backupOf(), { at: 3, to: '/backup/3' })
  await store.close()
})

test('when letters were last held is told while some are', async () => {
  const store = openMemoryStore()
  await store.post.accept(outgoing())
  const act = { who: 'ann', door: 'x', what: 'queue hold', why: '', detail: {} }
  await store.acts.put({ ...act, at: 3 })
  await store.acts.put({ ...act, at: 7 })
  await store.acts.put({ ...act, at: 9, what: 'queue retry' })
  assert.equal((await storeStatus(store, '.', 0)).heldAt, undefined)
  await store.queue.hold(['q1'])
  assert.equal((await storeStatus(store, '.', 0)).heldAt, 7)
  await store.close()
})
