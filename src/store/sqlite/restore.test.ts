import assert from 'node:assert/strict'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import { backUpStore } from './backup.ts'
import { acceptance, mailboxItem, message } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { Restoration } from './restore.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'

/** A data folder with these messages, one of them in a file, and a backup of it. */
async function filled(
  t: TestContext,
  ...ids: string[]
): Promise<Record<'root' | 'data' | 'from', string>> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const places = { root: folder, data: join(folder, 'data'), from: join(folder, 'backup') }
  const store = await openSqliteStore({ folder: places.data })
  for (const id of ids) {
    const long = message(id, `${id} `.padEnd(300_000, 'x'))
    await store.post.accept(
      acceptance({ message: long, mailbox: [mailboxItem({ messageId: id })] }),
    )
  }
  await store.close()
  backUpStore({ folder: places.data, to: places.from })
  return places
}

async function messagesIn(folder: string): Promise<readonly string[]> {
  const reader = openReadOnlyStore({ folder })
  try {
    return (await reader.mailboxes.items({})).map(({ messageId }) => messageId)
  } finally {
    reader.close()
  }
}

function refuses(doing: () => unknown, code: string, words: RegExp): void {
  assert.throws(doing, (problem) => {
    assert.ok(problem instanceof WaybillError, String(problem))
    assert.deepEqual([problem.code, words.test(problem.message)], [code, true], problem.message)
    return true
  })
}

test('a backup comes back where nothing is, and opens', async (t) => {
  const { root, from } = await filled(t, 'm1', 'm2')
  const folder = join(root, 'new')
  const restoration = Restoration.begin({ from, folder, replace: false })
  assert.deepEqual(await messagesIn(restoration.copy), ['m1', 'm2'])
  assert.equal(existsSync(dataFolder(folder).database), false)
  assert.equal(restoration.putInPlace('aside'), undefined)
  assert.deepEqual(await messagesIn(folder), ['m1', 'm2'])
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'content',
    'server.lock',
    'spool',
    'waybill.db',
  ])
  assert.deepEqual(await messagesIn(from), ['m1', 'm2'])
  await (await openSqliteStore({ folder })).close()
})

