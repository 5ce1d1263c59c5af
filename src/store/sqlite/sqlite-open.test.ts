import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import type { LogLine } from '../../base/log.ts'
import { acceptance, journey, message, outgoing, textOf } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { type Database, isOlder } from './database.ts'
import { openWriter } from './open-writer.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { testFolder } from '../test-folder.ts'

function folderTest(title: string, run: (folder: string) => Promise<void>): void {
  test(title, async () => {
    const { folder, remove } = testFolder()
    try {
      await run(folder)
    } finally {
      remove()
    }
  })
}

function isProblem(code: string, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof WaybillError, 'a WaybillError')
    assert.equal(error.code, code)
    assert.match(error.message, words)
    assert.ok((error.hint ?? '').length > 0, 'with a hint')
    return true
  }
}

/** Runs a few lines of a program in another process, with the store's modules at hand. */
function inAnotherProcess(lines: string, folder: string): string {
  const program = `
    import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url))}
    import { openReadOnlyStore } from ${JSON.stringify(new URL('./sqlite-reader.ts', import.meta.url))}
    const folder = ${JSON.stringify(folder)}
    ${lines}`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  assert.equal(done.status, 0, done.stderr)
  return done.stdout.trim()
}

folderTest('what was accepted is there when the store is opened again', async (folder) => {
  const first = await openSqliteStore({ folder })
  await first.post.accept(outgoing())
  await first.close()
  const second = await openSqliteStore({ folder })
  assert.equal(await textOf(await second.messages.open('m1')), 'Subject: out\r\n\r\nHello\r\n')
  assert.equal((await second.queue.list({ limit: 5 })).length, 1)
  await second.close()
})

folderTest('a closed store leaves one database file and no log', async (folder) => {
  const store = await openSqliteStore({ folder })
  await store.post.accept(outgoing())
  await store.close()
  assert.deepEqual(readdirSync(folder).sort(), ['content', 'server.lock', 'spool', 'waybill.db'])
})

folderTest('mail and keys are readable by their owner only', async (folder) => {
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(outgoing())
  for (const name of ['', 'content', 'spool', 'waybill.db', 'waybill.db-wal', 'waybill.db-shm']) {
    assert.equal(statSync(join(data, name)).mode & 0o077, 0, name)
  }
  await store.close()
})

folderTest(
  'a file that the user may not write is named at the start, with what to do',
  async (folder) => {
    await (await openSqliteStore({ folder })).close()
    mkdirSync(join(folder, 'content', 'ab'), { mode: 0o700 })
    // Root may do all: where it runs the tests, another user looks.
    const isRoot = process.getuid?.() === 0
    const everything = ['', 'content', 'content/ab', 'spool', 'server.lock', 'waybill.db']
    if (isRoot) for (const name of everything) chownSync(join(folder, name), 65_534, 65_534)
    const become = isRoot ? 'process.setgid(65534); process.setuid(65534);' : ''
    const open = `${become} await openSqliteStore({ folder }).then(
    (store) => store.close(),
    (problem) => console.log([problem.code, problem.message, problem.hint].join(' ')))`
    for (const name of ['waybill.db', 'content/ab', 'spool']) {
      const path = join(folder, name)
      if (isRoot) chownSync(path, 0, 0)
      else chmodSync(path, 0)
      const said = `usage This user may not write to ${path}. Give all of the data folder to the user that runs Waybill: chown -R USER ${folder}`
      assert.equal(inAnotherProcess(open, folder), said)
      if (isRoot) chownSync(path, 65_534, 65_534)
      else chmodSync(path, name === 'waybill.db' ? 0o600 : 0o700)
    }
    return Promise.resolve()
  },
)

folderTest('a commit waits for the disk: WAL with synchronous=FULL', async (folder) => {
  const settings: unknown[] = []
  const database = (opened: Database): Database => {
    settings.push(opened.get('PRAGMA journal_mode'), opened.get('PRAGMA synchronous'))
    return opened
  }
  const { writer } = openWriter({ folder, busyTimeoutMs: 0 }, { database })
  writer.close()
  assert.equal(JSON.stringify(settings), '[{"journal_mode":"wal"},{"synchronous":2}]')
  return Promise.resolve()
})

