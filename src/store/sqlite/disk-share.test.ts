import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import type { LogLine } from '../../base/log.ts'
import { acceptance, mailboxItem, message } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import type { ContentSink } from '../ports/contents.ts'
import type { NewContent } from '../ports/post.ts'
import { testFolder } from '../test-folder.ts'
import { SpoolCount, SpoolShare, keptShare, newSpoolSlots } from './disk-share.ts'
import { openSqliteStore } from './sqlite-store.ts'

function isFull(error: unknown): boolean {
  return error instanceof WaybillError && error.code === 'store-full'
}

test('letters that are coming get half of the share, all together', () => {
  const lines: LogLine[] = []
  const log = (line: LogLine): void => void lines.push(line)
  const share = new SpoolShare(() => ({ size: 10_000, free: 9000 }), 10, log)
  assert.equal(keptShare({ size: 10_000, free: 0 }, 10), 500)
  share.take('a', 300)
  share.take('b', 200)
  for (let n = 0; n < 3; n++) assert.throws(() => share.take('b', 1), isFull)
  assert.equal(share.taken, 500)
  const fields = { limit: 'retention.strangers_percent', taken: 500, share: 500 }
  assert.deepEqual(lines, [{ level: 'warning', event: 'limit', fields }])
  share.giveBack('a')
  share.giveBack('a')
  assert.equal(share.taken, 200)
  share.take('c', 300)
  assert.throws(() => share.take('d', 1), isFull)
  assert.equal(lines.length, 2, 'told again once there was room between')
})

test('when little is free they get no more than half of that', () => {
  const disk = { size: 10_000, free: 100 }
  const share = new SpoolShare(() => disk, 50)
  share.take('a', 50)
  disk.free = 50 // what was taken is written by now
  assert.throws(() => share.take('a', 1), isFull)
  disk.free = 5000
  share.take('a', 1)
})

const chunk = new Uint8Array(100_000).fill(97)

/** Pushes chunks; gives how many were taken before the disk's share was used up. */
async function fill(sink: ContentSink, chunks: number): Promise<number> {
  for (let n = 0; n < chunks; n++) {
    try {
      await sink.push(chunk)
    } catch (error) {
      assert.ok(isFull(error), String(error))
      return n
    }
  }
  return chunks
}

test('strangers cannot fill the disk with letters that never end; our own go on', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const disk = { size: 40_000_000, free: 40_000_000 }
  const store = await openSqliteStore({ folder, disk: () => disk })
  t.after(() => store.close())
  const strangers = Array.from({ length: 4 }, () => store.contents.newContent('stranger'))
  const taken: number[] = []
  for (const sink of strangers) taken.push(await fill(sink, 15))
  // 2 MB is their half: the first one has its letter, the next ones share what is left.
  assert.equal(taken[0], 15)
  const octets = taken.reduce((a, b) => a + b, 0) * chunk.length
  assert.ok(octets > 1_500_000 && octets < 2_000_000 + 4 * 600_000, `${octets}`)
  // What fits into memory needs none of it.
  assert.equal(await fill(store.contents.newContent('stranger'), 2), 2)
  const own = store.contents.newContent()
  assert.equal(await fill(own, 60), 60)
  own.abort()

  // One is accepted, the others are given up: then there is room again.
  const [first, ...others] = strangers
  for (const sink of others) sink.abort()
  const content: NewContent | undefined = await first?.finish()
  assert.ok(content !== undefined)
  const mailbox = [mailboxItem()]
  await store.post.accept(acceptance({ message: message('m1', '', { content }), mailbox }))
  const next = store.contents.newContent('stranger')
  assert.equal(await fill(next, 18), 18)
  next.abort()
  const last = store.contents.newContent('stranger')
  assert.equal(await fill(last, 18), 18)
  const kept = await last.shorten(await last.finish(), 1000)
  assert.equal(kept.size, 1000)
  assert.equal(await fill(store.contents.newContent('stranger'), 18), 18)
})

test('a letter is shortened to its first octets, from memory and from its file', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  for (const chunks of [2, 9]) {
    const sink = store.contents.newContent()
    for (let n = 0; n < chunks; n++) await sink.push(new Uint8Array(100_000).fill(n))
    const content = await sink.finish()
    assert.equal(await sink.shorten(content, content.size), content)
    const kept = await sink.shorten(content, 150_000)
    const { source } = kept
    assert.ok(source.type === 'octets')
    assert.equal(kept.size, 150_000)
    assert.deepEqual([source.octets[99_999], source.octets[100_000]], [0, 1])
    await store.post.accept(acceptance({ message: message(`m${chunks}`, '', { content: kept }) }))
  }
  await store.close()
  assert.deepEqual(readdirSync(dataFolder(folder).spool), [])
})

test('what all threads take is one sum; what a lost one took can be forgotten', () => {
  const slots = newSpoolSlots(3)
  const [one, two, other] = [0, 1, 2].map((mine) => new SpoolCount(slots, mine))
  one?.add(10)
  two?.add(5_000_000_000)
  two?.add(-1)
  assert.equal(other?.total, 5_000_000_009)
  other?.forget(1)
  assert.equal(one?.total, 10)
})

test('one share of the disk is for the strangers of all threads together', () => {
  const slots = newSpoolSlots(2)
  const disk = (): { size: number; free: number } => ({ size: 2000, free: 1000 })
  const [one, two] = [0, 1].map((mine) => {
    return new SpoolShare(disk, 10, undefined, new SpoolCount(slots, mine))
  })
  one?.take('a', 60)
  assert.throws(() => two?.take('b', 41), { code: 'store-full' })
  two?.take('b', 40)
  assert.throws(() => one?.take('a', 1), { code: 'store-full' })
  assert.deepEqual([one?.taken, two?.taken], [100, 100])
  one?.giveBack('a')
  one?.giveBack('a')
  assert.equal(two?.taken, 40)
})
