import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailDelete } from './mail.ts'

const place = { account: 'ann@south.example', mailbox: 'Inbox', uid: 7 }
const actor = { by: 'ann', door: 'command line', why: '' } as const

test('messages are read as places, taken out now, and told with whose they were', async () => {
  const input = mailDelete.read({
    items: [
      { ...place, more: 1 },
      { ...place, uid: 8 },
    ],
    ids: ['m1'],
  })
  assert.deepEqual(input, { items: [place, { ...place, uid: 8 }], ids: ['m1'] })
  const asked: unknown[] = []
  const mailboxes = {
    remove(removed: unknown) {
      asked.push(removed)
      return Promise.resolve(2)
    },
  }
  assert.equal(await mailDelete.run({ mail: { mailboxes, now: () => 5 } }, input, actor), 2)
  assert.deepEqual(asked, [{ items: input.items, at: 5 }])
  assert.deepEqual(mailDelete.tell?.(input, 2), {
    accounts: ['ann@south.example'],
    messages: 2,
    ids: ['m1'],
  })
  assert.equal(mailDelete.tell?.(input, 0), undefined)
})

test('what are no places is refused', () => {
  assert.deepEqual(mailDelete.read({ items: [], ids: 'm1' }), { items: [], ids: [] })
  for (const other of [null, {}, { items: 'x' }]) {
    assert.throws(() => mailDelete.read(other), /"mail delete" wants "items"/)
  }
  for (const item of [
    null,
    'x',
    { ...place, uid: '7' },
    { ...place, mailbox: 1 },
    { mailbox: 'Inbox', uid: 7 },
  ]) {
    assert.throws(() => mailDelete.read({ items: [item] }), /wants an "account", a "mailbox" and a/)
  }
})
