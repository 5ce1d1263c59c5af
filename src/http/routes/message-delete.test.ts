import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Archives } from '../../desk/archives.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { ann, letters, putLetters } from '../test-support/house.ts'
import { testApi } from '../test-support/test-api.ts'
import { testManagement } from '../test-support/test-management.ts'

async function open(t: TestContext, allowed: boolean) {
  const store = openMemoryStore()
  await putLetters(store)
  const mailboxes = allowed ? { mailboxes: store.mailboxes } : {}
  const archives = new Archives([{ name: '', reads: store, ...mailboxes }])
  const { ask } = testApi({ archives, management: testManagement(t, store) })
  const remove = (json: unknown) => ask('/v1/messages/delete', { method: 'POST', json })
  return { store, ask, remove }
}

test('messages go out of all mailboxes that have them, their journeys stay, and the audit has it', async (t) => {
  const { store, ask, remove } = await open(t, true)
  const before = await store.mailboxes.items({ account: ann })
  const { json } = await remove({ ids: [letters.came, letters.came, letters.sent], reason: 'test' })
  // To her, and to another one here; what was sent lies in no mailbox.
  assert.deepEqual(json, { count: 1, copies: 2 })
  const after = await store.mailboxes.items({ account: ann })
  assert.equal(before.length - after.length, 1)
  assert.ok(after.every(({ journeyId }) => journeyId !== letters.came))
  assert.equal((await ask(`/v1/messages/${letters.came}`)).status, 200)
  const [act, ...more] = await store.acts.list({ limit: 9 })
  assert.deepEqual([act?.what, act?.door, act?.why], ['mail delete', 'http', 'test'])
  assert.deepEqual(more, [])
})

test('where mail is its owner’s, nothing is deleted, and the answer says how it is', async (t) => {
  const { store, remove } = await open(t, false)
  const { status, json } = await remove({ ids: [letters.came] })
  assert.equal(status, 400)
  assert.match(String(json['hint']), /waybill mail delete/)
  assert.ok((await store.mailboxes.items({ account: ann })).length > 0)
})
