/** A data folder that an older version has written: its mail, and what it had kept too long. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  now,
  outgoing,
  queueItem,
  settlement,
  textOf,
} from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { DatabaseSync } from 'node:sqlite'
import { countPrunable } from './prunable.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'
import { verifyStore } from './verify-store.ts'

/** Takes back what the steps after 0.4.0 have brought. */
const formatOf040 = `
  DROP TABLE register;
  DROP INDEX queue_waiting;
  DROP INDEX queue_appointed;
  DROP INDEX queue_held_until;
  DROP INDEX queue_senders;
  ALTER TABLE queue DROP COLUMN sender;
  ALTER TABLE queue DROP COLUMN last_kind;
  ALTER TABLE account DROP COLUMN forward;
  ALTER TABLE queue DROP COLUMN account;
  ALTER TABLE queue DROP COLUMN priority;
  ALTER TABLE queue DROP COLUMN not_before_ms;
  ALTER TABLE queue DROP COLUMN hold_reason;
  ALTER TABLE queue DROP COLUMN held_until_ms;
  CREATE INDEX queue_waiting ON queue (next_attempt_ms) WHERE held = 0 AND lease_owner IS NULL;
  PRAGMA user_version = 8;`

/** The same of the step after 0.2.0. */
const formatOf020 = `
  ${formatOf040}
  CREATE TABLE older_item (
    uid INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (key),
    journey_id TEXT NOT NULL,
    received_ms INTEGER NOT NULL
  ) STRICT;
  INSERT INTO older_item (account, mailbox, message, journey_id, received_ms)
    SELECT address, name, message, journey_id, internal_ms FROM mailbox_item
      JOIN mailbox ON mailbox.id = mailbox JOIN account ON account.id = account
      ORDER BY internal_ms, mailbox, uid;
  DROP TABLE expunged;
  DROP TABLE mailbox_item;
  DROP TABLE mailbox;
  DROP TABLE account;
  DROP TABLE alias;
  DROP TABLE domain;
  DROP TABLE receipt;
  DROP TABLE kept_count;
  DROP TABLE act;
  DROP TABLE change_log;
  DROP TABLE journey_ends;
  DROP TABLE api_key;
  DROP TABLE second_factor;
  ALTER TABLE older_item RENAME TO mailbox_item;
  CREATE INDEX mailbox_item_by_mailbox ON mailbox_item (account, mailbox);
  CREATE INDEX mailbox_item_by_message ON mailbox_item (message);
  PRAGMA user_version = 5;`

/** The same of the steps after the format with recipients. */
const olderFormat = `
  ${formatOf020}
  DROP TRIGGER stranger_fact_came;
  DROP TRIGGER stranger_fact_became_mail;
  DROP TRIGGER stranger_fact_went;
  DROP INDEX fact_of_strangers;
  ALTER TABLE fact DROP COLUMN kept_for;
  DROP TABLE stranger;
  DROP TABLE stranger_total;
  DROP TABLE settled_message;
  DROP TABLE leaving_content;
  PRAGMA user_version = 3;`

async function olderFolder(t: TestContext): Promise<string> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const put = (
    id: string,
    changes: Parameters<typeof journey>[1],
    size?: number,
  ): Promise<void> => {
    const stored = size === undefined ? {} : { message: message(id, id.padEnd(size, '.')) }
    const messageId = size === undefined ? {} : { messageId: id }
    return store.post.accept(
      acceptance({ ...stored, journeys: [journey(id, { ...changes, ...messageId })] }),
    )
  }
  await put('SCAN', { status: 'dropped', rcptTo: [] })
  await put('REFUSED', { status: 'refused' }, 5000)
  await put('OURS', { status: 'refused', direction: 'out' })
  for (const id of ['FILED', 'SENT', 'WAITING']) {
    await store.post.accept(
      acceptance({
        message: message(id, id.padEnd(300_000, '.')),
        mailbox: id === 'FILED' ? [mailboxItem({ messageId: id })] : [],
        queue: id === 'WAITING' ? [queueItem('q', { messageId: id, journeyId: id })] : [],
        journeys: [
          journey(id, {
            messageId: id,
            direction: id === 'FILED' ? 'in' : 'out',
            status: 'queued',
          }),
        ],
      }),
    )
  }
  await store.close()
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec(olderFormat)
  database.close()
  return folder
}

test('the folder of an older version is brought up to date at the start, and read then', async (t) => {
  const folder = await olderFolder(t)
  assert.throws(() => openReadOnlyStore({ folder }), /older Waybill/)
  assert.deepEqual((await verifyStore({ folder })).findings, [])
  const strangers = { octets: Infinity, contentOctets: Infinity }
  const request = { journeysBefore: now - 100, scansBefore: now + 1, refusedBefore: now + 1 }
  assert.throws(() => countPrunable(folder, { ...request, strangers }), /older Waybill/)
  const store = await openSqliteStore({ folder })
  assert.equal((await store.counts()).journeys, 6)
  assert.deepEqual(countPrunable(folder, { ...request, strangers }), {
    journeys: 1,
    contents: 1,
    octets: 5000,
  })
  const removed = await store.retention.prune(request)
  // The connection, the content of the refused letter, and that of the one that was sent.
  assert.deepEqual(removed, { journeys: 1, messages: 2, contents: 2, facts: 0 })
  assert.equal(await store.messages.open('SENT'), undefined)
  assert.equal(await store.messages.open('REFUSED'), undefined)
  for (const id of ['FILED', 'WAITING']) {
    assert.match(await textOf(await store.messages.open(id)), new RegExp(`^${id}`))
  }
  await store.queue.lease(lease())
  await store.queue.settle([settlement({ queueId: 'q' })])
  assert.equal(await store.messages.open('WAITING'), undefined)
  await store.close()
})

