/** The writer by itself: what it must not do after a fault, and what it does beside the commits. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { acceptance, journey, mailboxItem, message, now } from '../contract-cases.ts'
import type { Database } from './database.ts'
import { openWriter } from './open-writer.ts'
import type { Operation } from '../operations.ts'
import { storeBroken, storeFull } from '../problems.ts'
import type { Acceptance } from '../ports/post.ts'
import type { StrangerLimits } from '../strangers.ts'
import { testFolder } from '../test-folder.ts'
import type { Writer } from './writer.ts'

interface Opened {
  readonly writer: Writer
  /** The statements since the last call, by their first words. */
  readonly said: () => readonly string[]
  /** The next statement that begins so fails. */
  readonly failAt: (start: string, error: Error) => void
  readonly has: (sql: string) => number
}

function opened(t: TestContext, strangers?: StrangerLimits): Opened {
  const { folder, remove } = testFolder()
  let statements: string[] = []
  let fault: { readonly start: string; readonly error: Error } | undefined
  let inner: Database | undefined
  const step = (sql: string): void => {
    statements.push(sql)
    if (fault === undefined || !sql.startsWith(fault.start)) return
    const { error } = fault
    fault = undefined
    throw error
  }
  const { writer } = openWriter(
    { folder, busyTimeoutMs: 0, ...(strangers === undefined ? {} : { strangers }) },
    {
      database(database) {
        inner = database
        return {
          run(sql, ...values) {
            step(sql)
            return database.run(sql, ...values)
          },
          get(sql, ...values) {
            step(sql)
            return database.get(sql, ...values)
          },
          all(sql, ...values) {
            step(sql)
            return database.all(sql, ...values)
          },
          exec(sql) {
            step(sql)
            database.exec(sql)
          },
          get inTransaction() {
            return database.inTransaction
          },
          close: () => database.close(),
        }
      },
    },
  )
  t.after(() => {
    writer.close()
    remove()
  })
  statements = []
  return {
    writer,
    said: () => statements.splice(0),
    failAt(start, error) {
      fault = { start, error }
    },
    has: (sql) => Number(Object.values(inner?.get(sql) ?? {})[0]),
  }
}

function accept(changes: Partial<Acceptance>): Operation {
  return { type: 'accept', acceptance: acceptance(changes) }
}

function letter(id: string, octets = 10): Operation {
  const mailbox = [mailboxItem({ messageId: id })]
  return accept({ message: message(id, id.padEnd(octets, '.')), mailbox })
}

const fact = [{ hash: 'fact-1', json: '1' }]

test('after a flush that failed nothing is written any more, and no second flush is tried', (t) => {
  const { writer, said, failAt } = opened(t)
  failAt('COMMIT', storeBroken(new Error('EIO')))
  const first = writer.run([letter('m1'), letter('m2')])
  assert.deepEqual(
    first.map((one) => (one.ok ? 'ok' : one.problem.code)),
    ['store-broken', 'store-broken'],
  )
  assert.equal(said().filter((sql) => sql === 'COMMIT').length, 1)
  const next = writer.run([letter('m3')])
  assert.deepEqual(
    next.map((one) => (one.ok ? 'ok' : one.problem.code)),
    ['store-broken'],
  )
  writer.checkpoint()
  assert.deepEqual(said(), [], 'not even a question')
})

test('a checkpoint that fails stops the writer, too', (t) => {
  const { writer, said, failAt } = opened(t)
  failAt('PRAGMA wal_checkpoint(NOOP)', storeBroken(new Error('EIO')))
  writer.checkpoint()
  assert.equal(writer.broken?.code, 'store-broken')
  said()
  writer.run([letter('m1')])
  assert.deepEqual(said(), [])
})

test('the log is written back when it has grown, and not before', (t) => {
  const { writer, said } = opened(t)
  const written = (): boolean => {
    said()
    writer.checkpoint()
    return said().includes('PRAGMA wal_checkpoint(PASSIVE)')
  }
  writer.run([letter('m1')])
  assert.equal(written(), false)
  let n = 0
  let octets = 0
  for (; !written(); n++) {
    writer.run([letter(`large-${n}`, 200_000)])
    octets += 200_000
    assert.ok(octets < 20 * 1024 * 1024, 'after 16 MiB')
  }
  assert.ok(octets > 12 * 1024 * 1024, `${octets}`)
  assert.equal(written(), false, 'it begins anew')
})

test('on a full disk the log is written back at once: that makes room', (t) => {
  const { writer, said, failAt } = opened(t)
  failAt('COMMIT', storeFull())
  failAt('INSERT INTO message', storeFull())
  writer.run([letter('m1')])
  said()
  writer.checkpoint()
  assert.ok(said().includes('PRAGMA wal_checkpoint(PASSIVE)'))
  writer.checkpoint()
  assert.ok(!said().includes('PRAGMA wal_checkpoint(PASSIVE)'), 'once')
  assert.equal(writer.broken, undefined)
})

