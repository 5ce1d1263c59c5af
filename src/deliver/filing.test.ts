import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Ending } from '../base/ending.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { readRecord } from '../journey/record.ts'
import { journeyRow } from '../journey/row.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { Batch, Settling } from '../post/batch.ts'
import { record } from '../post/placing.ts'
import { Settler } from '../queue/settler.ts'
import { readDsn } from '../report/read-dsn.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { contentOf } from '../store/ports/contents.ts'
import type { DsnRequest } from '../store/ports/post.ts'
import type { QueuePort, Settlement } from '../store/ports/queue.ts'
import type { Store } from '../store/ports/store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { deliverFiling } from './filing.ts'
import { hourMs, letter, settlementsIn, start, testWorld } from './test-support/world.ts'

const anna = 'anna@north.example'
const ben = 'ben@north.example'
const sendAt = start + hourMs

/** A letter of Anna's to Ben and to a stranger that waits for its time, as the submission port has it. */
async function appointed(store: Store, dsn: DsnRequest = {}): Promise<void> {
  const world = testWorld()
  const placed = world.post.place({
    id: 'j1',
    reversePath: anna,
    content: contentOf(encodeUtf8(letter)),
    prefix: new Uint8Array(0),
    omit: [],
    recipients: [
      { address: ben, to: { type: 'mailbox', accounts: [{ address: ben }] }, dsn },
      {
        address: 'bob@south.example',
        to: { type: 'remote', recipient: 'bob@south.example', destination: 'south.example' },
        dsn,
      },
    ],
    role: 'inbox',
    eightBit: false,
    utf8: false,
    sendAt,
  })
  const journey = new JourneyBuilder('j1', world.clock)
  for (const step of placed.steps) journey.step(step)
  const row = journeyRow(journey, {
    direction: 'out',
    host: 'mx.north.example',
    envelope: { ip: '', helo: '', mailFrom: anna, rcptTo: [ben, 'bob@south.example'] },
    outcome: {
      status: 'queued',
      smtp: { code: 250, enhanced: '2.0.0', text: 'Queued', atCommand: 'DATA' },
      because: [],
    },
    replay: undefined,
    subject: 'Quote',
    author: anna,
    headerMessageId: '',
    messageId: 'j1',
  })
  await store.post.accept({ ...placed.acceptance, journeys: record(row).journeys })
}

/** Leases what is due and has it filed; gives how many items were left for other servers. */
async function fileDue(
  store: Store,
  how: {
    readonly owner?: string
    readonly now?: number
    readonly living?: readonly string[]
    readonly settle?: QueuePort['settle']
    readonly begin?: () => boolean
  } = {},
): Promise<number> {
  const { owner = 'me', now = sendAt, living = [anna, ben], begin = () => true } = how
  const world = testWorld({ directory: directoryOf(living) })
  world.clock.advance(now - start)
  const settle: QueuePort['settle'] = (all) => store.queue.settle(all)
  const queue = { settle: how.settle ?? settle }
  const settler = new Settler(queue, world.clock, () => {
    setImmediate(() => world.clock.advance(hourMs))
  })
  const leased = await store.queue.lease({ owner, now, leaseUntil: now + hourMs, limit: 9 })
  let elsewhere = 0
  const batch: Batch = {
    destination: 'north.example',
    items: leased,
    owner,
    ending: new Ending(),
    arrive: () => true,
    begin,
    settle: (settling: Settling) => settler.settle(settling),
    more: () => Promise.resolve([]),
  }
  await deliverFiling(batch, {
    ...world,
    settlements: settlementsIn(world),
    deliver: (rest) => {
      elsewhere += rest.items.length
      return Promise.resolve({ settlements: [], reachable: 'unknown' })
    },
  })
  return elsewhere
}

async function textOf(store: Store, messageId: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await store.messages.open(messageId))?.chunks() ?? []) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function filedFor(store: Store, account: string): Promise<readonly string[]> {
  const items = await store.mailboxes.items({ account })
  return await Promise.all(items.map(({ messageId }) => textOf(store, messageId)))
}

