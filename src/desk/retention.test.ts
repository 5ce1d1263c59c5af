import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { contentOf } from '../store/ports/contents.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  messagesThere,
  now,
  queueItem,
  settlement,
} from '../store/contract-cases.ts'
import { dataFolder } from '../store/data-folder.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { storeFull } from '../store/problems.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { PruneRequest, PruneResult } from '../store/ports/retention.ts'
import type { Store } from '../store/ports/store.ts'
import { testFolder } from '../store/test-folder.ts'
import { passEveryMs, pauseMs, pruneRequest, Retention, retentionTimes } from './retention.ts'

const dayMs = 86_400_000
const times = retentionTimes({ journey_days: 90, scan_days: 1, refused_days: 7 })

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

/** Lets a pass come to its end: the clock moves only as its pauses ask. */
async function passOf(retention: Retention, clock: ManualClock): ReturnType<Retention['run']> {
  let over = false
  const pass = retention.run().finally(() => {
    over = true
  })
  while (!over) {
    await nextTurn()
    clock.advance(pauseMs)
  }
  return pass
}

/** What one day brings: mail for us, mail of ours, forgeries, port scans. */
async function oneDay(store: Store, day: number): Promise<void> {
  const startedAt = now + day * dayMs
  const name = (kind: string, n: number): string => `${kind}-${day}-${n}`
  const accepts: Promise<void>[] = []
  for (let n = 0; n < 30; n++) {
    const scan = { startedAt: startedAt + n, status: 'dropped', mailFrom: '', rcptTo: [] }
    accepts.push(store.post.accept(acceptance({ journeys: [journey(name('SCAN', n), scan)] })))
  }
  for (let n = 0; n < 5; n++) {
    const id = name('refused', n)
    const shared = [{ hash: id, json: `"${'x'.repeat(200)}"` }]
    const refused = journey(id, { startedAt, status: 'refused', messageId: id, shared })
    // Some in files, most in the database.
    const text = id.padEnd(n === 0 ? 270_000 : 20_000, '.')
    accepts.push(store.post.accept(acceptance({ message: message(id, text), journeys: [refused] })))
  }
  for (let n = 0; n < 3; n++) {
    const id = name('filed', n)
    const filed = journey(id, { startedAt, status: 'delivered', messageId: id })
    const mailbox = [mailboxItem({ messageId: id, journeyId: id })]
    accepts.push(
      store.post.accept(acceptance({ message: message(id, id), mailbox, journeys: [filed] })),
    )
  }
  const id = name('sent', 0)
  const sent = journey(id, { startedAt, direction: 'out', status: 'queued', messageId: id })
  const queue = [queueItem(`q${day}`, { messageId: id, journeyId: id, nextAttemptAt: startedAt })]
  accepts.push(
    store.post.accept(
      acceptance({ message: message(id, id.padEnd(280_000, '.')), queue, journeys: [sent] }),
    ),
  )
  await Promise.all(accepts)
  await store.queue.lease(lease({ now: startedAt }))
  await store.queue.settle([settlement({ queueId: `q${day}` })])
}

test('over months the disk holds what the table says, and stops growing', async (t) => {
  const folder = folderFor(t)
  const { content, database } = dataFolder(folder)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  const clock = new ManualClock(now)
  const log = (): void => {}
  const report = (problem: unknown): void => assert.fail(String(problem))
  const retention = new Retention({ store, clock, times, log, report })
  const sizes: number[] = []
  for (let day = 0; day < 130; day++) {
    await oneDay(store, day)
    clock.advance(now + (day + 0.5) * dayMs - clock.now())
    await passOf(retention, clock)
    const rows = await store.journeys.list({ limit: 100_000 })
    const scans = rows.filter(({ id }) => id.startsWith('SCAN'))
    assert.equal(scans.length, 30, `day ${day}: one day of connections`)
    const others = rows.length - scans.length
    assert.equal(others, 9 * Math.min(day + 1, 90), `day ${day}: 90 days of letters`)
    const files = readdirSync(content).flatMap((part) => readdirSync(join(content, part)))
    assert.equal(files.length, Math.min(day + 1, 7), `day ${day}: 7 days of refused content`)
    sizes.push(statSync(database).size)
  }
  assert.equal((await store.mailboxes.items({})).length, 390, 'filed mail is never removed')
  assert.ok((await store.messages.open('filed-0-0')) !== undefined)
  assert.equal(await store.messages.open('refused-120-1'), undefined)
  assert.ok((await store.messages.open('refused-125-1')) !== undefined)
  assert.equal((await store.journeys.sharedFacts(['refused-30-1'])).size, 0)
  assert.equal((await store.journeys.sharedFacts(['refused-50-1'])).size, 1)
  const [after, end] = [sizes[100] ?? 0, sizes.at(-1) ?? 0]
  assert.ok(end < after * 1.1, `${after} octets on day 100, ${end} on day 130`)
})

test('mail is taken in between the steps of a pass, and nothing of it is removed', async (t) => {
  const folder = folderFor(t)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  const old = Array.from({ length: 2000 }, (_, n) => journey(`OLD-${n}`))
  await store.post.accept(acceptance({ journeys: old }))
  const clock = new ManualClock(now + 100 * dayMs)
  const retention = new Retention({ store, clock, times, log: () => {}, report: assert.fail })
  let [passing, during] = [true, 0]
  const pass = retention.run().finally(() => {
    passing = false
  })
  while (passing) {
    const id = `new-${during}`
    const startedAt = clock.now()
    const mailbox = [mailboxItem({ messageId: id, journeyId: id })]
    const journeys = [journey(id, { startedAt, messageId: id })]
    // Each waits for no more than a step: it is durable before the next one may begin.
    await store.post.accept(acceptance({ message: message(id, id), mailbox, journeys }))
    during++
    clock.advance(pauseMs)
  }
  assert.equal((await pass).journeys, 2000)
  assert.ok(during >= 20, `${during} letters came in between`)
  assert.equal((await store.counts()).journeys, during)
})