test('mailboxes of 0.2.0 get accounts, ids and counts, and what was filed keeps its uid', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const before = await openSqliteStore({ folder })
  await before.post.accept(outgoing())
  const places = [
    ['bob', 'inbox'],
    ['eve', 'junk'],
    ['bob', 'inbox'],
    ['bob', 'junk'],
  ] as const
  for (const [i, [name, role]] of places.entries()) {
    const [id, account] = [`in-${i}`, `${name}@south.example`]
    const item = mailboxItem({ account, role, messageId: id, receivedAt: now + i })
    await before.post.accept(acceptance({ message: message(id, id), mailbox: [item] }))
  }
  await before.queue.hold(['q1'])
  await before.close()
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec(formatOf020)
  // The settings had it in other letters for a while.
  database.exec("UPDATE mailbox_item SET account = 'Bob@south.example' WHERE uid = 3")
  database.close()

  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  const accounts = await store.accounts.accounts()
  assert.deepEqual(
    accounts.map(({ address, origin, createdAt }) => [address, origin, createdAt]),
    [
      ['bob@south.example', 'mail', now],
      ['eve@south.example', 'mail', now + 1],
    ],
  )
  const rows = async (): Promise<unknown> => {
    return (await store.mailboxes.items({})).map(({ account, mailbox, uid }) => [
      account,
      mailbox,
      uid,
    ])
  }
  const kept = [
    ['bob@south.example', 'Inbox', 1],
    ['eve@south.example', 'Junk', 2],
    ['bob@south.example', 'Inbox', 3],
    ['bob@south.example', 'Junk', 4],
  ]
  assert.deepEqual(await rows(), kept)
  assert.deepEqual(await store.counts(), { messages: 5, queued: 1, held: 1, journeys: 1 })
  const item = mailboxItem({ messageId: 'new', receivedAt: now + 9 })
  await store.post.accept(acceptance({ message: message('new', 'x'), mailbox: [item] }))
  assert.deepEqual(await rows(), [...kept, ['bob@south.example', 'Inbox', 4]])
  assert.deepEqual((await verifyStore({ folder })).findings, [])
})

test('what a pruning would remove is counted as it then removes it', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  for (let n = 0; n < 40; n++) {
    const id = `S-${n}`
    const scan = n % 4 === 0
    const startedAt = now + n
    const one = scan
      ? journey(id, { startedAt, status: 'dropped', rcptTo: [] })
      : journey(id, { startedAt, status: 'refused', messageId: id })
    const stored = scan ? {} : { message: message(id, id.padEnd(1000, '.')) }
    await store.post.accept(acceptance({ ...stored, journeys: [one] }))
  }
  const refused = 30
  const requests = [
    { octets: Infinity, contentOctets: Infinity },
    { octets: Infinity, contentOctets: 12_500 },
    { octets: 9000, contentOctets: 9000 },
  ]
  for (const strangers of requests) {
    const request = {
      journeysBefore: now + 2,
      scansBefore: now + 9,
      refusedBefore: now + 6,
      strangers,
    }
    const before = (await store.counts()).journeys
    const kept = async (): Promise<number> => {
      const ids = Array.from({ length: 40 }, (_, n) => `S-${n}`)
      const opened = await Promise.all(ids.map((id) => store.messages.open(id)))
      return opened.filter((one) => one !== undefined).length
    }
    const contentsBefore = await kept()
    const told = countPrunable(folder, request)
    const { journeys } = await store.retention.prune(request)
    assert.equal(told.journeys, journeys)
    assert.equal(before - (await store.counts()).journeys, journeys)
    assert.ok(contentsBefore - (await kept()) >= told.contents)
    assert.equal(told.octets, told.contents * 1000)
    assert.deepEqual(countPrunable(folder, request), { journeys: 0, contents: 0, octets: 0 })
  }
  assert.ok((await store.counts()).journeys < refused)
})

test('a queue of 0.4.0 is read as it is, and gets its new columns at the start', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const before = await openSqliteStore({ folder })
  const queue = [3, 1, 2].map((n) => queueItem(`q${n}`, { nextAttemptAt: now + n }))
  await before.post.accept({ ...outgoing(), queue })
  await before.queue.hold(['q2'])
  await before.close()
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec(formatOf040)
  database.close()

  const older = openReadOnlyStore({ folder })
  const ids = (await older.queue.list({ limit: 9 })).map(({ id, held, holdReason, priority }) => {
    return [id, held, holdReason, priority]
  })
  const wanted = [
    ['q1', false, '', undefined],
    ['q2', true, '', undefined],
    ['q3', false, '', undefined],
  ]
  assert.deepEqual(ids, wanted)
  assert.equal(await older.register.find('suppression', 'a', now), undefined)
  assert.deepEqual(await older.register.list({ kind: 'suppression', now, limit: 9 }), [])
  older.close()
  assert.deepEqual((await verifyStore({ folder })).findings, [])

  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  assert.equal(await store.queue.nextDueAt(), now + 1)
  const leased = await store.queue.lease(lease({ now: now + 9 }))
  assert.deepEqual(
    leased.map(({ id }) => id),
    ['q1', 'q3'],
  )
  await store.queue.hold(['q2'], { reason: 'look', until: now + 5 })
  assert.equal(await store.queue.nextDueAt(), now + 5)
  assert.deepEqual((await verifyStore({ folder })).findings, [])
})
