import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import type { LogLine } from '../../base/log.ts'
import { contentOf } from '../ports/contents.ts'
import { acceptance, mailboxItem, message, octetsOf, outgoing } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import type { Database } from './database.ts'
import { startLocalWriter } from './local-writer.ts'
import { openWriter } from './open-writer.ts'
import type { Operation } from '../operations.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Acceptance } from '../ports/post.ts'
import type { Store } from '../ports/store.ts'
import { testFolder } from '../test-folder.ts'
import { startWriterThread } from './writer-thread.ts'

function folderTest(
  title: string,
  run: (folder: string, t: TestContext) => Promise<void> | void,
): void {
  test(title, async (t) => {
    const { folder, remove } = testFolder()
    try {
      await run(folder, t)
    } finally {
      remove()
    }
  })
}

/** A letter of its own content, `octets` long. */
function letter(id: string, octets: number): Acceptance {
  const text = id.padEnd(octets, '.')
  return acceptance({ message: message(id, text), mailbox: [mailboxItem({ messageId: id })] })
}

function codeOf(error: unknown): string {
  return error instanceof WaybillError ? error.code : `not expected: ${String(error)}`
}

/** Checks that each of these letters is there, whole. */
async function checkLetters(store: Store, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const opened = await store.messages.open(id)
    assert.ok(opened !== undefined, id)
    const octets = await octetsOf(opened.original())
    assert.equal(Buffer.from(octets.subarray(0, id.length)).toString(), id)
    assert.equal(octets.length, opened.size)
  }
}

folderTest('that the disk has room again is in the log, once', async (folder) => {
  let full = false
  const told: LogLine[] = []
  const store = await openSqliteStore({ folder, log: (line) => void told.push(line) }, (setup) =>
    startLocalWriter(setup, (what) => {
      const code = 'ENOSPC'
      if (full && what.trim().startsWith('INSERT')) {
        throw Object.assign(new Error('no space'), { code, syscall: 'write' })
      }
    }),
  )
  await store.post.accept(letter('before', 100))
  full = true
  for (const id of ['one', 'two']) {
    await assert.rejects(store.post.accept(letter(id, 100)), { code: 'store-full' })
  }
  assert.deepEqual(told, [])
  full = false
  await store.post.accept(letter('after', 100))
  await store.post.accept(letter('later', 100))
  const fields = { did: 'the disk has room again, and mail is taken' }
  assert.deepEqual(told, [{ level: 'info', event: 'store', fields }])
  await store.close()
})

folderTest(
  'when the database may not grow, what does not fit is refused and the rest stands',
  (folder) => {
    let limited: Database | undefined
    const database = (opened: Database): Database => (limited = opened)
    const { writer } = openWriter({ folder, busyTimeoutMs: 0 }, { database })
    const accept = (id: string, octets: number): Operation => ({
      type: 'accept',
      acceptance: letter(id, octets),
    })
    // Room for two large letters and some small ones.
    const pages = Number(limited?.get('PRAGMA page_count')?.['page_count'])
    limited?.exec(`PRAGMA max_page_count = ${pages + 67}`)
    const outcomes: string[] = []
    for (let n = 0; n < 10; n++) {
      // A large and a small letter in one transaction: the small one goes in as long as it fits.
      const done = writer.run([accept(`large-${n}`, 120_000), accept(`small-${n}`, 3000)])
      outcomes.push(...done.map((one) => (one.ok ? 'ok' : (one.problem.code ?? 'fault'))))
    }
    assert.equal(outcomes.slice(0, 4).join(' '), 'ok ok ok ok')
    assert.equal(outcomes[4], 'store-full')
    assert.equal(outcomes[5], 'ok')
    assert.equal(outcomes.at(-1), 'store-full')
    assert.ok(!outcomes.includes('fault'))
    limited?.exec('PRAGMA max_page_count = 10000')
    assert.deepEqual(writer.run([accept('later', 120_000)]), [{ ok: true, value: undefined }])
    const rows = limited?.all('SELECT id FROM message')
    assert.equal(rows?.length, outcomes.filter((one) => one === 'ok').length + 1)
    assert.equal(writer.broken, undefined)
    writer.close()
  },
)

