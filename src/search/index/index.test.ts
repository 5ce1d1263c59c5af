import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { acceptance, message, now } from '../../store/contract-cases.ts'
import type { Database } from '../../store/sqlite/database.ts'
import { type FollowedStore, Follower } from './follower.ts'
import { openIndex, openIndexToRead, stateOf } from './index-file.ts'
import { follow, put, withIndex } from './test-support/indexed-store.ts'

test('what came after the index was written is found, and what went is not', async () => {
  await withIndex(async ({ store, follow: catchUp, ids, database }) => {
    await put(store, 'FIRST111', { subject: 'first apple', startedAt: now - 10 })
    await put(store, 'SECOND22', { subject: 'second apple' })
    assert.equal(await ids('apple'), undefined, 'there is no index yet')
    await catchUp()
    assert.deepEqual(await ids('apple'), ['SECOND22', 'FIRST111'])
    await put(store, 'THIRD333', { subject: 'third apple' })
    assert.deepEqual(await ids('apple'), ['THIRD333', 'SECOND22', 'FIRST111'])
    await store.retention.prune({ journeysBefore: now })
    assert.deepEqual(await ids('apple'), ['THIRD333', 'SECOND22'])
    await catchUp()
    assert.deepEqual(await ids('apple'), ['THIRD333', 'SECOND22'])
    const follower = new Follower(database, neverAsked)
    while (follower.tidy() === 'more');
    assert.equal(termsIn(database).includes('first'), false, 'its words have left the file')
    assert.equal(termsIn(database).includes('second'), true)
  })
})

const neverAsked: FollowedStore = {
  reads: {
    changes: () => assert.fail('asked'),
    journeyMarks: () => assert.fail('asked'),
  },
  ports: {} as FollowedStore['ports'],
}

/** All words that the file has. */
function termsIn(database: Database): readonly unknown[] {
  database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, words, 'row')")
  return database.all('SELECT term FROM temp.terms').map((row) => row['term'])
}

test('words of a message that is deleted are gone, and its journey is still found', async () => {
  await withIndex(async ({ store, follow: catchUp, ids }) => {
    const letter = { ...acceptance({}), message: message('m1', 'Subject: s\r\n\r\nsecret\r\n') }
    await put(store, 'KEPT1111', { subject: 'kept', text: 'treasure' })
    const item = { account: 'bob@south.example', role: 'inbox', messageId: 'm-KEPT1111' } as const
    await store.post.accept({
      ...letter,
      mailbox: [{ ...item, journeyId: 'KEPT1111', receivedAt: now }],
    })
    await catchUp()
    assert.deepEqual(await ids('treasure'), ['KEPT1111'])
    const [row] = await store.mailboxes.items({})
    assert.ok(row)
    await store.mailboxes.remove({ items: [row], at: now })
    assert.deepEqual(await ids('treasure'), [])
    await catchUp()
    assert.deepEqual(await ids('treasure'), [])
    assert.deepEqual(await ids('kept'), ['KEPT1111'])
  })
})

test('a page goes on behind the last one, also where that has just come', async () => {
  await withIndex(async ({ store, follow: catchUp, ask }) => {
    for (const id of ['PAGE0001', 'PAGE0002']) await put(store, id, { subject: 'same' })
    await catchUp()
    await put(store, 'PAGE0003', { subject: 'same' })
    const pages: (readonly string[] | undefined)[] = []
    for (const behind of [undefined, 'PAGE0003', 'PAGE0002', 'PAGE0001', 'GONE0001']) {
      const found = await ask('same', { limit: 1, ...(behind === undefined ? {} : { behind }) })
      pages.push(found?.rows.map(({ id }) => id))
    }
    assert.deepEqual(pages, [['PAGE0003'], ['PAGE0002'], ['PAGE0001'], [], []])
  })
})

test('an index that was left at any step goes on, and after a gap it compares', async () => {
  await withIndex(async ({ store, followed, database, ids }) => {
    await put(store, 'OLD00001', { subject: 'plum', startedAt: now - 10 })
    for (let i = 0; i < 40; i++) await put(store, `PLUM${i}`, { subject: 'plum' })
    // Each step by another follower, as after being killed.
    for (let i = 0; (await new Follower(database, followed).step()) !== 'done'; i++) {
      assert.ok(i < 100, 'it comes to an end')
    }
    assert.equal((await ids('plum'))?.length, 41)
    await store.retention.prune({ journeysBefore: now })
    for (let i = 0; i < 40; i++) await put(store, `PEAR${i}`, { subject: 'pear' })
    assert.equal(await ids('plum'), undefined, 'the store has forgotten what happened since')
    await follow(database, followed)
    assert.equal((await ids('plum'))?.length, 40)
    assert.equal((await ids('pear'))?.length, 40)
    assert.deepEqual(stateOf(database)?.floor, 0)
  }, 10)
})

test('the file is for its owner alone, and one of another version or none at all is built again', async () => {
  await withIndex(async ({ path, database }) => {
    assert.equal(statSync(path).mode & 0o777, 0o600)
    database.exec('PRAGMA user_version = 99')
    assert.equal(openIndexToRead(path), undefined)
    const again = openIndex(path)
    assert.equal(stateOf(again), undefined)
    again.close()
  })
})
