import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { WaybillError } from '../base/error.ts'
import { backUpStore } from '../store/sqlite/backup.ts'
import { acceptance, mailboxItem, message, outgoing } from '../store/contract-cases.ts'
import { contentPath, dataFolder } from '../store/data-folder.ts'
import { openDatabase } from '../store/sqlite/database.ts'
import type { Change, Changes, Gap } from '../store/ports/changes.ts'
import type { StoredMailbox } from '../store/ports/mailboxes.ts'
import type { Store } from '../store/ports/store.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { verifyStore } from '../store/sqlite/verify-store.ts'
import { backupMade, restore } from './backup.ts'

const actor = { by: 'ann', door: 'command line', why: 'the disk died' } as const
const now = Date.UTC(2026, 10, 27, 2, 30, 45)

async function filled(t: TestContext): Promise<{ root: string; from: string; sha256: string }> {
  const { folder: root, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder: join(root, 'data') })
  await store.post.accept(outgoing())
  const long = message('m2', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'm2' })] }),
  )
  await store.close()
  const from = join(root, 'backup')
  backUpStore({ folder: join(root, 'data'), to: from })
  return { root, from, sha256: long.content.sha256 }
}

async function nextOf(changes: Changes): Promise<Change | Gap> {
  const { value } = await changes.next()
  await changes.return?.()
  assert.ok(value !== undefined)
  return value
}

/** The number of the last change: of an act, so that there is one. */
async function lastHeard(store: Store): Promise<number> {
  const heard = nextOf(store.changes({ only: ['act'] }))
  await store.acts.put({ at: now, who: 'x', door: 'x', what: 'x', why: '', detail: {} })
  return (await heard).number
}

async function mailboxesIn(folder: string): Promise<readonly StoredMailbox[]> {
  const reader = openReadOnlyStore({ folder })
  try {
    return await reader.mailboxes.list()
  } finally {
    reader.close()
  }
}

test('a backup is checked, comes back, and the act is in it', async (t) => {
  const { root, from } = await filled(t)
  const folder = join(root, 'new')
  const checked: number[] = []
  const { counts, report, aside } = await restore({
    from,
    folder,
    replace: false,
    actor,
    now,
    progress: (octets) => checked.push(octets),
  })
  assert.deepEqual([counts.messages, counts.queued, counts.held], [2, 1, 0])
  assert.deepEqual([report.contents, report.findings, aside], [2, [], undefined])
  assert.equal(checked.at(-1), report.octets)
  const reader = openReadOnlyStore({ folder })
  const [act] = await reader.acts.list({ limit: 5 })
  reader.close()
  const who = { at: now, who: 'ann', door: 'command line', what: 'restore', why: 'the disk died' }
  assert.deepEqual(act, { ...who, number: act?.number, detail: { from } })
})

test('what was there is put aside under the hour', async (t) => {
  const { root, from } = await filled(t)
  const folder = join(root, 'data')
  const { aside } = await restore({ from, folder, replace: true, actor, now })
  assert.equal(aside, join(folder, 'before-restore-20261127T023045Z'))
  assert.ok(existsSync(dataFolder(aside).database))
})

test('no number comes twice: each mailbox is numbered anew, and changes go on behind a gap', async (t) => {
  const { root, from } = await filled(t)
  const folder = join(root, 'data')
  const put = async (store: Store, ...ids: string[]): Promise<void> => {
    for (const id of ids) {
      for (const role of ['inbox', 'junk'] as const) {
        const own = message(`${id}-${role}`, id + role)
        const item = mailboxItem({ messageId: own.id, role })
        await store.post.accept(acceptance({ message: own, mailbox: [item] }))
      }
    }
  }
  const living = await openSqliteStore({ folder })
  await put(living, 'm3', 'm4')
  const before = await living.mailboxes.list()
  const last = await lastHeard(living)
  await living.close()
  // More of them than seconds have gone by: the clock alone does not make it greater.
  const ahead = openDatabase(dataFolder(folder).database, { readOnly: false, busyTimeoutMs: 0 })
  ahead.run('UPDATE kept_count SET uid_validity = uid_validity + 10_000')
  ahead.run('UPDATE mailbox SET uid_validity = uid_validity + 10_000')
  ahead.close()

  await restore({ from, folder, replace: true, actor, now })
  const store = await openSqliteStore({ folder })
  t.after(() => store.close())
  await put(store, 'n3', 'n4')
  const after = await store.mailboxes.list()
  const greatest = Math.max(...before.map(({ uidValidity }) => uidValidity)) + 10_000
  assert.ok(after.every(({ uidValidity }) => uidValidity > greatest))
  assert.equal(new Set(after.map(({ uidValidity }) => uidValidity)).size, after.length)
  assert.equal(after.length, 2)
  const told = await nextOf(store.changes({ after: last }))
  assert.ok(told.type === 'gap' && told.number > last)
  assert.deepEqual((await verifyStore({ folder })).findings, [])
})