test('a pass begins by itself, again and again, and tells what it removed', async () => {
  const clock = new ManualClock(now)
  const lines: LogLine[] = []
  const requests: PruneRequest[] = []
  const removed = [{ journeys: 1, messages: 2, contents: 3, facts: 4 }, undefined]
  const prune = (request: PruneRequest): Promise<PruneResult> => {
    requests.push(request)
    const none = { journeys: 0, messages: 0, contents: 0, facts: 0 }
    return Promise.resolve(removed.shift() ?? none)
  }
  const store = { retention: { prune } }
  const log = (line: LogLine): void => void lines.push(line)
  const retention = new Retention({ store, clock, times, log, report: assert.fail })
  retention.start()
  clock.advance(60_000)
  await nextTurn()
  assert.deepEqual(requests, [pruneRequest(times, now + 60_000)])
  const { journeysBefore, scansBefore, refusedBefore } = pruneRequest(times, now)
  assert.deepEqual(
    [journeysBefore, scansBefore, refusedBefore],
    [now - 90 * dayMs, now - dayMs, now - 7 * dayMs],
  )
  clock.advance(passEveryMs)
  await nextTurn()
  assert.deepEqual(requests[1], pruneRequest(times, now + 60_000 + passEveryMs))
  // Nothing outlives its journey.
  const half = now - dayMs / 2
  assert.deepEqual(pruneRequest({ ...times, journeysMs: dayMs / 2 }, now), {
    journeysBefore: half,
    scansBefore: half,
    refusedBefore: half,
    expiredBy: now,
  })
  const fields = { did: 'pruned', journeys: 1, messages: 2, contents: 3, facts: 4 }
  assert.deepEqual(lines, [{ level: 'info', event: 'store', fields }])
  await retention.stop()
  clock.advance(passEveryMs * 3)
  await nextTurn()
  assert.equal(requests.length, 2)
  assert.equal(clock.pending, 0)
})

test('a pass that fails is told, and the next one comes', async () => {
  const clock = new ManualClock(now)
  const reported: string[] = []
  let passes = 0
  const prune = (): Promise<never> => {
    passes++
    return Promise.reject(storeFull())
  }
  const store = { retention: { prune } }
  const report = (_problem: unknown, where: string): void => void reported.push(where)
  const retention = new Retention({ store, clock, times, log: () => {}, report })
  retention.start()
  for (const ms of [60_000, passEveryMs]) {
    clock.advance(ms)
    await nextTurn()
  }
  assert.equal(passes, 2)
  assert.deepEqual(reported, ['retention', 'retention'])
  await retention.stop()
})

test('a stop waits for no more than the step under way', async (t) => {
  const folder = folderFor(t)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  const old = Array.from({ length: 1000 }, (_, n) => journey(`OLD-${n}`))
  await store.post.accept(acceptance({ journeys: old }))
  const clock = new ManualClock(now + 100 * dayMs)
  const retention = new Retention({ store, clock, times, log: () => {}, report: assert.fail })
  const pass = retention.run()
  await retention.stop()
  const { journeys } = await pass
  assert.ok(journeys > 0 && journeys < 1000, `${journeys}`)
  assert.equal(clock.pending, 0)
})

test('two who ask at once get one pass', async () => {
  const store = openMemoryStore()
  await store.post.accept(acceptance({ journeys: [journey('OLD')] }))
  const clock = new ManualClock(now + 100 * dayMs)
  const retention = new Retention({ store, clock, times, log: () => {}, report: assert.fail })
  const [a, b] = await Promise.all([retention.run(), retention.run()])
  assert.deepEqual([a.journeys, b.journeys], [1, 1])
})

test('what a stranger sends is kept within its bounds by the store itself', async (t) => {
  const folder = folderFor(t)
  const limit = 2_000_000
  const disk = { size: limit * 20, free: limit * 20 }
  const store = await openSqliteStore({ folder, disk: () => disk, refusedBytes: limit / 2 })
  t.after(() => store.close())
  const content = (n: number): ReturnType<typeof contentOf> =>
    contentOf(Buffer.alloc(100_000, `${n}`))
  for (let n = 0; n < 60; n++) {
    const id = `refused-${n}`
    const stored = message(id, '', { content: content(n) })
    const json = JSON.stringify('r'.repeat(50_000))
    const refused = { status: 'refused', startedAt: now + n, messageId: id, json }
    await store.post.accept(acceptance({ message: stored, journeys: [journey(id, refused)] }))
    const all = Array.from({ length: 60 }, (_, i) => `refused-${i}`)
    const there = await messagesThere(store, all)
    assert.ok(there.length <= 10, 'the contents of all within their limit')
    assert.equal(there.at(-1), id, 'the newest stay')
    const { journeys } = await store.counts()
    assert.ok(journeys * 50_000 + there.length * 100_000 <= limit, `${journeys} records`)
  }
  assert.ok((await store.counts()).journeys >= 15)
  // Mail is not counted, however much of it there is.
  for (let n = 0; n < 40; n++) {
    const id = `filed-${n}`
    const stored = message(id, '', { content: contentOf(Buffer.alloc(100_000, `m${n}`)) })
    const mailbox = [mailboxItem({ messageId: id })]
    await store.post.accept(
      acceptance({ message: stored, mailbox, journeys: [journey(id, { messageId: id })] }),
    )
  }
  assert.equal((await store.mailboxes.items({})).length, 40)
  assert.ok((await store.messages.open('refused-59')) !== undefined)
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