test('who lives here has it at its time and not before, once, with a Return-Path', async () => {
  const store = openMemoryStore()
  await appointed(store)
  assert.deepEqual(await filedFor(store, ben), [])
  assert.equal(await fileDue(store, { now: sendAt - 1 }), 0)
  assert.deepEqual(await filedFor(store, ben), [])
  assert.equal(await fileDue(store), 1)
  assert.deepEqual(await filedFor(store, ben), [`Return-Path: <${anna}>\r\n${letter}`])
  const [entry] = await store.mailboxes.items({ account: ben })
  assert.equal(entry?.receivedAt, sendAt)
  const left = await store.queue.list({ limit: 9 })
  assert.deepEqual(
    left.map(({ recipient }) => recipient),
    ['bob@south.example'],
  )
  const found = await store.journeys.find('j1')
  assert.ok(found.type === 'found')
  const { steps } = readRecord(found.journey.json, found.journey.appended)
  const told = steps.map((step) =>
    step.type === 'queued' ? [step.type, step.notBefore] : step.type,
  )
  assert.deepEqual(told, [['queued', sendAt], ['queued', sendAt], 'filed'])
  assert.equal(found.journey.status, 'partly delivered')
})

test('the journey is the one of a letter that the account has, once it has it', async (t) => {
  const { store } = await sqlite(t)
  await appointed(store)
  const seen = async (): Promise<number> => {
    const { rows } = await store.journeys.search({ filter: { account: ben }, limit: 9 })
    return rows.length
  }
  const before = await seen()
  await fileDue(store)
  assert.deepEqual([before, await seen()], [0, 1])
})

async function sqlite(
  t: TestContext,
): Promise<{ readonly store: Store; readonly again: () => Promise<Store> }> {
  const { folder, remove } = testFolder()
  let store = await openSqliteStore({ folder })
  t.after(async () => {
    await store.close()
    remove()
  })
  return {
    store,
    again: async () => {
      await store.close()
      store = await openSqliteStore({ folder })
      return store
    },
  }
}

test('a server that ends between lease and commit files it after its next start, once', async (t) => {
  const { store, again } = await sqlite(t)
  await appointed(store)
  await store.queue.lease({ owner: 'me', now: sendAt, leaseUntil: sendAt + hourMs, limit: 9 })
  const next = await again()
  await next.queue.releaseLeases()
  await fileDue(next)
  assert.equal((await filedFor(next, ben)).length, 1)
  const last = await again()
  await last.queue.releaseLeases()
  await fileDue(last)
  assert.equal((await filedFor(last, ben)).length, 1)
})

test('a commit whose answer was lost, and one that failed, are repeated and file it once', async () => {
  for (const commits of [true, false]) {
    const store = openMemoryStore()
    await appointed(store)
    let calls = 0
    const settle = async (all: readonly Settlement[]): Promise<readonly string[]> => {
      calls++
      if (calls > 1) return await store.queue.settle(all)
      if (commits) await store.queue.settle(all)
      throw new Error('the writer has ended')
    }
    await fileDue(store, { settle })
    assert.equal(calls, 2)
    assert.equal((await filedFor(store, ben)).length, 1, String(commits))
  }
})

test('one that was taken back, or whose lease somebody else has by now, is not filed', async () => {
  const store = openMemoryStore()
  await appointed(store)
  await fileDue(store, { begin: () => false })
  assert.deepEqual(await filedFor(store, ben), [])
  const other = { owner: 'other', now: sendAt + hourMs, leaseUntil: sendAt + 2 * hourMs, limit: 9 }
  const settle = async (all: readonly Settlement[]): Promise<readonly string[]> => {
    await store.queue.lease(other)
    return await store.queue.settle(all)
  }
  await store.queue.releaseLeases()
  await fileDue(store, { settle })
  assert.deepEqual(await filedFor(store, ben), [])
})

test('NOTIFY=SUCCESS is told when it is filed: delivered, in the same commit', async () => {
  const store = openMemoryStore()
  await appointed(store, { notify: ['success'] })
  assert.deepEqual(await filedFor(store, anna), [])
  await fileDue(store)
  const [report = ''] = await filedFor(store, anna)
  const read = readDsn(encodeUtf8(report))
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map(({ finalRecipient, action }) => [finalRecipient, action]),
    [[ben, 'delivered']],
  )
  assert.equal((await filedFor(store, ben)).length, 1)
})

test('an account that was removed before the time gets nothing, and the sender hears of it', async () => {
  const store = openMemoryStore()
  await appointed(store)
  await fileDue(store, { living: [anna] })
  assert.deepEqual(await filedFor(store, ben), [])
  const [report = ''] = await filedFor(store, anna)
  const read = readDsn(encodeUtf8(report))
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map(({ action, status }) => [action, status]),
    [['failed', '5.1.1']],
  )
})
