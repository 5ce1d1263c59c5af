import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { Settler } from '../queue/settler.ts'
import { readDsn } from '../report/read-dsn.ts'
import { contentOf } from '../store/ports/contents.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Store } from '../store/ports/store.ts'
import type { Attempt } from './attempt.ts'
import {
  letter,
  minuteMs,
  settlementsIn,
  start,
  testItem,
  testWorld,
} from './test-support/world.ts'

const names = ['ann', 'bob', 'cat', 'dan']

async function openStore(): Promise<Store> {
  const store = openMemoryStore()
  const queue = names.map((name) => {
    const {
      attempts: _a,
      held: _h,
      lastProblem: _l,
      ...item
    } = testItem({
      id: name,
      recipient: `${name}@south.example`,
    })
    return item
  })
  const message = { id: 'm1', content: contentOf(encodeUtf8(letter)), prefix: new Uint8Array(0) }
  const row = { direction: 'out', startedAt: start, status: 'queued', mailFrom: '' } as const
  const words = { rcptTo: [], subject: '', summary: '', json: '{}', shared: [] }
  const journeys = [{ id: 'j1', messageId: 'm1', ...row, ...words }]
  await store.post.accept({ message: { ...message, omit: [] }, queue, mailbox: [], journeys })
  return store
}

/** Everybody of whom some notice in the store tells, once for each time. */
async function told(store: Store): Promise<readonly string[]> {
  const found: string[] = []
  for (const { messageId } of await store.mailboxes.items({})) {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await store.messages.open(messageId))?.chunks() ?? [])
      chunks.push(chunk)
    const read = readDsn(Buffer.concat(chunks))
    assert.ok(read.type === 'dsn')
    found.push(...read.recipients.map(({ finalRecipient }) => finalRecipient ?? ''))
  }
  return found.map((text) => text.replace(/@.*/, '').replace(/.*;\s*/, ''))
}

function refused(items: readonly QueueItem[]): readonly Attempt[] {
  const because = 'There is no such mailbox.'
  const result = { result: 'failed', status: '5.1.1', because, outcome: undefined } as const
  return items.map((item) => {
    return { item, host: 'mx.south.example', ip: '', result, lines: [], refusedToTalk: false }
  })
}

test('whose leases are lost, each recipient is told of once, and none is forgotten', async () => {
  const someNames = fc.subarray(names, { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(someNames, async (lost) => {
      const store = await openStore()
      const world = testWorld()
      const problems: unknown[] = []
      const settler = new Settler(store.queue, world.clock, (_ids, error) => problems.push(error))
      const settleAs = async (owner: string, items: readonly QueueItem[]): Promise<void> => {
        const log = new JourneyBuilder('', world.clock)
        log.step({ type: 'dial', host: 'mx', ip: '', port: 25, place: undefined, problem: 'x' })
        await settler.settle(await settlementsIn(world).of(refused(items), { log, owner }))
      }
      const when = { now: start, leaseUntil: start + minuteMs, limit: 9 }
      const items = await store.queue.lease({ owner: 'one', ...when })
      // Every lease ends, and those of some are not renewed.
      await store.queue.hold(lost)
      await store.queue.releaseLeases()
      await store.queue.lease({ owner: 'one', ...when })
      await settleAs('one', items)
      assert.deepEqual(Array.from(await told(store)).sort(), without(lost))
      await store.queue.release(lost, start)
      await settleAs('two', await store.queue.lease({ owner: 'two', ...when }))
      assert.deepEqual(Array.from(await told(store)).sort(), names)
      assert.equal((await store.counts()).queued, 0)
      assert.deepEqual(problems, [])
      const found = await store.journeys.find('j1')
      assert.ok(found.type === 'found')
      const steps = found.journey.appended.flatMap((json): { type: string }[] => JSON.parse(json))
      assert.equal(steps.filter(({ type }) => type === 'attempt').length, names.length)
      const notices = lost.length === names.length ? 1 : 2
      assert.equal(steps.filter(({ type }) => type === 'dial').length, notices)
      assert.equal(steps.filter(({ type }) => type === 'notified').length, notices)
    }),
    { numRuns: 15 },
  )
})

function without(lost: readonly string[]): readonly string[] {
  return names.filter((name) => !lost.includes(name))
}