folderTest('one folder has one server, also within one process', async (folder) => {
  const store = await openSqliteStore({ folder })
  const words = new RegExp(`in use by another Waybill \\(process ${process.pid}\\)`)
  await assert.rejects(openSqliteStore({ folder }), isProblem('data-in-use', words))
  const lines = `await openSqliteStore({ folder }).catch((e) => console.log(e.code))`
  assert.equal(inAnotherProcess(lines, folder), 'data-in-use')
  await store.post.accept(outgoing()) // the first one is not disturbed
  await store.close()
  await (await openSqliteStore({ folder })).close()
})

folderTest('a server that was killed leaves no lock behind', async (folder) => {
  const lines = `await openSqliteStore({ folder }); process.kill(process.pid, 'SIGKILL')`
  assert.throws(() => inAnotherProcess(lines, folder))
  assert.ok(existsSync(dataFolder(folder).owner), 'its process number is still there')
  await (await openSqliteStore({ folder })).close()
})

folderTest('another process reads while the server writes', async (folder) => {
  const store = await openSqliteStore({ folder })
  await store.post.accept(acceptance({ journeys: [journey('BEFORE1')] }))
  const lines = `
    const read = openReadOnlyStore({ folder })
    const found = await read.journeys.find('last')
    console.log(JSON.stringify([await read.counts(), found.journey.id]))
    read.close()`
  assert.equal(
    inAnotherProcess(lines, folder),
    '[{"messages":0,"queued":0,"held":0,"journeys":1},"BEFORE1"]',
  )
  await store.post.accept(acceptance({ journeys: [journey('AFTER11')] }))
  await store.close()
  assert.match(inAnotherProcess(lines, folder), /"journeys":2},"AFTER11"/)
})

folderTest('an open reader sees each commit as it happens', async (folder) => {
  const store = await openSqliteStore({ folder })
  const read = openReadOnlyStore({ folder })
  for (let n = 1; n <= 3; n++) {
    await store.post.accept(acceptance({ message: message(`m${n}`, `letter ${n}`) }))
    assert.equal((await read.counts()).messages, n)
    assert.equal(await textOf(await read.messages.open(`m${n}`)), `letter ${n}`)
  }
  read.close()
  read.close()
  await store.close()
})

folderTest('a reader without data says where it looked', (folder) => {
  const missing = join(folder, 'nothing')
  assert.throws(
    () => openReadOnlyStore({ folder: missing }),
    isProblem('not-found', /no mail data/),
  )
  assert.ok(!existsSync(missing), 'and makes nothing')
  return Promise.resolve()
})

folderTest('data of a newer version is left alone', async (folder) => {
  await (await openSqliteStore({ folder })).close()
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec('PRAGMA user_version = 99')
  database.close()
  const newer = isProblem('store-broken', /newer Waybill \(format 99/)
  await assert.rejects(openSqliteStore({ folder }), newer)
  assert.throws(() => openReadOnlyStore({ folder }), newer)
})

folderTest('data of an older version is for the server to bring up to date', (folder) => {
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec('PRAGMA application_id = 0x57415942')
  database.close()
  assert.throws(() => openReadOnlyStore({ folder }), isProblem('not-found', /older Waybill/))
  return Promise.resolve()
})

folderTest('the database of another program is left alone', async (folder) => {
  const database = new DatabaseSync(dataFolder(folder).database)
  database.exec('CREATE TABLE contacts (name TEXT)')
  database.close()
  await assert.rejects(openSqliteStore({ folder }), isProblem('store-broken', /another program/))
})

folderTest('a file that is no database is reported as broken', async (folder) => {
  writeFileSync(dataFolder(folder).database, 'x'.repeat(5000))
  await assert.rejects(openSqliteStore({ folder }), isProblem('store-broken', /not a database/))
  assert.throws(() => openReadOnlyStore({ folder }), isProblem('store-broken', /not a database/))
})

folderTest('a folder that cannot be made is told in a sentence, at once', async (folder) => {
  const blocked = join(folder, 'file')
  writeFileSync(blocked, '')
  const words = /There can be no folder .*\/file\/data: .*\/file is a file\.$/
  await assert.rejects(
    openSqliteStore({ folder: join(blocked, 'data') }),
    isProblem('usage', words),
  )
  if (!existsSync('/proc/self')) return
  await assert.rejects(
    openSqliteStore({ folder: '/proc/x' }),
    isProblem('usage', /\/proc takes no/),
  )
})

folderTest(
  'opening clears away what a crash left, and nothing that it cannot explain',
  async (folder) => {
    const paths = dataFolder(folder)
    const lines: LogLine[] = []
    const first = await openSqliteStore({ folder })
    const sink = first.contents.newContent()
    await sink.push(new Uint8Array(400_000).fill(97))
    const content = await sink.finish()
    await first.post.accept(acceptance({ message: message('m1', '', { content }) }))
    await first.close()
    // Mail of a database that is not this one: perhaps an older one was put back.
    const orphan = 'ab'.padEnd(64, '0')
    mkdirSync(join(paths.content, 'ab'), { recursive: true })
    writeFileSync(join(paths.content, 'ab', orphan), 'orphan')
    writeFileSync(join(paths.spool, randomUUID()), 'half a message')
    writeFileSync(join(paths.content, 'README'), 'not ours: left alone')
    const second = await openSqliteStore({ folder, log: (line) => lines.push(line) })
    assert.deepEqual(readdirSync(paths.spool), [])
    assert.deepEqual(readdirSync(join(paths.content, 'ab')), [orphan])
    assert.ok(existsSync(join(paths.content, 'README')))
    assert.equal((await textOf(await second.messages.open('m1'))).length, 400_000)
    await second.close()
    // A folder gives its names in any order.
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields['count']]),
      [['store', 2]],
    )
    const unexplained = [join(paths.content, 'ab', orphan), join(paths.content, 'README')]
    assert.ok(unexplained.includes(String(lines[0]?.fields['first'])))
  },
)

