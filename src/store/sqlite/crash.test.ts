/**
 * Kills a server at random moments, again and again, and counts what it had acknowledged and lost.
 * `WAYBILL_CRASH_ROUNDS` makes it longer.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { contentOf } from '../ports/contents.ts'
import { acceptance, journey, mailboxItem, message, queueItem } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { ReadPorts } from '../reads.ts'
import type { NewContent } from '../ports/post.ts'
import type { Store } from '../ports/store.ts'
import { testFolder } from '../test-folder.ts'

const here = fileURLToPath(import.meta.url)

/** What the child says about one letter, after its acceptance has resolved. */
interface Acknowledged {
  readonly id: string
  readonly sha256: string
}

if (process.argv[2] === 'child') await serve(process.argv[3] ?? '', process.argv[4] ?? '')
else registerTest()

/** The server: callers without pause, each saying what was acknowledged, until the end comes. */
async function serve(folder: string, round: string): Promise<void> {
  const store = await openSqliteStore({ folder })
  await store.queue.releaseLeases()
  let count = 0
  const caller = async (): Promise<void> => {
    for (;;) {
      const id = `${round}-${count++}`
      const content = await contentFor(store, id)
      await store.post.accept(
        acceptance({
          message: message(id, '', { content, prefix: Buffer.from(`Received: ${id}\r\n`) }),
          queue: [queueItem(`q-${id}`, { messageId: id, journeyId: id })],
          mailbox: [mailboxItem({ messageId: id, journeyId: id })],
          journeys: [journey(id, { messageId: id })],
        }),
      )
      writeSync(1, `accept ${id} ${content.sha256}\n`)
    }
  }
  const sender = async (): Promise<void> => {
    for (;;) {
      const now = queueItem('').nextAttemptAt
      const items = await store.queue.lease({ owner: round, now, leaseUntil: now + 1000, limit: 3 })
      for (const { id } of items) {
        const outcome = { type: 'delivered' as const }
        const words = { steps: `["${round}"]`, status: 'delivered', summary: '' }
        await store.queue.settle([{ queueId: id, owner: round, outcome, shared: [], ...words }])
        writeSync(1, `settle ${id}\n`)
      }
      if (items.length === 0) await new Promise(setImmediate)
    }
  }
  await Promise.all([...Array.from({ length: 12 }, caller), sender()])
}

/** Mostly letters; some are long enough for a file, some come through a sink, some are equal. */
async function contentFor(store: Store, id: string): Promise<NewContent> {
  const kind = randomInt(100)
  if (kind < 2) return contentOf(Buffer.alloc(270_000, 'equal'))
  if (kind < 4) return contentOf(randomBytes(300_000))
  if (kind < 7) {
    const sink = store.contents.newContent()
    for (let n = 0; n < 8; n++) await sink.push(randomBytes(randomInt(100_000)))
    return sink.finish()
  }
  return contentOf(Buffer.concat([Buffer.from(id), randomBytes(randomInt(12_000))]))
}

/** Runs the server until it is killed, at a random moment after its first words. */
async function runAndKill(
  folder: string,
  round: number,
): Promise<{ readonly accepted: readonly Acknowledged[]; readonly settled: readonly string[] }> {
  const child = spawn(process.execPath, [here, 'child', folder, `r${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    if (chunks.length === 0) setTimeout(() => child.kill('SIGKILL'), randomInt(120))
    chunks.push(chunk)
  })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL', 'the server ended by the kill and not by itself')
  const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1)
  const words = lines.map((line) => line.split(' '))
  return {
    accepted: words
      .filter(([verb]) => verb === 'accept')
      .map(([, id = '', sha256 = '']) => ({ id, sha256 })),
    settled: words.filter(([verb]) => verb === 'settle').map(([, id = '']) => id),
  }
}

async function hashOf(read: ReadPorts, id: string): Promise<string | undefined> {
  const opened = await read.messages.open(id)
  if (opened === undefined) return undefined
  const hash = createHash('sha256')
  for await (const chunk of opened.original()) hash.update(chunk)
  return hash.digest('hex')
}

function registerTest(): void {
  const rounds = Number(process.env['WAYBILL_CRASH_ROUNDS'] ?? '20')
  test(`killed ${rounds} times under load, the store has all that it acknowledged`, async (t) => {
    const { folder, remove } = testFolder()
    const accepted: Acknowledged[] = []
    const settled = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      const said = await runAndKill(folder, round)
      accepted.push(...said.accepted)
      for (const id of said.settled) settled.add(id)
      // Opened by the next server, and now and then by a store that closes in order.
      if (round % 5 === 4) await (await openSqliteStore({ folder })).close()
    }
    const store = await openSqliteStore({ folder })
    const lost: string[] = []
    for (const { id, sha256 } of accepted) {
      const found = await store.journeys.find(id)
      const whole = found.type === 'found' && found.journey.messageId === id
      if (!whole || (await hashOf(store, id)) !== sha256) lost.push(id)
    }
    assert.deepEqual(lost, [], 'acknowledged but lost or damaged')
    const queued = new Set((await store.queue.list({ limit: 1e9 })).map(({ id }) => id))
    assert.deepEqual(
      Array.from(settled).filter((id) => queued.has(id)),
      [],
      'settled but still queued',
    )
    await checkWhole(store, queued)
    t.diagnostic(
      `${rounds} kills, ${accepted.length} acknowledged, 0 lost, ${settled.size} settled`,
    )
    await store.close()
    checkDatabase(dataFolder(folder).database)
    remove()
  })
}

/** Whatever is stored, acknowledged or not, is stored whole: message, journey, mailbox together. */
async function checkWhole(read: Store, queued: ReadonlySet<string>): Promise<void> {
  const rows = await read.mailboxes.items({})
  assert.equal((await read.counts()).messages, rows.length)
  assert.equal((await read.counts()).journeys, rows.length)
  for (const { messageId } of rows) {
    assert.notEqual(await hashOf(read, messageId), undefined, messageId)
    const found = await read.journeys.find(messageId)
    assert.ok(found.type === 'found', messageId)
    const { status, appended } = found.journey
    assert.equal(appended.length, status === 'delivered' ? 1 : 0)
    assert.equal(queued.has(`q-${messageId}`), status !== 'delivered', messageId)
  }
}

function checkDatabase(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true })
  const [row] = database.prepare('PRAGMA integrity_check').all()
  assert.equal(row?.['integrity_check'], 'ok')
  assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), [])
  database.close()
}
