import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { backUpStore } from './backup.ts'
import {
  acceptance,
  mailboxItem,
  message,
  outgoing,
  readable,
  snapshot,
} from '../contract-cases.ts'
import { contentPath, dataFolder } from '../data-folder.ts'
import { integer, openDatabase } from './database.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'
import { verifyStore } from './verify-store.ts'

test('a backup made while the server runs is a data folder of one instant', async () => {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder: join(folder, 'data') })
  await store.post.accept(outgoing())
  const long = message('m2', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  const before = await snapshot(readable(store))
  const under = store.post.accept(acceptance({ message: message('m3', 'meanwhile') }))
  const to = join(folder, 'backup')
  const result = backUpStore({ folder: join(folder, 'data'), to })
  await under
  assert.deepEqual(result, { messages: 2, contents: 1, missing: 0 })
  await store.close()
  const copy = await openSqliteStore({ folder: to })
  assert.deepEqual(await snapshot(readable(copy)), before)
  await copy.post.accept(acceptance({ message: message('m4', 'the copy lives') }))
  await copy.close()
  remove()
})

test('a backup that was broken off opens nowhere', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const long = message('m1', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm1' })] }),
  )
  await store.close()
  const brokenOff = (): never => {
    throw new Error('broken off')
  }
  const to = join(folder, 'copy')
  assert.throws(() => backUpStore({ folder: data, to, progress: brokenOff }), /broken off/)
  assert.equal(existsSync(dataFolder(to).database), false)
  assert.throws(() => openReadOnlyStore({ folder: to }), /is missing, but the folder has held mail/)
  await assert.rejects(openSqliteStore({ folder: to }), /is missing, but the folder has held mail/)
  remove()
})

test('what stands in the place of a content and is no file is as good as lost, and told', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const long = message('m1', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm1' })] }),
  )
  await store.close()
  const { content } = dataFolder(data)
  const [part = ''] = readdirSync(content)
  const [sha256 = ''] = readdirSync(join(content, part))
  rmSync(join(content, part, sha256))
  mkdirSync(join(content, part, sha256))
  const result = backUpStore({ folder: data, to: join(folder, 'copy') })
  assert.deepEqual(result, { messages: 1, contents: 0, missing: 1 })
  remove()
})

test('of a folder whose database is lost there is no backup', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  await (await openSqliteStore({ folder: data })).close()
  writeFileSync(dataFolder(data).database, '')
  const to = join(folder, 'copy')
  assert.throws(() => backUpStore({ folder: data, to }), /is empty, but the folder has held mail/)
  assert.equal(existsSync(to), false)
  remove()
})

test('a backup before an upgrade: a folder of 0.1.0 is copied as it is, and its day beside it', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  const fixture = join(import.meta.dirname, '../../../test/fixtures/0.1.0/north/waybill.db.gz')
  writeFileSync(join(data, 'waybill.db'), gunzipSync(readFileSync(fixture)))
  writeFileSync(dataFolder(data).firstUnreportedDay, '2026-11-01\n')
  const to = join(folder, 'copy')
  const { messages } = backUpStore({ folder: data, to })
  assert.ok(messages > 0)
  assert.equal(readFileSync(dataFolder(to).firstUnreportedDay, 'utf8'), '2026-11-01\n')
  const database = openDatabase(join(to, 'waybill.db'), { readOnly: true, busyTimeoutMs: 0 })
  assert.deepEqual({ ...database.get('PRAGMA user_version') }, { user_version: 1 })
  database.close()
  const store = await openSqliteStore({ folder: to })
  assert.ok((await store.journeys.search({ filter: {}, limit: 5 })).rows.length > 0)
  await store.close()
  remove()
})

/** A data folder with messages whose contents are in files. */
async function withLong(folder: string, ...ids: string[]): Promise<void> {
  const store = await openSqliteStore({ folder })
  for (const id of ids) {
    const mailbox = [mailboxItem({ messageId: id })]
    const long = message(id, id.padEnd(300_000, 'x'))
    await store.post.accept(acceptance({ message: long, mailbox }))
  }
  await store.close()
}