folderTest(
  'a database that another program locks gives busy, and works when it is free',
  async (folder) => {
    const store = await openSqliteStore({ folder, busyTimeoutMs: 20 })
    const other = new DatabaseSync(dataFolder(folder).database, { timeout: 5000 })
    other.exec('BEGIN IMMEDIATE')
    const waiting = ['m1', 'm2'].map((id) => store.post.accept(letter(id, 100)))
    const outcomes = await Promise.allSettled(waiting)
    for (const one of outcomes) {
      assert.equal(codeOf(one.status === 'rejected' ? one.reason : undefined), 'store-busy')
    }
    other.exec('ROLLBACK')
    other.close()
    await store.post.accept(letter('m1', 100))
    await checkLetters(store, ['m1'])
    await store.close()
  },
)

folderTest('a lock that ends in time is only a delay', async (folder) => {
  const store = await openSqliteStore({ folder })
  const other = new DatabaseSync(dataFolder(folder).database, { timeout: 5000 })
  other.exec('BEGIN IMMEDIATE')
  const waiting = store.post.accept(letter('m1', 100))
  setImmediate(() => other.close())
  await waiting
  await store.close()
})

folderTest('content is in its place, and its folder synced, before the commit', async (folder) => {
  const steps: string[] = []
  const store = await openSqliteStore({ folder }, (setup) =>
    startLocalWriter(setup, (what) => {
      const [word = ''] = what.split(' ')
      steps.push(word)
    }),
  )
  steps.length = 0
  await store.post.accept(letter('m1', 300_000))
  const order = steps.filter((step) => ['place', 'sync', 'COMMIT'].includes(step))
  assert.deepEqual(order, ['place', 'sync', 'COMMIT'])
  await store.close()
})

folderTest('all that is asked in one turn shares one commit', async (folder) => {
  let commits = 0
  const store = await openSqliteStore({ folder }, (setup) =>
    startLocalWriter(setup, (what) => {
      if (what === 'COMMIT') commits++
    }),
  )
  commits = 0
  const ids = Array.from({ length: 200 }, (_, i) => `m${i}`)
  await Promise.all(ids.map((id) => store.post.accept(letter(id, 100))))
  assert.equal(commits, 1)
  await checkLetters(store, ids)
  await store.close()
})

for (const where of ['COMMIT', 'sync', 'INSERT INTO journey_record']) {
  folderTest(
    `an I/O error at ${where} stops the store for good; opened again, it has all`,
    async (folder) => {
      let broken = false
      const told: string[] = []
      const ioError = Object.assign(new Error('EIO: i/o error, fsync'), {
        code: 'EIO',
        syscall: 'fsync',
      })
      const store = await openSqliteStore(
        { folder, onBroken: (error) => told.push(error.code) },
        (setup) =>
          startLocalWriter(setup, (what) => {
            if (broken && what.startsWith(where)) throw ioError
          }),
      )
      await store.post.accept(letter('m0', 300_000))
      broken = true
      const failing = [store.post.accept(outgoing()), store.post.accept(letter('m3', 300_000))]
      for (const one of await Promise.allSettled(failing)) {
        assert.equal(codeOf(one.status === 'rejected' ? one.reason : undefined), 'store-broken')
      }
      broken = false // the disk seems to be well again: that must not be believed
      await assert.rejects(
        store.post.accept(letter('m4', 10)),
        (error) => codeOf(error) === 'store-broken',
      )
      assert.deepEqual(told, ['store-broken'])
      await checkLetters(store, ['m0'])
      await store.close()
      const again = await openSqliteStore({ folder })
      await checkLetters(again, ['m0'])
      assert.deepEqual(readdirSync(dataFolder(folder).spool), [])
      await again.post.accept(letter('m5', 10))
      await again.close()
    },
  )
}

folderTest(
  'when the writer dies, those who wait are told, and so is the server',
  async (folder) => {
    const told: string[] = []
    const nonsense: { readonly first: number; readonly operations: [] } = JSON.parse('{"first":0}')
    const store = await openSqliteStore(
      { folder, onBroken: (error) => told.push(error.message) },
      async (setup) => {
        const link = await startWriterThread(setup)
        return { ...link, post: () => link.post(nonsense, []) }
      },
    )
    await assert.rejects(
      store.post.accept(letter('m1', 10)),
      (error) => codeOf(error) === 'store-broken',
    )
    await assert.rejects(
      store.post.accept(letter('m2', 10)),
      (error) => codeOf(error) === 'store-broken',
    )
    assert.equal(told.length, 1)
    await store.close()
    const again = await openSqliteStore({ folder })
    await again.post.accept(letter('m1', 10))
    await again.close()
  },
)

