import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { backUpStore } from './backup.ts'
import { acceptance, mailboxItem, message, outgoing, readable, snapshot } from './contract-cases.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from './test-folder.ts'

test('a backup made while the server runs is a data folder of one instant', async () => {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder: join(folder, 'data') })
  await store.accept(outgoing())
  const long = message('m2', 'x'.repeat(300_000))
  await store.accept(acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm2' })] }))
  const before = await snapshot(readable(store))
  const under = store.accept(acceptance({ message: message('m3', 'meanwhile') }))
  const to = join(folder, 'backup')
  const result = backUpStore({ folder: join(folder, 'data'), to })
  await under
  assert.deepEqual(result, { contents: 1, missing: 0 })
  await store.close()
  const copy = await openSqliteStore({ folder: to })
  assert.deepEqual(await snapshot(readable(copy)), before)
  await copy.accept(acceptance({ message: message('m4', 'the copy lives') }))
  await copy.close()
  remove()
})

test('a backup is not written over anything', () => {
  const { folder, remove } = testFolder()
  writeFileSync(join(folder, 'letter.txt'), 'mine')
  assert.throws(() => backUpStore({ folder, to: folder }), /is not empty/)
  remove()
})