test('on a full disk what strangers left goes first, and mail fits again', (t) => {
  const { writer, failAt, has } = opened(t)
  const kept = (id: string): Operation => {
    const refused = journey(id, { status: 'refused', messageId: id })
    return accept({ message: message(id, id.padEnd(50_000, '.')), journeys: [refused] })
  }
  writer.run([kept('r1'), kept('r2'), letter('mail', 50_000)])
  assert.equal(has('SELECT content_octets FROM stranger_total'), 100_000)
  failAt('INSERT INTO message', storeFull())
  const [outcome] = writer.run([letter('m2', 50_000)])
  assert.equal(outcome?.ok, true, 'the fault was for one try')
  failAt('SAVEPOINT', storeFull())
  writer.run([letter('m3', 50_000), accept({ mailbox: [mailboxItem({ messageId: 'nobody' })] })])
  writer.checkpoint()
  assert.equal(has('SELECT content_octets FROM stranger_total'), 0)
  assert.equal(has("SELECT count(*) FROM journey WHERE status = 'refused'"), 2)
  assert.equal(has("SELECT count(*) FROM message WHERE id IN ('mail', 'm2')"), 2)
})

test('a fact that a pruning removed is stored again when it comes back', (t) => {
  const { writer, has } = opened(t)
  const put = (id: string, startedAt: number): Operation =>
    accept({ journeys: [journey(id, { startedAt, shared: fact })] })
  const prune: Operation = { type: 'prune', request: { journeysBefore: now + 1 } }
  const facts = (): number => has('SELECT count(*) FROM fact')
  // The same hour, so that only the removal can tell that it must be written.
  writer.run([put('J1', now)])
  writer.run([prune])
  writer.run([prune])
  assert.equal(facts(), 0)
  writer.run([put('J2', now + 1)])
  assert.equal(facts(), 1)
  // Removed and needed again within one transaction, either way round.
  writer.run([put('J3', now), prune])
  writer.run([{ type: 'prune', request: { journeysBefore: now + 2 } }])
  writer.run([{ type: 'prune', request: { journeysBefore: now + 2 } }, put('J4', now + 5)])
  assert.equal(facts(), 1)
  writer.run([
    { type: 'prune', request: { journeysBefore: now + 9 } },
    { type: 'prune', request: { journeysBefore: now + 9 } },
    put('J5', now + 9),
  ])
  assert.equal(facts(), 1)
})

test('a fact of strangers goes with them, and one that mail has used as well stays', (t) => {
  const { writer, has } = opened(t)
  const hour = 3_600_000
  const put = (id: string, status: string, startedAt: number, hashes: string[]): Operation => {
    const shared = hashes.map((hash) => ({ hash, json: `"${hash}"` }))
    return accept({ journeys: [journey(id, { status, startedAt, shared })] })
  }
  const facts = (): number => has('SELECT count(*) FROM fact')
  const octets = (): number => has('SELECT fact_octets FROM stranger_total')
  writer.run([put('MAIL', 'accepted', now - 10 * hour, ['m'])])
  assert.equal(octets(), 0)
  writer.run([put('BAD', 'refused', now, ['m', 'ours', 'theirs'])])
  assert.equal(octets(), '"ours""theirs"'.length)
  writer.run([put('GOOD', 'accepted', now, ['ours'])])
  assert.equal(octets(), '"theirs"'.length)
  writer.run([put('WORSE', 'refused', now + 1, ['ours', 'theirs'])])
  const strangers = { octets: 0, contentOctets: 0 }
  for (let n = 0; n < 5; n++) {
    writer.run([{ type: 'prune', request: { journeysBefore: 0, strangers } }])
  }
  assert.equal(facts(), 2)
  assert.equal(octets(), 0)
  assert.equal(has('SELECT count(*) FROM journey'), 2)
})

test('one stranger more makes the oldest go, in the same commit', (t) => {
  const { writer, has, said } = opened(t, { octets: 1000, contentOctets: 1000 })
  const scan = (n: number): Operation => {
    const json = JSON.stringify('x'.repeat(198))
    const one = { startedAt: now + n, status: 'dropped', rcptTo: [], json }
    return accept({ journeys: [journey(`S-${n}`, one)] })
  }
  for (let n = 0; n < 5; n++) writer.run([scan(n)])
  assert.equal(has('SELECT count(*) FROM journey'), 5)
  said()
  writer.run([scan(5)])
  assert.equal(said().filter((sql) => sql === 'COMMIT').length, 1)
  assert.equal(has('SELECT count(*) FROM journey'), 5)
  assert.equal(has("SELECT count(*) FROM journey WHERE id = 'S-0'"), 0)
})