folderTest('an operation that cannot cross threads fails alone', async (folder) => {
  const store = await openSqliteStore({ folder })
  const good = letter('m1', 10)
  const bad = { ...letter('m2', 10), surprise: () => undefined }
  const outcomes = await Promise.allSettled(
    [good, bad, letter('m3', 10)].map((one) => store.post.accept(one)),
  )
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  await checkLetters(store, ['m1', 'm3'])
  await store.close()
})

folderTest('a failed acceptance leaves no file, unless equal content is stored', async (folder) => {
  const store = await openSqliteStore({ folder })
  const { content, spool } = dataFolder(folder)
  const files = (): number =>
    readdirSync(content).flatMap((part) => readdirSync(join(content, part))).length
  const long = letter('m1', 300_000)
  const bad = { ...long, mailbox: [mailboxItem({ messageId: 'nobody' })] }
  await assert.rejects(store.post.accept(bad))
  assert.equal(files(), 0)
  await store.post.accept(long)
  await assert.rejects(store.post.accept(bad))
  await assert.rejects(store.post.accept(long))
  assert.equal(files(), 1)
  assert.deepEqual(readdirSync(spool), [])
  await checkLetters(store, ['m1'])
  await store.close()
})

folderTest(
  'equal long contents at once are one file, and go with the last message',
  async (folder) => {
    const store = await openSqliteStore({ folder })
    const { content, spool } = dataFolder(folder)
    const files = (): string[] =>
      readdirSync(content).flatMap((part) => readdirSync(join(content, part)))
    const equal = contentOf(new Uint8Array(400_000).fill(98))
    const ids = Array.from({ length: 10 }, (_, i) => `m${i}`)
    await Promise.all(
      ids.map((id) => {
        const queue = outgoing().queue.map((item) => ({ ...item, id: `q-${id}`, messageId: id }))
        return store.post.accept(
          acceptance({ message: message(id, '', { content: equal }), queue }),
        )
      }),
    )
    assert.deepEqual(files(), [equal.sha256])
    assert.deepEqual(readdirSync(spool), [])
    const now = outgoing().queue[0]?.nextAttemptAt ?? 0
    const items = await store.queue.lease({ owner: 'one', now, leaseUntil: now + 1, limit: 100 })
    const settled = {
      owner: 'one',
      outcome: { type: 'delivered' },
      steps: '[]',
      shared: [],
    } as const
    const words = { status: 'delivered', summary: '' }
    await store.queue.settle(
      items.slice(1).map(({ id }) => ({ ...settled, ...words, queueId: id })),
    )
    assert.deepEqual(files(), [equal.sha256])
    await store.queue.settle(
      items.slice(0, 1).map(({ id }) => ({ ...settled, ...words, queueId: id })),
    )
    assert.deepEqual(files(), [])
    await store.close()
  },
)

folderTest(
  'a content file that is gone or cut is an error and not a short message',
  async (folder) => {
    const store = await openSqliteStore({ folder })
    const long = letter('m1', 300_000)
    await store.post.accept(long)
    const sha256 = long.message?.content.sha256 ?? ''
    const path = join(dataFolder(folder).content, sha256.slice(0, 2), sha256)
    writeFileSync(path, 'short')
    const read = async (): Promise<unknown> => {
      const opened = await store.messages.open('m1')
      return opened === undefined ? undefined : octetsOf(opened.chunks())
    }
    await assert.rejects(read(), (error) => codeOf(error) === 'not-found')
    rmSync(path)
    await assert.rejects(read(), (error) => codeOf(error) === 'not-found')
    await store.close()
  },
)

