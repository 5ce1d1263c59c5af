import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acceptance, mailboxItem, message, outgoing } from '../../store/contract-cases.ts'
import { contentPath, dataFolder } from '../../store/data-folder.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

test('backup, loss, restore: what came back is told, and the audit has both', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(outgoing())
  const filed = message('m2', 'x')
  await store.post.accept(
    acceptance({ message: filed, mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  await store.close()
  const run = runner(t)
  const from = join(folder, 'backup')
  const made = await run('backup', '--data', data, '--to', from, '--why', 'nightly')
  assert.equal(made.code, 0, made.messages)

  const over = await run('restore', '--data', data, '--from', from)
  assert.equal(over.code, 2)
  assert.match(
    over.messages,
    /There is mail data in .*data already\.\n {2}With --replace it is put/,
  )

  const done = await run('restore', '--data', data, '--from', from, '--replace', '--why', 'a test')
  assert.equal(done.code, 0, done.messages)
  assert.match(
    done.out,
    /data: 2 messages and \d+ journeys? came back, all whole\.\n {2}mail for 1 recipient waits, 0 held\.\n {2}What was there before is in .*before-restore-\d{8}T\d{6}Z\.\n$/,
  )
  assert.match(done.messages, /Those that wait are tried again when the server starts\./)

  const elsewhere = join(folder, 'new')
  const json = await run('restore', '--data', elsewhere, '--from', from, '--json')
  const { folder: to, messages, waiting, held, aside } = JSON.parse(json.out)
  assert.deepEqual([to, messages, waiting, held, aside], [elsewhere, 2, 1, 0, undefined])

  const audit = await run('audit', '--data', data)
  assert.match(audit.out, /restore {2}by .+ \(command line\) {2}from=.*backup, "a test"\n$/)
  const before = await run(
    'audit',
    '--data',
    join(data, /before-restore-\w+/.exec(done.out)?.[0] ?? ''),
  )
  assert.match(
    before.out,
    /backup {2}by .+ \(command line\) {2}to=.*backup messages=2 .*, "nightly"\n$/,
  )

  const none = await run('restore', '--data', elsewhere, '--from', join(folder, 'none'))
  assert.equal(none.code, 5)
  assert.match(none.messages, /\n {2}Name the folder of the backup with --from\.\n/)

  const living = await openSqliteStore({ folder: elsewhere })
  t.after(() => living.close())
  const refused = await run('restore', '--data', elsewhere, '--from', from, '--replace')
  assert.equal(refused.code, 4)
  assert.match(refused.messages, /is in use by another Waybill/)
})

test('a backup with something missing says so, ends with 1, and is not the last one for status', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const long = message('m2', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  await store.close()
  rmSync(contentPath(dataFolder(data), long.content.sha256))
  const run = runner(t)
  const made = await run('backup', '--data', data, '--to', join(folder, 'b1'))
  assert.equal(made.code, 1, made.messages)
  assert.match(made.out, /b1: 1 message, 0 of their contents in files of their own; 1 missing\n$/)
  assert.match(made.messages, /not whole: 1 content that .*\n.*verify-store --data .*data tells/)
  const json = await run('backup', '--data', data, '--to', join(folder, 'b2'), '--json')
  assert.deepEqual([json.code, JSON.parse(json.out).missing], [1, 1])
  const status = await run('status', '--data', data, '--json')
  assert.equal(JSON.parse(status.out).backup, null)
  const audit = await run('audit', '--data', data)
  assert.match(audit.out, /backup .* missing=1/)
  const refused = await run('restore', '--data', join(folder, 'new'), '--from', join(folder, 'b1'))
  assert.equal(refused.code, 1)
})
