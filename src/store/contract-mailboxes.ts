import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import { acceptance, journey, mailboxItem, message, now, storeTests } from './contract-cases.ts'
import type { StoredMailbox } from './ports/mailboxes.ts'
import type { Store } from './ports/store.ts'

/** Files letters `m1`, `m2`, … of ten octets for bob; each has a journey. */
export async function fileLetters(store: Store, count: number): Promise<StoredMailbox> {
  for (let n = 1; n <= count; n++) {
    const messageId = `m${n}`
    await store.post.accept(
      acceptance({
        message: message(messageId, `letter ${n}`.padEnd(10, '.')),
        mailbox: [mailboxItem({ messageId, journeyId: `JOURNEY${n}`, receivedAt: now + n })],
        journeys: [journey(`JOURNEY${n}`, { messageId, startedAt: now + n })],
      }),
    )
  }
  const [mailbox] = await store.mailboxes.list('bob@south.example')
  assert.ok(mailbox !== undefined)
  return mailbox
}

export function registerMailboxTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest(
    'mailboxes are listed by account and role, each with uids of its own',
    async (store) => {
      const places = [
        ['bob', 'inbox'],
        ['bob', 'junk'],
        ['eve', 'inbox'],
        ['bob', 'inbox'],
      ] as const
      for (const [i, [account, role]] of places.entries()) {
        const messageId = `m${i}`
        const item = mailboxItem({ account, role, messageId, receivedAt: now + i })
        await store.post.accept(acceptance({ message: message(messageId, 'x'), mailbox: [item] }))
      }
      const list = async (query: Parameters<Store['mailboxes']['items']>[0]): Promise<string[]> =>
        (await store.mailboxes.items(query)).map(({ messageId }) => messageId)
      assert.deepEqual(await list({}), ['m0', 'm1', 'm2', 'm3'])
      assert.deepEqual(await list({ account: 'bob' }), ['m0', 'm1', 'm3'])
      assert.deepEqual(await list({ account: 'bob', role: 'inbox' }), ['m0', 'm3'])
      assert.deepEqual(await list({ role: 'inbox' }), ['m0', 'm2', 'm3'])
      const [first] = await store.mailboxes.items({ account: 'bob', role: 'inbox', limit: 1 })
      assert.equal(first?.messageId, 'm0')
      const behind = { account: 'BOB', role: 'inbox', afterUid: first?.uid ?? 0 } as const
      assert.deepEqual(await list(behind), ['m3'])
      const [, junk, other] = await store.mailboxes.items({})
      assert.deepEqual([junk?.role, junk?.mailbox, junk?.uid], ['junk', 'Junk', 1])
      assert.deepEqual([other?.account, other?.mailbox, other?.uid], ['eve', 'Inbox', 1])
    },
  )
  const stateOf = async ({ mailboxes }: Store): Promise<StoredMailbox> => {
    const [mailbox] = await mailboxes.list('bob@south.example')
    assert.ok(mailbox !== undefined)
    return mailbox
  }
  const remove = ({ mailboxes }: Store, uids: readonly number[]): Promise<number> => {
    const place = { account: 'Bob@south.example', mailbox: 'Inbox' }
    return mailboxes.remove({ items: uids.map((uid) => ({ ...place, uid })), at: now })
  }
  const flagsOf = async ({ mailboxes }: Store, mailbox: number): Promise<unknown> => {
    const items = await mailboxes.items({ mailbox })
    return items.map(({ uid, modseq, flags }) => [uid, modseq, flags.join(' ')])
  }

  storeTest(
    'a mailbox knows its next uid, its last change and how much is in it',
    async (store) => {
      const mailbox = await fileLetters(store, 2)
      assert.deepEqual([mailbox.role, mailbox.name], ['inbox', 'Inbox'])
      assert.deepEqual([mailbox.uidNext, mailbox.highestModseq, mailbox.forgottenModseq], [3, 2, 0])
      assert.deepEqual([mailbox.messages, mailbox.unseen, mailbox.octets], [2, 2, 20])
      assert.ok(mailbox.uidValidity > 0)
      const junk = mailboxItem({ role: 'junk', messageId: 'm1' })
      const eve = mailboxItem({ account: 'eve@south.example', messageId: 'm1' })
      await store.post.accept(acceptance({ mailbox: [junk, eve] }))
      const all = await store.mailboxes.list()
      assert.deepEqual(
        all.map(({ account, role }) => [account, role]),
        [
          ['bob@south.example', 'inbox'],
          ['bob@south.example', 'junk'],
          ['eve@south.example', 'inbox'],
        ],
      )
      assert.equal(new Set(all.map(({ id }) => id)).size, 3)
      assert.equal((await store.mailboxes.list('BOB@south.example')).length, 2)
      assert.deepEqual(await store.mailboxes.list('nobody@south.example'), [])
    },
  )

  storeTest('flags are added, removed and replaced under one new change number', async (store) => {
    const { id: mailbox } = await fileLetters(store, 3)
    const { mailboxes } = store
    const seen = { mailbox, uids: [1, 3, 9], how: 'add', flags: ['\\Seen', '$Work'] } as const
    assert.deepEqual(await mailboxes.setFlags(seen), [])
    assert.deepEqual(await flagsOf(store, mailbox), [
      [1, 4, '$Work \\Seen'],
      [2, 2, ''],
      [3, 4, '$Work \\Seen'],
    ])
    assert.deepEqual([(await stateOf(store)).unseen, (await stateOf(store)).highestModseq], [1, 4])
    // What has them already stays as it was.
    await mailboxes.setFlags(seen)
    assert.equal((await stateOf(store)).highestModseq, 4)
    await mailboxes.setFlags({ mailbox, uids: [1, 2], how: 'remove', flags: ['\\Seen'] })
    await mailboxes.setFlags({ mailbox, uids: [3], how: 'replace', flags: ['\\Flagged'] })
    assert.deepEqual(await flagsOf(store, mailbox), [
      [1, 5, '$Work'],
      [2, 2, ''],
      [3, 6, '\\Flagged'],
    ])
    assert.equal((await stateOf(store)).unseen, 3)
  })

  storeTest('flags of what was changed meanwhile are left alone', async (store) => {
    const { id: mailbox } = await fileLetters(store, 2)
    const { mailboxes } = store
    await mailboxes.setFlags({ mailbox, uids: [2], how: 'add', flags: ['\\Seen'] })
    const change = { mailbox, uids: [1, 2], how: 'add', flags: ['\\Deleted'] } as const
    assert.deepEqual(await mailboxes.setFlags({ ...change, unchangedSince: 2 }), [2])
    assert.deepEqual(await flagsOf(store, mailbox), [
      [1, 4, '\\Deleted'],
      [2, 3, '\\Seen'],
    ])
  })

  storeTest('a mailbox tells what changed behind a number, and what went', async (store) => {
    const { id: mailbox } = await fileLetters(store, 5)
    const { mailboxes } = store
    const since = async (after: number): Promise<unknown> => {
      const { items, expunged } = await mailboxes.changed({ mailbox, after })
      return [items.map(({ uid }) => uid), expunged]
    }
    assert.deepEqual(await since(0), [[1, 2, 3, 4, 5], []])
    assert.deepEqual(await since(3), [[4, 5], []])
    assert.deepEqual(await since(5), [[], []])
    await mailboxes.setFlags({ mailbox, uids: [5, 2], how: 'add', flags: ['\\Seen'] })
    assert.deepEqual(await since(5), [[2, 5], []])
    assert.deepEqual(await since(4), [[2, 5], []])
    assert.deepEqual(await since(3), [[2, 4, 5], []])
    assert.equal(await remove(store, [4, 2, 77]), 2)
    assert.deepEqual(await since(6), [[], [2, 4]])
    assert.deepEqual(await since(2), [
      [3, 5],
      [2, 4],
    ])
    assert.deepEqual(await since(7), [[], [2]])
    assert.deepEqual(await since(8), [[], []])
    assert.deepEqual(await mailboxes.changed({ mailbox: 12_345, after: 0 }), {
      items: [],
      expunged: [],
    })
  })

  storeTest('what is deleted is gone, and its uid does not come again', async (store) => {
    const mailbox = await fileLetters(store, 2)
    await store.mailboxes.setFlags({
      mailbox: mailbox.id,
      uids: [1],
      how: 'add',
      flags: ['\\Seen'],
    })
    assert.equal(await remove(store, [2]), 1)
    assert.equal(await remove(store, [2]), 0)
    assert.equal(await store.messages.open('m2'), undefined)
    assert.ok((await store.messages.open('m1')) !== undefined)
    const found = await store.journeys.find('JOURNEY2')
    assert.ok(found.type === 'found' && found.journey.messageId === undefined)
    const state = await stateOf(store)
    assert.deepEqual([state.messages, state.unseen, state.octets], [1, 0, 10])
    const item = mailboxItem({ messageId: 'm1', receivedAt: now + 5 })
    await store.post.accept(acceptance({ mailbox: [item] }))
    const items = await store.mailboxes.items({ mailbox: mailbox.id })
    assert.deepEqual(
      items.map(({ uid }) => uid),
      [1, 3],
    )
    // The letter lies here twice: it stays until both are gone.
    assert.equal(await remove(store, [1]), 1)
    assert.ok((await store.messages.open('m1')) !== undefined)
    assert.equal(await remove(store, [3]), 1)
    assert.equal(await store.messages.open('m1'), undefined)
    assert.equal((await store.counts()).messages, 0)
  })
}