for (const [what, name] of [
  ['the folder', ''],
  ['the database', 'waybill.db'],
  ['the log', 'waybill.db-wal'],
  ['the contents', 'content'],
] as const) {
  folderTest(
    `when ${what} is removed under the server, no letter is acknowledged`,
    async (folder) => {
      const data = join(folder, 'data')
      const told: string[] = []
      const store = await openSqliteStore({ folder: data, onBroken: ({ code }) => told.push(code) })
      await store.post.accept(letter('m1', 100))
      rmSync(join(data, name), { recursive: true })
      for (const id of ['m2', 'm3']) {
        await assert.rejects(
          store.post.accept(letter(id, 100)),
          (error) => codeOf(error) === 'store-broken' && /was removed while/.test(String(error)),
        )
      }
      assert.deepEqual(told, ['store-broken'])
      await store.close()
    },
  )
}

folderTest('a database that was replaced under the server is noticed, too', async (folder) => {
  const store = await openSqliteStore({ folder })
  await store.post.accept(letter('m1', 100))
  const { database } = dataFolder(folder)
  renameSync(database, `${database}.old`)
  copyFileSync(`${database}.old`, database)
  await assert.rejects(store.post.accept(letter('m2', 100)), /waybill\.db was replaced while/)
  await store.close()
})

folderTest(
  'a letter whose file cannot be written is put off, and the store goes on',
  async (folder) => {
    const told: string[] = []
    const store = await openSqliteStore({ folder, onBroken: ({ code }) => told.push(code) })
    const { spool } = dataFolder(folder)
    rmSync(spool, { recursive: true })
    const sink = store.contents.newContent()
    await assert.rejects(
      async () => {
        for (let n = 0; n < 20; n++) await sink.push(new Uint8Array(65_536))
        await sink.finish()
      },
      (error) => codeOf(error) === 'content-unwritten' && !/takes no more/.test(String(error)),
    )
    sink.abort()
    await assert.rejects(
      store.post.accept(letter('m1', 300_000)),
      (error) => codeOf(error) === 'content-unwritten',
    )
    await store.post.accept(letter('m2', 100))
    mkdirSync(spool)
    await store.post.accept(letter('m1', 300_000))
    await checkLetters(store, ['m1', 'm2'])
    assert.deepEqual(told, [])
    await store.close()
  },
)

folderTest('a letter whose file finds no place is put off alone', async (folder) => {
  const store = await openSqliteStore({ folder })
  const long = letter('m1', 300_000)
  const part = join(dataFolder(folder).content, (long.message?.content.sha256 ?? '').slice(0, 2))
  writeFileSync(part, 'a file where its folder should be')
  const outcomes = await Promise.allSettled([
    store.post.accept(long),
    store.post.accept(letter('m2', 100)),
  ])
  const [first, second] = outcomes
  assert.ok(first?.status === 'rejected')
  assert.equal(second?.status, 'fulfilled')
  rmSync(part)
  await store.post.accept(long)
  await checkLetters(store, ['m1', 'm2'])
  assert.deepEqual(readdirSync(dataFolder(folder).spool), [])
  await store.close()
})

folderTest('content that goes and comes back in one transaction keeps its file', async (folder) => {
  const store = await openSqliteStore({ folder })
  const content = contentOf(new Uint8Array(300_000).fill(97))
  const { queue } = outgoing()
  await store.post.accept(acceptance({ message: message('m1', '', { content }), queue }))
  const now = queue[0]?.nextAttemptAt ?? 0
  await store.queue.lease({ owner: 'one', now, leaseUntil: now + 1, limit: 1 })
  const sink = store.contents.newContent()
  await sink.push(new Uint8Array(300_000).fill(97))
  const again = await sink.finish()
  const outcome = { type: 'delivered' } as const
  const words = { steps: '[]', shared: [], status: 'delivered', summary: '' }
  await Promise.all([
    store.queue.settle([{ queueId: 'q1', owner: 'one', outcome, ...words }]),
    store.post.accept(acceptance({ message: message('m2', '', { content: again }) })),
  ])
  const opened = await store.messages.open('m2')
  assert.ok(opened !== undefined)
  assert.equal((await octetsOf(opened.original())).length, 300_000)
  await store.close()
  const next = await openSqliteStore({ folder })
  assert.equal(
    (await octetsOf((await next.messages.open('m2'))?.original() ?? none())).length,
    300_000,
  )
  await next.close()
})

