import assert from 'node:assert/strict'
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { LogLine } from '../../base/log.ts'
import { contentOf } from '../ports/contents.ts'
import { acceptance, journey, mailboxItem, message, outgoing } from '../contract-cases.ts'
import { contentPath, dataFolder } from '../data-folder.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'
import { type StoreFinding, verifyStore } from './verify-store.ts'

const short = contentOf(Buffer.from('a short letter'))
const long = contentOf(new Uint8Array(300_000).fill(97))

/** A store with a short and a long letter, closed. */
async function filled(t: TestContext): Promise<string> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder })
  await store.post.accept(outgoing())
  for (const [id, content] of [
    ['short', short],
    ['long', long],
    ['long-too', long],
  ] as const) {
    await store.post.accept(
      acceptance({
        message: message(id, '', { content }),
        mailbox: [mailboxItem({ messageId: id })],
        journeys: [journey(`J-${id}`, { messageId: id })],
      }),
    )
  }
  await store.close()
  return folder
}

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(dataFolder(folder).database, {
    enableForeignKeyConstraints: false,
  })
  database.exec(sql)
  database.close()
}

function details(findings: readonly StoreFinding[]): readonly string[] {
  return findings.map((one) => ('detail' in one ? `${one.type} ${one.detail}` : one.type))
}

test('a whole store is whole, also while a server has it', async (t) => {
  const folder = await filled(t)
  const seen: number[] = []
  const report = await verifyStore({ folder, progress: (octets) => seen.push(octets) })
  const outgoingOctets = 'Subject: out\r\n\r\nHello\r\n'.length
  assert.deepEqual(report, {
    contents: 3,
    octets: outgoingOctets + short.size + long.size,
    messages: 4,
    journeys: 4,
    findings: [],
    more: 0,
  })
  assert.equal(seen.at(-1), report.octets)
  const store = await openSqliteStore({ folder })
  assert.deepEqual((await verifyStore({ folder })).findings, [])
  await store.close()
})

test('a content that is gone, cut, longer or changed is named with its messages', async (t) => {
  const folder = await filled(t)
  const path = contentPath(dataFolder(folder), long.sha256)
  const whole = readFileSync(path)
  const finding = async (): Promise<unknown> => {
    const { findings } = await verifyStore({ folder })
    return findings.map((one) => ('messages' in one ? [one.type, one.sha256, one.messages] : one))
  }
  const messages = ['long', 'long-too']
  truncateSync(path, 299_999)
  assert.deepEqual(await finding(), [['damaged', long.sha256, messages]])
  writeFileSync(path, Buffer.concat([whole, Buffer.from('x')]))
  assert.deepEqual(await finding(), [['damaged', long.sha256, messages]])
  writeFileSync(path, Buffer.concat([whole.subarray(1), Buffer.from('x')]))
  assert.deepEqual(await finding(), [['damaged', long.sha256, messages]])
  rmSync(path)
  assert.deepEqual(await finding(), [['missing', long.sha256, messages]])
  mkdirSync(path)
  assert.deepEqual(await finding(), [['unreadable', long.sha256, messages]])
})

test('octets in the database that were changed are found, of the same length too', async (t) => {
  const folder = await filled(t)
  change(folder, "UPDATE content SET octets = CAST('A short letter' AS BLOB) WHERE size = 14")
  const { findings } = await verifyStore({ folder })
  assert.deepEqual(
    findings.map((one) => ('messages' in one ? [one.type, one.messages] : one)),
    [['damaged', ['short']]],
  )
})

test('a file that no row names is named, and one that a crash explains is not', async (t) => {
  const folder = await filled(t)
  const paths = dataFolder(folder)
  const orphan = contentOf(Buffer.from('mail of a database that is gone'))
  const explained = contentOf(Buffer.from('its row was removed'))
  for (const { sha256 } of [orphan, explained]) {
    mkdirSync(join(paths.content, sha256.slice(0, 2)), { recursive: true })
    writeFileSync(contentPath(paths, sha256), 'octets')
  }
  change(folder, `INSERT INTO leaving_content VALUES (x'${explained.sha256}')`)
  const { findings } = await verifyStore({ folder })
  const path = contentPath(paths, orphan.sha256)
  assert.deepEqual(findings, [{ type: 'orphan', path, octets: 6 }])
  assert.equal(readFileSync(path, 'utf8'), 'octets', 'and stays')
})

