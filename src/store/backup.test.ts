import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { backUpStore } from './backup.ts'
import { acceptance, mailboxItem, message, outgoing, readable, snapshot } from './contract-cases.ts'
import { dataFolder } from './data-folder.ts'
import { openDatabase } from './database.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from './test-folder.ts'

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
  const { content } = dataFolder(data)
  const [part = ''] = readdirSync(content)
  const [sha256 = ''] = readdirSync(join(content, part))
  // A folder in the file's place cannot be copied.
  rmSync(join(content, part, sha256))
  mkdirSync(join(content, part, sha256))
  const to = join(folder, 'copy')
  assert.throws(() => backUpStore({ folder: data, to }))
  assert.equal(existsSync(dataFolder(to).database), false)
  assert.throws(() => openReadOnlyStore({ folder: to }), /is missing, but the folder has held mail/)
  await assert.rejects(openSqliteStore({ folder: to }), /is missing, but the folder has held mail/)
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
  const fixture = join(import.meta.dirname, '../../test/fixtures/0.1.0/north/waybill.db.gz')
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

test('a backup is not written over anything', () => {
  const { folder, remove } = testFolder()
  writeFileSync(join(folder, 'letter.txt'), 'mine')
  assert.throws(() => backUpStore({ folder, to: folder }), /is not empty/)
  remove()
})
