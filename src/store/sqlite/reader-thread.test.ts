import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { LogLine } from '../../base/log.ts'
import { displayUtf8, encodeUtf8 } from '../../base/octets.ts'
import { readAtOnceBytes, readPorts } from '../reads.ts'
import { acceptance, journey, message, textOf } from '../contract-cases.ts'
import { ReaderThread, type ReaderSetup, startReaderThread } from './reader-thread.ts'
import { readOnThread } from './reading.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'

async function filled(t: TestContext): Promise<ReaderSetup> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  const journeys = [journey('JOURNEY1', { messageId: 'm1' })]
  await store.post.accept(acceptance({ message: message('m1', 'a letter'), journeys }))
  await store.close()
  return { folder, busyTimeoutMs: 1000 }
}

function unexpected(cause: unknown): void {
  assert.fail(String(cause))
}

/** A thread that dies of its first question. */
function mortal(): Worker {
  const code = "require('node:worker_threads').parentPort.once('message', () => process.exit(3))"
  return new Worker(code, { eval: true })
}

test('what is written is read at once by another thread, octets and all', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  for (const [id, text] of [
    ['short', 'a letter'],
    ['long', 'x'.repeat(300_000)],
  ] as const) {
    await store.post.accept(acceptance({ message: message(id, text) }))
    assert.equal(await textOf(await store.messages.open(id)), text)
  }
  assert.equal(await store.messages.open('none'), undefined)
  await store.close()
  await assert.rejects(store.counts(), /closed/)
})

test('a thread that dies is told and replaced, and its questions are asked once more', async (t) => {
  const setup = await filled(t)
  const lost: unknown[] = []
  let started = 0
  const thread = new ReaderThread(
    () => (started++ === 0 ? mortal() : startReaderThread(setup)),
    (cause) => lost.push(cause),
  )
  const [counts, found] = await Promise.all([
    thread.ask('counts'),
    thread.ask('findJourney', 'JOURNEY1'),
  ])
  assert.equal(counts.journeys, 1)
  assert.equal(found.type, 'found')
  assert.equal(lost.length, 1)
  assert.equal(started, 2)
  await thread.close()
})

test('a question over which two threads die is answered with an error, others go on', async (t) => {
  const setup = await filled(t)
  const lost: unknown[] = []
  let started = 0
  const thread = new ReaderThread(
    () => (started++ < 2 ? mortal() : startReaderThread(setup)),
    (cause) => lost.push(cause),
  )
  await assert.rejects(thread.ask('counts'), { code: 'store-broken' })
  assert.equal(lost.length, 2)
  assert.equal((await thread.ask('counts')).journeys, 1)
  await thread.close()
})

test('those that wait behind a question that ends two threads are answered', async (t) => {
  const setup = await filled(t)
  const lost: unknown[] = []
  let started = 0
  const thread = new ReaderThread(
    // The one who waits is then the first of a thread that dies too, once.
    () => (started++ < 3 ? mortal() : startReaderThread(setup)),
    (cause) => lost.push(cause),
  )
  const asked = [thread.ask('counts'), thread.ask('counts'), thread.ask('counts')]
  const ends = await Promise.allSettled(asked)
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
  assert.equal(lost.length, 3)
  await thread.close()
})

/** Counts the messages that go to a thread that reads. */
function counted(setup: ReaderSetup): {
  readonly start: () => Worker
  readonly sent: () => number
} {
  let sent = 0
  const start = (): Worker => {
    const worker = startReaderThread(setup)
    const post = worker.postMessage.bind(worker)
    worker.postMessage = (message: unknown) => {
      post(message)
      sent++
    }
    return worker
  }
  return { start, sent: () => sent }
}

test('what is asked in one turn goes over as one message, and each question has its own answer', async (t) => {
  const { start, sent } = counted(await filled(t))
  const thread = new ReaderThread(start, unexpected)
  const notData = Symbol('not data') as unknown as string
  const asked = [
    thread.ask('counts'),
    thread.ask('message', 'none'),
    thread.ask('findJourney', 'JOURNEY1'),
  ]
  await Promise.all(asked)
  assert.equal(sent(), 1)
  const ends = await Promise.allSettled([
    thread.ask('counts'),
    thread.ask('message', notData),
    thread.ask('message', 'm1'),
  ])
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  await thread.close()
})

test('a short letter is read as one chunk, without what was left out of it', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  const prefix = encodeUtf8('Received: here\r\n')
  const letter = { ...message('m1', 'From: a\r\nBcc: b\r\n\r\nbody\r\n'), prefix }
  await store.post.accept(acceptance({ message: { ...letter, omit: [[9, 17]] } }))
  const chunks: Uint8Array[] = []
  const opened = await store.messages.open('m1')
  for await (const chunk of opened?.chunks() ?? []) chunks.push(chunk)
  const text = 'Received: here\r\nFrom: a\r\n\r\nbody\r\n'
  assert.deepEqual(chunks.map(displayUtf8), [text])
  assert.equal(opened?.size, text.length)
})

test('a letter that is not long comes with one question, a longer one with two', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  for (const [id, size] of [
    ['short', readAtOnceBytes],
    ['longer', readAtOnceBytes + 1],
  ] as const) {
    await store.post.accept(acceptance({ message: message(id, 'x'.repeat(size)) }))
  }
  await store.close()
  const { start, sent } = counted({ folder, busyTimeoutMs: 1000 })
  const thread = new ReaderThread(start, unexpected)
  const { messages } = readPorts(thread.ask)
  assert.equal((await textOf(await messages.open('short'))).length, readAtOnceBytes)
  assert.equal(sent(), 1)
  assert.equal((await textOf(await messages.open('longer'))).length, readAtOnceBytes + 1)
  assert.equal(sent(), 3)
  await thread.close()
})

test('a close waits for what was asked, and nothing is asked behind it', async (t) => {
  const thread = new ReaderThread(() => startReaderThread(setup), unexpected)
  const setup = await filled(t)
  const asked = thread.ask('counts')
  const closed = thread.close()
  await assert.rejects(thread.ask('counts'), /closed/)
  assert.equal((await asked).journeys, 1)
  await closed
  await new ReaderThread(() => assert.fail('nothing was asked'), unexpected).close()
})

test('a folder that cannot be read is said to whoever asks, each time', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const setup = { folder: `${folder}/none`, busyTimeoutMs: 0 }
  const thread = new ReaderThread(() => startReaderThread(setup), unexpected)
  for (let n = 0; n < 2; n++) await assert.rejects(thread.ask('counts'), { code: 'not-found' })
  await thread.close()
})

test('the log says when the thread that reads has ended', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const lines: LogLine[] = []
  let begun = false
  const reading = readOnThread((setup) => {
    if (begun) return startReaderThread(setup)
    begun = true
    return mortal()
  })
  const log = (line: LogLine): void => void lines.push(line)
  const store = await openSqliteStore({ folder, log }, undefined, reading)
  assert.equal((await store.counts()).journeys, 0)
  assert.match(JSON.stringify(lines), /thread that reads the store has ended/)
  await store.close()
})