function hashOf(id: string): string {
  return createHash('sha256').update(id.padEnd(300_000, 'x')).digest('hex')
}

/** What a server does that takes a letter in, by hand. */
function comes(data: string, id: string): void {
  const path = contentPath(dataFolder(data), hashOf(id))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, id.padEnd(300_000, 'x'))
  const database = openDatabase(dataFolder(data).database, { readOnly: false, busyTimeoutMs: 0 })
  const content = 'INSERT INTO content (sha256, size) VALUES (?, 300000) RETURNING key'
  const key = integer(database.get(content, Buffer.from(hashOf(id), 'hex')) ?? {}, 'key')
  const row = 'INSERT INTO message (id, content, size, prefix, omit) VALUES (?, ?, 300000, ?, ?)'
  database.run(row, id, key, Buffer.of(), '[]')
  database.close()
}

/** What a server does that delivers a letter, by hand: a backup is synchronous. */
function gone(data: string, id: string, sha256: string): void {
  const database = openDatabase(dataFolder(data).database, { readOnly: false, busyTimeoutMs: 0 })
  const key = database.get('SELECT key, content FROM message WHERE id = ?', id) ?? {}
  database.run('DELETE FROM mailbox_item WHERE message = ?', integer(key, 'key'))
  database.run('DELETE FROM message WHERE id = ?', id)
  database.run('DELETE FROM content WHERE key = ?', integer(key, 'content'))
  database.close()
  rmSync(contentPath(dataFolder(data), sha256))
}

/** What is wrong with the contents; the counts that are kept are not those of what is done by hand. */
async function broken(folder: string): Promise<readonly string[]> {
  const { findings } = await verifyStore({ folder })
  return findings.flatMap((finding) => {
    if (finding.type === 'reference') return []
    return `${finding.type} ${'sha256' in finding ? finding.sha256 : JSON.stringify(finding)}`
  })
}

test('what leaves while a backup is made leaves it whole, at every step', async () => {
  for (const step of [0, 1, 2, 3]) {
    const { folder, remove } = testFolder()
    const data = join(folder, 'data')
    await withLong(data, 'm1', 'm2', 'm3', 'm4')
    const to = join(folder, 'copy')
    let copies = 0
    const progress = (): void => {
      if (copies++ === step) gone(data, 'm3', hashOf('m3'))
    }
    const result = backUpStore({ folder: data, to, progress })
    assert.deepEqual(result, { messages: 3, contents: 3, missing: 0 }, `step ${step}`)
    assert.deepEqual(await broken(to), [])
    remove()
  }
})

test('what comes and goes while it is made leaves it whole: the database is copied again', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  await withLong(data, 'm1')
  const to = join(folder, 'copy')
  let came = 0
  let copies = 0
  const progress = (): void => {
    if (!existsSync(`${dataFolder(to).database}.part`)) {
      // One more with each that is copied: the last of them is always one that was not seen.
      comes(data, `n${++came}`)
    } else if (++copies === 1) gone(data, `n${came}`, hashOf(`n${came}`))
  }
  const result = backUpStore({ folder: data, to, progress })
  assert.equal(copies, 1)
  assert.deepEqual(result, { messages: came, contents: came, missing: 0 })
  assert.deepEqual(await broken(to), [])
  remove()
})

test('a content whose file is lost is told as missing, and the rest is copied', async () => {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  await withLong(data, 'm1', 'm2', 'm3')
  const lost = hashOf('m2')
  rmSync(contentPath(dataFolder(data), lost))
  const to = join(folder, 'copy')
  const copied: number[] = []
  const result = backUpStore({ folder: data, to, progress: (contents) => copied.push(contents) })
  assert.deepEqual(result, { messages: 3, contents: 2, missing: 1 })
  // It was looked for before the database was copied and after it, and no more often.
  assert.equal(copied.length, 5)
  assert.deepEqual(await broken(to), [`missing ${lost}`])
  remove()
})

test('a backup is not written over anything', () => {
  const { folder, remove } = testFolder()
  writeFileSync(join(folder, 'letter.txt'), 'mine')
  assert.throws(() => backUpStore({ folder, to: folder }), /is not empty/)
  remove()
})