for (const [how, damage] of [
  ['gone', (path: string) => rmSync(path)],
  ['empty', (path: string) => truncateSync(path)],
  [
    'without tables',
    (path: string) => {
      rmSync(path)
      const fresh = new DatabaseSync(path)
      fresh.exec('PRAGMA journal_mode = WAL')
      fresh.close()
    },
  ],
] as const) {
  folderTest(
    `a database that is ${how} beside its contents is refused, untouched`,
    async (folder) => {
      const paths = dataFolder(folder)
      const store = await openSqliteStore({ folder })
      await store.post.accept(acceptance({ message: message('m1', 'x'.repeat(300_000)) }))
      await store.post.accept(acceptance({ message: message('m2', 'short') }))
      await store.close()
      damage(paths.database)
      const listing = (): unknown => [
        readdirSync(folder),
        readdirSync(paths.content).flatMap((part) => readdirSync(join(paths.content, part))),
        existsSync(paths.database) ? statSync(paths.database).size : undefined,
      ]
      const before = listing()
      const words = isProblem(
        'store-broken',
        /waybill\.db (?:is|has) .*, but the folder has held mail/,
      )
      await assert.rejects(openSqliteStore({ folder }), words)
      assert.deepEqual(listing(), before)
      if (how !== 'without tables') assert.throws(() => openReadOnlyStore({ folder }), words)
    },
  )
}

folderTest(
  'a log without its database is refused, and stays for whoever puts it back',
  async (folder) => {
    const { database } = dataFolder(folder)
    writeFileSync(`${database}-wal`, 'acknowledged mail')
    await assert.rejects(openSqliteStore({ folder }), isProblem('store-broken', /is missing/))
    writeFileSync(database, '')
    await assert.rejects(openSqliteStore({ folder }), isProblem('store-broken', /is empty/))
    assert.equal(statSync(`${database}-wal`).size, 17)
  },
)

folderTest('a first start that was killed at any place is no loss', async (folder) => {
  // What lies there then: the folder with its lock, and a database that may be empty.
  writeFileSync(dataFolder(folder).lock, '')
  writeFileSync(dataFolder(folder).database, '')
  const store = await openSqliteStore({ folder })
  await store.post.accept(outgoing())
  await store.close()
})

test('versions of SQLite are compared by number', () => {
  const pairs: [string, string, boolean][] = [
    ['3.51.2', '3.51.3', true],
    ['3.51.3', '3.51.3', false],
    ['3.9.0', '3.51.3', true],
    ['3.53.4', '3.51.3', false],
    ['4.0', '3.51.3', false],
    ['3.51', '3.51.3', true],
  ]
  for (const [a, b, older] of pairs) assert.equal(isOlder(a, b), older, `${a} ${b}`)
})