test('whatever lies in content or spool and is no content is named, wherever it lies', async (t) => {
  const folder = await filled(t)
  const { content, spool } = dataFolder(folder)
  const place = contentPath(dataFolder(folder), long.sha256)
  const strange = [
    join(content, 'letter.eml'),
    join(content, 'ff'),
    join(content, 'old', 'deep', 'a.eml'),
    join(content, 'zz', long.sha256),
    join(spool, 'note'),
  ]
  for (const path of strange) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'strange')
  }
  mkdirSync(join(content, 'empty'))
  symlinkSync(place, join(content, 'link'))
  writeFileSync(join(spool, '01234567-89ab-cdef-0123-456789abcdef'), 'just coming')
  const { findings } = await verifyStore({ folder })
  const wanted = [...strange, join(content, 'link')].toSorted()
  assert.deepEqual(
    findings.map((one) => (one.type === 'orphan' ? one.path : '')).toSorted(),
    wanted,
  )

  // A start tells the same, and removes nothing of it.
  const told: string[] = []
  const log = (line: LogLine): void => void told.push(JSON.stringify(line.fields))
  const store = await openSqliteStore({ folder, log })
  await store.close()
  assert.match(told.join('\n'), /"count":6/)
  for (const path of wanted) assert.ok(lstatSync(path, { throwIfNoEntry: false }), path)
})

test('rows that refer to nothing are named', async (t) => {
  const folder = await filled(t)
  change(
    folder,
    `DELETE FROM message WHERE id = 'short';
     DELETE FROM journey_record WHERE journey = (SELECT key FROM journey WHERE id = 'J-long');
     DELETE FROM journey_recipient WHERE journey = (SELECT key FROM journey WHERE id = 'JOURNEY1');
     DELETE FROM journey_record WHERE journey = (SELECT key FROM journey WHERE id = 'JOURNEY1');
     DELETE FROM journey WHERE id = 'JOURNEY1'`,
  )
  const { findings } = await verifyStore({ folder })
  assert.deepEqual(
    details(findings).toSorted(),
    [
      'reference J-long: a journey without its record',
      'reference a row of mailbox_item refers to a message that is not there',
      'reference kept_count: the counts that are kept are not those of the rows',
      'reference q1: an item of the queue without its journey',
      'reference row 2 of journey refers to a message that is not there',
    ].sort(),
  )
})

test('a database whose pages are damaged is told', async (t) => {
  const folder = await filled(t)
  const { database } = dataFolder(folder)
  const octets = readFileSync(database)
  // An index that does not have what its table has.
  const copy = new DatabaseSync(database)
  const [row] = copy
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'journey_by_id'")
    .all()
  copy.close()
  const page = Number(row?.['rootpage'])
  octets.fill(0, page * 4096 - 100, page * 4096 - 20)
  writeFileSync(database, octets)
  const { findings } = await verifyStore({ folder })
  assert.ok(
    findings.some(({ type }) => type === 'database'),
    JSON.stringify(findings),
  )
})

test('counts, uids and change numbers that are not those of the rows are named', async (t) => {
  const folder = await filled(t)
  change(folder, 'UPDATE mailbox SET messages = 7')
  change(folder, 'UPDATE kept_count SET queued = 9')
  const miscounted = await verifyStore({ folder })
  assert.deepEqual(details(miscounted.findings), [
    'reference mailbox 1: a mailbox that does not have as much as it says',
    'reference kept_count: the counts that are kept are not those of the rows',
  ])
  change(folder, 'UPDATE mailbox SET messages = 3, uid_next = 3')
  change(folder, 'UPDATE kept_count SET queued = 1')
  assert.deepEqual(details((await verifyStore({ folder })).findings), [
    'reference mailbox 1: a mailbox that would give a uid or a modseq again',
  ])
  change(folder, 'UPDATE mailbox SET uid_next = 4')
  assert.deepEqual(details((await verifyStore({ folder })).findings), [])
})

test('what is remembered and cannot be read is named, and a hold that is none', async (t) => {
  const folder = await filled(t)
  change(folder, "INSERT INTO register VALUES ('pause', 'a', '{}', 1, NULL)")
  assert.deepEqual(details((await verifyStore({ folder })).findings), [])
  change(folder, "INSERT INTO register VALUES ('pause', 'b', 'no', 1, NULL)")
  change(folder, 'UPDATE queue SET held_until_ms = 5')
  assert.deepEqual(details((await verifyStore({ folder })).findings), [
    'reference pause b: an entry of the register that is no JSON',
    'reference q1: an item of the queue that is not held, and has an end of its hold',
  ])
})