test('what is there is put aside when that is wanted, and else nothing happens', async (t) => {
  const { data, from } = await filled(t, 'm1')
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(
    acceptance({ message: message('m2', 'x'), mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  await store.close()
  writeFileSync(dataFolder(data).firstUnreportedDay, '2026-11-27\n')
  writeFileSync(join(data, 'notes.txt'), 'mine')
  refuses(
    () => Restoration.begin({ from, folder: data, replace: false }),
    'usage',
    /mail data in .* already/,
  )
  assert.deepEqual(await messagesIn(data), ['m1', 'm2'])
  const restoration = Restoration.begin({ from, folder: data, replace: true })
  assert.deepEqual(await messagesIn(data), ['m1', 'm2'])
  assert.equal(restoration.putInPlace('aside'), join(data, 'aside'))
  assert.deepEqual(await messagesIn(data), ['m1'])
  assert.deepEqual(await messagesIn(join(data, 'aside')), ['m1', 'm2'])
  assert.equal(readFileSync(join(data, 'notes.txt'), 'utf8'), 'mine')
  const day = join(data, 'aside', 'first-unreported-day')
  assert.equal(readFileSync(day, 'utf8'), '2026-11-27\n')
})

/** A data folder as a killed server leaves it: m1 in the database, m2 in its log alone. */
async function killed(t: TestContext): Promise<Record<'data' | 'from', string>> {
  const { root, data: live, from } = await filled(t, 'm1')
  const store = await openSqliteStore({ folder: live })
  await store.post.accept(
    acceptance({ message: message('m2', 'x'), mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  const data = join(root, 'killed')
  cpSync(live, data, { recursive: true })
  await store.close()
  return { data, from }
}

test('the database goes first and comes last', async (t) => {
  const { data, from } = await killed(t)
  const moved: string[] = []
  const rename = (path: string, to: string): void => {
    moved.push(relative(data, path))
    renameSync(path, to)
  }
  Restoration.begin({ from, folder: data, replace: true, rename }).putInPlace('aside')
  assert.deepEqual(moved.slice(0, 2), ['waybill.db', 'waybill.db-wal'])
  assert.equal(moved.at(-1), join('restoring', 'waybill.db'))
})

test('ended at any step, nothing is lost, and the next attempt ends it', async (t) => {
  let ended = true
  for (let steps = 0; ended; steps++) {
    const { data, from } = await killed(t)
    let left = steps
    const rename = (path: string, to: string): void => {
      if (left-- === 0) throw new Error('ended')
      renameSync(path, to)
    }
    const attempt = Restoration.begin({ from, folder: data, replace: true, rename })
    try {
      attempt.putInPlace('first')
      ended = false
    } catch (problem) {
      assert.match(String(problem), /ended/)
      const { database } = dataFolder(data)
      assert.equal(existsSync(database), steps === 0, 'what is half is not taken for whole')
      Restoration.begin({ from, folder: data, replace: true }).putInPlace('second')
    }
    assert.deepEqual(await messagesIn(data), ['m1'])
    const asides = readdirSync(data).filter((name) => existsSync(join(data, name, 'waybill.db')))
    assert.equal(asides.length, 1, `after ${steps} steps`)
    assert.deepEqual(await messagesIn(join(data, ...asides)), ['m1', 'm2'], `after ${steps} steps`)
    assert.equal(existsSync(join(data, 'before-restore-unfinished')), false)
    if (ended) assert.ok(steps < 20)
    else assert.ok(steps >= 8, `${steps}`)
  }
})

test('what came after an attempt that was broken off is not put over what it put aside', async (t) => {
  const { data, from } = await killed(t)
  const unfinished = join(data, 'before-restore-unfinished')
  cpSync(data, `${data}-2`, { recursive: true })
  renameSync(`${data}-2`, unfinished)
  const restoration = Restoration.begin({ from, folder: data, replace: true })
  assert.equal(restoration.putInPlace('aside'), join(data, 'aside'))
  for (const name of ['aside', 'aside-unfinished']) {
    assert.deepEqual(await messagesIn(join(data, name)), ['m1', 'm2'])
  }
})

test('never over a server that runs, and nothing is left of the attempt', async (t) => {
  const { data, from } = await filled(t, 'm1')
  const store = await openSqliteStore({ folder: data })
  t.after(() => store.close())
  const before = readdirSync(data).toSorted()
  refuses(
    () => Restoration.begin({ from, folder: data, replace: true }),
    'data-in-use',
    /is in use/,
  )
  assert.deepEqual(readdirSync(data).toSorted(), before)
})

test('a server cannot start while it goes on, and can when it is given up', async (t) => {
  const { root, from } = await filled(t, 'm1')
  const folder = join(root, 'new')
  const restoration = Restoration.begin({ from, folder, replace: false })
  await assert.rejects(openSqliteStore({ folder }), /is in use/)
  restoration.abandon()
  assert.deepEqual(readdirSync(folder), ['server.lock'])
  await (await openSqliteStore({ folder })).close()
})

test('what a broken attempt has left is no part of the next one', async (t) => {
  const { data, from } = await filled(t, 'm1')
  mkdirSync(join(data, 'restoring', 'content'), { recursive: true })
  Restoration.begin({ from, folder: data, replace: true }).putInPlace('aside')
  assert.deepEqual(await messagesIn(data), ['m1'])
  assert.equal(existsSync(join(data, 'restoring')), false)
})

test('a folder is not restored from itself, nor from nothing', async (t) => {
  const { root, data } = await filled(t, 'm1')
  refuses(
    () => Restoration.begin({ from: data, folder: `${data}/`, replace: true }),
    'usage',
    /from itself/,
  )
  const folder = join(root, 'new')
  const from = join(root, 'none')
  assert.throws(() => Restoration.begin({ from, folder, replace: false }))
  assert.equal(existsSync(join(folder, 'restoring')), false)
})

test('what root restores belongs to the owner of the folder', {
  skip: process.getuid?.() !== 0,
}, async (t) => {
  const { root, from } = await filled(t, 'm1')
  const folder = join(root, 'new')
  mkdirSync(folder)
  chownSync(folder, 65_534, 65_534)
  Restoration.begin({ from, folder, replace: false }).putInPlace('aside')
  const { database, content, lock } = dataFolder(folder)
  const [part = ''] = readdirSync(content)
  for (const path of [database, content, lock, join(content, part)]) {
    assert.equal(statSync(path).uid, 65_534, path)
  }
})