test('what is replaced may be broken: nothing is known of its numbers then', async (t) => {
  const { root, from } = await filled(t)
  const folder = join(root, 'data')
  truncateSync(dataFolder(folder).database, 5000)
  const [old] = await mailboxesIn(from)
  await restore({ from, folder, replace: true, actor, now })
  const [restored] = await mailboxesIn(folder)
  assert.ok((restored?.uidValidity ?? 0) > (old?.uidValidity ?? 0))
})

test('a damaged backup does not come back, and what is there stays', async (t) => {
  const { root, from, sha256 } = await filled(t)
  truncateSync(contentPath(dataFolder(from), sha256), 5)
  const folder = join(root, 'data')
  const before = readdirSync(folder).toSorted()
  await assert.rejects(restore({ from, folder, replace: true, actor, now }), (problem) => {
    assert.ok(problem instanceof WaybillError)
    assert.equal(problem.code, 'store-broken')
    assert.match(problem.message, new RegExp(`not whole: damaged ${sha256}\\. Nothing was changed`))
    return true
  })
  assert.deepEqual(readdirSync(folder).toSorted(), before)
  await (await openSqliteStore({ folder })).close()
})

test('a backup whose database is damaged, or is none, is named, and what is there stays', async (t) => {
  const { root, from } = await filled(t)
  const data = join(root, 'data')
  const { database } = dataFolder(from)
  const whole = readFileSync(database)
  const half = whole.subarray(0, whole.length >> 1)
  // A page in the middle that is not looked at when the database is opened.
  const holed = Buffer.from(whole).fill(0xff, whole.length >> 1, (whole.length >> 1) + 4096)
  for (const octets of [half, Buffer.alloc(whole.length, 'noise'), holed]) {
    writeFileSync(database, octets)
    await assert.rejects(
      restore({ from, folder: data, replace: true, actor, now }),
      (problem: unknown) => {
        assert.ok(problem instanceof WaybillError, String(problem))
        assert.equal(problem.code, 'store-broken')
        assert.match(
          problem.message,
          /^The backup in .*backup is not whole: .*Nothing was changed\.$/,
        )
        return true
      },
    )
    assert.deepEqual((await verifyStore({ folder: data })).findings, [])
  }
})

test('a content that is a pipe is missing, and nobody waits for it', {
  skip: process.platform === 'win32',
}, async (t) => {
  const { root, from, sha256 } = await filled(t)
  const path = contentPath(dataFolder(from), sha256)
  rmSync(path)
  execFileSync('mkfifo', [path])
  const [found] = (await verifyStore({ folder: from })).findings
  assert.deepEqual(
    [found?.type, found?.type === 'unreadable' && found.detail],
    ['unreadable', 'it is no file'],
  )
  const folder = join(root, 'new')
  await assert.rejects(
    restore({ from, folder, replace: false, actor, now }),
    new RegExp(`is not whole: missing ${sha256}`),
  )
})

test('a file that nothing explains is no damage, and a lost content is', async (t) => {
  const { root, from, sha256 } = await filled(t)
  const orphan = join(dataFolder(from).content, 'ff')
  mkdirSync(orphan)
  writeFileSync(join(orphan, 'notes'), 'mine')
  await restore({ from, folder: join(root, 'new'), replace: false, actor, now })
  const lost = join(root, 'lost')
  backUpStore({ folder: join(root, 'data'), to: lost })
  truncateSync(dataFolder(lost).database, 0)
  const again = restore({ from: lost, folder: join(root, 'new2'), replace: false, actor, now })
  await assert.rejects(again, /is empty, but the folder has held mail/)
  assert.ok(sha256 !== '')
})

test('a backup of 0.1.0 is brought up to date on its way back', async (t) => {
  const { folder: root, remove } = testFolder()
  t.after(remove)
  const from = join(root, 'old')
  mkdirSync(from)
  const fixture = join(import.meta.dirname, '../../test/fixtures/0.1.0/north')
  for (const name of readdirSync(fixture, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.gz')) continue
    const path = join(from, name.slice(0, -'.gz'.length))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, gunzipSync(readFileSync(join(fixture, name))))
  }
  const folder = join(root, 'new')
  const { counts, report } = await restore({ from, folder, replace: false, actor, now })
  assert.ok(counts.messages > 0)
  assert.deepEqual(report.findings, [])
  const reader = openReadOnlyStore({ folder })
  assert.equal((await reader.counts()).messages, counts.messages)
  reader.close()
})

test('that a backup was made is told with what it has, and looked at when it is asked', async () => {
  const made = { to: '/backup/1', messages: 3, contents: 2, missing: 0 }
  assert.deepEqual(backupMade.read({ ...made, more: 'x' }), made)
  assert.equal(await backupMade.run({}, made, actor), null)
  assert.deepEqual(backupMade.tell?.(made, null), made)
  for (const other of [{ ...made, to: '' }, { ...made, messages: '3' }, { to: 'x' }, null]) {
    assert.throws(() => backupMade.read(other), /"backup" wants/)
  }
})
