/** What the feed of changes does over the end of a server, and what the writer says to whom. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packChanges, unpackChanges } from '../change-notes.ts'
import { act } from '../contract-accounts.ts'
import { acceptance, journey, outgoing } from '../contract-cases.ts'
import { factsOf, next, numbers } from '../contract-changes.ts'
import { startLocalWriter } from './local-writer.ts'
import type { ChangeFact, ChangeType } from '../ports/changes.ts'
import { readHere } from './reading.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'
import { startWriterThread } from './writer-thread.ts'

test('numbers go on after a restart, and a reader goes on from where it was', async () => {
  const { folder, remove } = testFolder()
  const before = await openSqliteStore({ folder })
  await before.post.accept(outgoing())
  await before.close()
  const after = await openSqliteStore({ folder })
  const changes = after.changes({ after: 1 })
  const number = await after.acts.put(act('x'))
  const told = await next(changes, 2)
  assert.deepEqual(numbers(told), [2, 3])
  assert.deepEqual(factsOf(told).at(-1), { type: 'act', act: number })
  await after.close()
  remove()
})

test('the log keeps its last row, so that no number comes twice', async () => {
  const { folder, remove } = testFolder()
  for (let n = 1; n <= 3; n++) {
    const store = await openSqliteStore({ folder, changesKept: 0 })
    const changes = store.changes()
    await store.acts.put(act('x'))
    assert.deepEqual(numbers(await next(changes, 1)), [n])
    await store.close()
  }
  remove()
})

test('the writer says nothing of what nobody wants to hear', async () => {
  const { folder, remove } = testFolder()
  const wanted: (readonly ChangeType[])[] = []
  const replies: unknown[] = []
  const store = await openSqliteStore({ folder }, async (setup) => {
    const link = await startWriterThread(setup)
    return {
      ...link,
      watch(types, heard) {
        wanted.push(types)
        link.watch(types, heard)
      },
      listen({ reply, ended }) {
        link.listen({
          ended,
          reply(one) {
            replies.push(one.changes?.map(({ type }) => type))
            reply(one)
          },
        })
      },
    }
  })
  const put = (id: string): Promise<void> => {
    return store.post.accept(acceptance({ journeys: [journey(id)] }))
  }
  await put('JOURNEY1')
  const queue = store.changes({ only: ['queue'] })
  await put('JOURNEY2')
  const more = [store.changes({ only: ['journey'] }), store.changes({ only: ['queue', 'journey'] })]
  await put('JOURNEY3')
  for (const one of more) {
    assert.equal((await next(one, 1)).length, 1)
    await one.return?.()
  }
  await put('JOURNEY4')
  assert.deepEqual(replies, [undefined, undefined, ['journey'], undefined])
  await queue.return?.()
  assert.deepEqual(wanted, [['queue'], ['journey', 'queue'], ['queue'], []])
  await store.close()
  remove()
})

test('a store that cannot be read ends a reader who is behind with the fault', async () => {
  const { folder, remove } = testFolder()
  const broken = (): never => {
    throw new Error('no reading today')
  }
  const store = await openSqliteStore(
    { folder },
    (setup) => startLocalWriter(setup, () => undefined),
    (setup, log) => ({ ...readHere(setup, log), ask: broken }),
  )
  const live = store.changes()
  await assert.rejects(store.changes({ after: 0 }).next(), /no reading today/)
  await store.acts.put(act('x'))
  assert.equal((await next(live, 1)).length, 1)
  await store.close()
  remove()
})

test('what is packed is unpacked as it was', () => {
  const facts: readonly ChangeFact[] = [
    { type: 'journey', id: 'J"1' },
    { type: 'queue' },
    { type: 'queue', dueAt: 0 },
    { type: 'mailbox', account: 'b\u00f6b@south.example' },
    { type: 'key', domain: '' },
    { type: 'account', address: '"a b"@south.example' },
    { type: 'act', act: 7 },
  ]
  const numbered = facts.map((fact, i) => ({ ...fact, number: i + 4 }))
  assert.deepEqual(unpackChanges(packChanges(facts), 10), numbered)
  assert.throws(() => unpackChanges('["x1"]', 1), /there is no change "x1"/)
})