folderTest(
  'a crash between a commit and the removal of a file is made good at the next start',
  async (folder) => {
    const { content } = dataFolder(folder)
    const files = (): number =>
      readdirSync(content).flatMap((part) => readdirSync(join(content, part))).length
    let crashed = false
    const store = await openSqliteStore({ folder }, (setup) =>
      startLocalWriter(setup, (what) => {
        if (crashed && what === 'remove') throw new Error('the process was killed here')
      }),
    )
    const { queue } = outgoing()
    const long = contentOf(new Uint8Array(300_000).fill(97))
    await store.post.accept(acceptance({ message: message('m1', '', { content: long }), queue }))
    const now = queue[0]?.nextAttemptAt ?? 0
    await store.queue.lease({ owner: 'one', now, leaseUntil: now + 1, limit: 1 })
    crashed = true
    const words = { steps: '[]', shared: [], status: 'delivered', summary: '' }
    await store.queue.settle([
      { queueId: 'q1', owner: 'one', outcome: { type: 'delivered' }, ...words },
    ])
    assert.equal(files(), 1)
    await store.close()
    const lines: unknown[] = []
    const again = await openSqliteStore({ folder, log: (line) => lines.push(line) })
    assert.equal(files(), 0)
    assert.deepEqual(lines, [])
    await again.post.accept(acceptance({ message: message('m1', '', { content: long }) }))
    await again.close()
    await (await openSqliteStore({ folder })).close()
    assert.equal(files(), 1, 'what came back is not taken for what was leaving')
  },
)

folderTest('octets in the database that were changed are not read as mail', async (folder) => {
  const store = await openSqliteStore({ folder })
  await store.post.accept(letter('m1', 100))
  const other = new DatabaseSync(dataFolder(folder).database, { timeout: 5000 })
  other.exec("UPDATE content SET octets = CAST('m1 was something else' AS BLOB)")
  other.close()
  const read = octetsOf((await store.messages.open('m1'))?.chunks() ?? none())
  await assert.rejects(
    read,
    (error) => codeOf(error) === 'store-broken' && /hash/.test(String(error)),
  )
  await store.close()
})

async function* none(): AsyncGenerator<Uint8Array> {}

folderTest('a letter of 50 MB goes in and out in little memory', async (folder) => {
  const store = await openSqliteStore({ folder })
  await store.post.accept(letter('warm', 300_000))
  await checkLetters(store, ['warm'])
  const before = process.resourceUsage().maxRSS
  const sink = store.contents.newContent()
  const chunk = new Uint8Array(65_536)
  for (let n = 0; n < 800; n++) {
    chunk.fill(n & 255)
    await sink.push(chunk)
  }
  const content = await sink.finish()
  assert.equal(content.size, 52_428_800)
  await store.post.accept(acceptance({ message: message('m1', '', { content }) }))
  let [size, wrong] = [0, 0]
  const opened = await store.messages.open('m1')
  assert.ok(opened !== undefined)
  for await (const part of opened.chunks()) {
    if (part[0] !== ((size >> 16) & 255)) wrong++
    size += part.length
  }
  assert.deepEqual([size, wrong], [52_428_800, 0])
  const grown = process.resourceUsage().maxRSS - before
  assert.ok(grown < 32 * 1024, `memory grew by ${grown} KiB`)
  await store.close()
})

folderTest('the log stays small under load while another connection reads', async (folder) => {
  const store = await openSqliteStore({ folder })
  let largest = 0
  for (let n = 0; n < 40; n++) {
    const ids = Array.from({ length: 50 }, (_, i) => `m${n}-${i}`)
    await Promise.all(ids.map((id) => store.post.accept(letter(id, 40_000))))
    await store.mailboxes.items({ account: 'bob@south.example' })
    largest = Math.max(largest, statSync(`${dataFolder(folder).database}-wal`).size)
  }
  assert.ok(largest < 48 * 1024 * 1024, `${largest} octets for 80 MB of mail`)
  await store.close()
})

