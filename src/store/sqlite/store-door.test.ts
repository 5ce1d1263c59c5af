import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { WaybillError } from '../../base/error.ts'
import { silent } from '../../base/log.ts'
import { contentOf } from '../ports/contents.ts'
import { now, queueItem } from '../contract-cases.ts'
import { factsOf, next } from '../contract-changes.ts'
import { openSqliteStore, type SharedStore } from './sqlite-store.ts'
import { type EnteredStore, enterStore } from './store-door.ts'
import type { Acceptance, NewJourney } from '../ports/post.ts'
import { testFolder } from '../test-folder.ts'
import { startWriterThread } from './writer-thread.ts'

interface Opened {
  readonly store: SharedStore
  readonly doors: readonly [EnteredStore, EnteredStore]
  readonly broken: readonly string[]
  readonly killWriter: () => void
  readonly spooled: () => readonly string[]
}

async function open(t: TestContext): Promise<Opened> {
  const { folder, remove } = testFolder()
  const broken: string[] = []
  const tell = (who: string): ((problem: WaybillError) => void) => {
    return ({ code }) => void broken.push(`${who} ${code}`)
  }
  const kill: { writer?: () => void } = {}
  const options = { folder, onBroken: tell('main') }
  const store = await openSqliteStore(options, async (setup) => {
    const link = await startWriterThread(setup)
    // A batch that is none: it falls over it.
    kill.writer = () => link.post(JSON.parse('{"first":0}'), [])
    return link
  })
  const one = enterStore(store.door(1), silent, tell('one'))
  const two = enterStore(store.door(2), silent, tell('two'))
  const spooled = (): readonly string[] => readdirSync(join(folder, 'spool'))
  t.after(async () => {
    await Promise.all([one.close(), two.close()])
    await store.close()
    remove()
  })
  return { store, doors: [one, two], broken, killWriter: () => kill.writer?.(), spooled }
}

function acceptance(id: string, text: string): Acceptance {
  const journey: NewJourney = {
    id,
    direction: 'in',
    startedAt: 1,
    status: 'delivered',
    mailFrom: '',
    rcptTo: [],
    subject: '',
    summary: '',
    json: '{}',
    shared: [],
  }
  const message = {
    id,
    content: contentOf(Buffer.from(text)),
    prefix: Buffer.from('Received: x\r\n'),
    omit: [],
  }
  return { message, queue: [], mailbox: [], journeys: [journey] }
}

async function textOf({ messages }: SharedStore, id: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await messages.open(id))?.chunks() ?? []) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('what comes in by any door is on disk when it is accepted, and each hears its own outcome', async (t) => {
  const { store, doors } = await open(t)
  const [one, two] = doors
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, n) => {
    const into = [one.intake, two.intake, store.post][n % 3] ?? store.post
    return into.accept(acceptance(id.repeat(16), `letter ${id}`))
  })
  await Promise.all(all)
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    assert.equal(await textOf(store, id.repeat(16)), `Received: x\r\nletter ${id}`)
  }
  await assert.rejects(one.intake.accept(acceptance('a'.repeat(16), 'twice')))
  await two.intake.accept(acceptance('g'.repeat(16), 'goes on'))
})

test('what comes in by a door is told in the feed of changes, to whom it concerns', async (t) => {
  const { store, doors } = await open(t)
  const [one] = doors
  const all = store.changes()
  const queue = store.changes({ only: ['queue'] })
  const journeys = ['a', 'b'].map((id) => id.repeat(16))
  await one.intake.accept(acceptance('a'.repeat(16), 'x'))
  const letter = acceptance('b'.repeat(16), 'x')
  await one.intake.accept({ ...letter, queue: [queueItem('q1', { messageId: 'b'.repeat(16) })] })
  const told = factsOf(await next(all, 3))
  const due = { type: 'queue', dueAt: now }
  assert.deepEqual(told, [...journeys.map((id) => ({ type: 'journey', id })), due])
  assert.deepEqual(await next(queue, 1), [{ ...due, number: 3 }])
})

test('a door that was closed takes nothing more, and the others go on', async (t) => {
  const { store, doors } = await open(t)
  const [one, two] = doors
  const last = one.intake.accept(acceptance('a'.repeat(16), 'the last'))
  await one.close()
  await last
  await assert.rejects(one.intake.accept(acceptance('b'.repeat(16), 'too late')), /closed/)
  await two.intake.accept(acceptance('c'.repeat(16), 'two'))
  await store.post.accept(acceptance('d'.repeat(16), 'main'))
})

test('a writer that dies is known at every door at once, and what waits is refused', async (t) => {
  const { store, doors, broken, killWriter } = await open(t)
  const [one, two] = doors
  killWriter()
  const late = [one.intake, two.intake, store.post].map((into, n) => {
    return into.accept(acceptance(String(n).repeat(16), 'x'))
  })
  const outcomes = await Promise.allSettled(late)
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  assert.deepEqual(broken.toSorted(), ['main store-broken', 'one store-broken', 'two store-broken'])
  await assert.rejects(one.intake.accept(acceptance('9'.repeat(16), 'x')), { code: 'store-broken' })
})

test('what a lost thread was writing is removed, and what it had sent is not; others keep theirs', async (t) => {
  const { store, doors, spooled } = await open(t)
  const long = Buffer.alloc(700_000, 'x')
  const sinks = [...doors.map(({ intake }) => intake), store.contents].map((into) => {
    return into.newContent('stranger')
  })
  for (const sink of sinks) await sink.push(long)
  const sent = doors[0].intake.newContent('own')
  await sent.push(long)
  const content = await sent.finish()
  await sinks[0]?.finish()
  // Three files that somebody writes, of two buffers each, and one that is handed over below.
  assert.equal(spooled().length, 4)
  const letter = acceptance('a'.repeat(16), '')
  const accepted = doors[0].intake.accept({
    ...letter,
    message: { id: 'a'.repeat(16), content, prefix: Buffer.from(''), omit: [] },
  })
  await new Promise((resolve) => setImmediate(resolve))
  store.lost(1)
  store.lost(1)
  await accepted
  await store.post.accept(acceptance('b'.repeat(16), 'behind it'))
  assert.equal(await textOf(store, 'a'.repeat(16)), long.toString())
  assert.equal(spooled().length, 2)
  for (const sink of sinks.slice(1)) {
    const kept = await sink.finish()
    assert.equal(kept.size, long.length)
    sink.abort()
  }
  store.lost(7)
})