/** A program that accepts until it cannot, in a process with little room. */
const fillProgram = `
  import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url))}
  import { contentOf } from ${JSON.stringify(new URL('../ports/contents.ts', import.meta.url))}
  import { rmSync, writeFileSync } from 'node:fs'
  const folder = process.argv[1]
  const told = []
  const store = await openSqliteStore({ folder, onBroken: (error) => told.push(error.code) })
  const letter = (id, size) => ({
    message: { id, content: contentOf(Buffer.from(id.padEnd(size, '.'))), prefix: Buffer.alloc(0), omit: [] },
    mailbox: [{ account: 'a', role: 'inbox', messageId: id, journeyId: 'j', receivedAt: 1 }],
    queue: [], journeys: [],
  })
  const result = { accepted: [], codes: {}, later: [] }
  const accept = (id, size, list) => store.post.accept(letter(id, size)).then(
    () => list.push(id),
    (error) => { result.codes[error.code ?? String(error)] = (result.codes[error.code] ?? 0) + 1 })
  for (let round = 0; round < 60; round++) {
    await Promise.all([1, 2, 3, 4].map((n) => accept('m' + round + '-' + n, n === 4 ? 300000 : 50000 * n, result.accepted)))
  }
  const sink = store.contents.newContent()
  try {
    for (let n = 0; n < 1000; n++) await sink.push(Buffer.alloc(65536))
    await sink.finish()
  } catch (error) { result.sink = error.code }
  sink.abort()
  rmSync(process.argv[2], { force: true })
  await accept('later', 1000, result.later)
  result.told = told
  await store.close()
  console.log(JSON.stringify(result))
`

interface FillResult {
  readonly accepted: string[]
  readonly codes: Record<string, number>
  readonly later: string[]
  readonly sink?: string
  readonly told: string[]
}

function fill(shell: string, folder: string, ballast: string): FillResult | undefined {
  const done = spawnSync(
    'sh',
    ['-c', shell, 'sh', process.execPath, fillProgram, folder, ballast],
    {
      encoding: 'utf8',
    },
  )
  // A program that is wrong must not look like a machine that cannot.
  assert.doesNotMatch(done.stderr, /TypeError|SyntaxError/)
  return done.status === 0 ? JSON.parse(done.stdout) : undefined
}

const runFill = 'exec "$1" --input-type=module -e "$2" "$3" "$4"'

folderTest(
  'a full disk refuses mail, keeps what it took, and takes mail again',
  async (folder, t) => {
    // A file system of 6 MB in a name space of its own; 2 MB of it are ballast that goes later.
    const shell = `mount -t tmpfs -o size=6m none "$3" && head -c 2000000 /dev/zero > "$4" && {
      "$1" --input-type=module -e "$2" "$3/data" "$4"; } && cp -r "$3/data" "$4.kept" 2>/dev/null`
    const kept = testFolder()
    const script = shell.replaceAll('"$4.kept"', `"${kept.folder}"`)
    const done = spawnSync(
      'unshare',
      [
        '-Urm',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        fillProgram,
        folder,
        join(folder, 'ballast'),
      ],
      { encoding: 'utf8' },
    )
    assert.doesNotMatch(done.stderr, /TypeError|SyntaxError/)
    if (done.error !== undefined || done.stdout === '') {
      kept.remove()
      return t.skip('a name space with a file system of its own cannot be made here')
    }
    const result: FillResult = JSON.parse(done.stdout)
    assert.deepEqual(Object.keys(result.codes), ['store-full'])
    assert.ok(result.accepted.length > 5)
    assert.equal(result.sink, 'store-full')
    assert.deepEqual(result.later, ['later'])
    assert.deepEqual(result.told, [])
    const store = await openSqliteStore({ folder: join(kept.folder, 'data') })
    await checkLetters(store, [...result.accepted, 'later'])
    assert.equal((await store.counts()).messages, result.accepted.length + 1)
    await store.close()
    kept.remove()
  },
)

folderTest(
  'a write that fails stops the store, and nothing acknowledged is lost',
  async (folder, t) => {
    // A limit on the size of files makes writes fail with EFBIG, which is no full disk.
    const result = fill(`ulimit -f 4000 && ${runFill}`, folder, join(folder, 'none'))
    if (result === undefined) return t.skip('the shell cannot limit the size of files')
    assert.deepEqual(Object.keys(result.codes), ['store-broken'])
    assert.deepEqual(result.later, [])
    assert.deepEqual(result.told, ['store-broken'])
    const store = await openSqliteStore({ folder })
    await checkLetters(store, result.accepted)
    await store.close()
  },
)
