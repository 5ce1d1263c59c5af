import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, lease, message, now, queueItem } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { testFolder } from '../test-folder.ts'
import { openDatabase, type Row } from './database.ts'
import { openWriter } from './open-writer.ts'
import { dueAnyTime, firstDueAt, firstWaiting, unappointed } from './queue-order.ts'
import { listQueue } from './read-queue.ts'

test('what a lease and a list look for is one place of an index, however long the queue is', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { writer } = openWriter({ folder, busyTimeoutMs: 0 })
  const queue = [
    ...Array.from({ length: 30 }, (_, n) => queueItem(`q${n}`, { nextAttemptAt: now + n })),
    queueItem('high', { priority: 5 }),
    queueItem('later', { notBefore: now + 100 }),
  ]
  writer.run([{ type: 'accept', acceptance: acceptance({ message: message('m1', 'x'), queue }) }])
  const database = openDatabase(dataFolder(folder).database, { readOnly: true, busyTimeoutMs: 0 })
  t.after(() => {
    database.close()
    writer.close()
  })
  const plans: string[] = []
  let [asked, given] = [0, 0]
  const plan = (sql: string, values: readonly (string | number)[]): void => {
    if (!sql.includes('queue')) return
    asked++
    const steps = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    plans.push(...steps.map(({ detail }) => String(detail)))
  }
  const rows = {
    get(sql: string, ...values: readonly (string | number)[]): Row | undefined {
      plan(sql, values)
      return database.get(sql, ...values)
    },
    all(sql: string, ...values: readonly (string | number)[]): Row[] {
      plan(sql, values)
      const found = database.all(sql, ...values)
      given += found.length
      return found
    },
  }
  const looks: readonly (readonly [what: string, look: () => unknown, atMost: number])[] = [
    [
      'due',
      () =>
        firstWaiting(rows, { sql: 'AND next_attempt_ms <= ?', values: [now + 9] }, { limit: 4 }),
      8,
    ],
    [
      'strayed',
      () =>
        firstWaiting(
          rows,
          { sql: 'AND next_attempt_ms > ?', values: [now + 9] },
          { limit: 4, parts: [unappointed] },
        ),
      4,
    ],
    ['next due', () => firstDueAt(rows), 0],
    ['list', () => firstWaiting(rows, dueAnyTime, { limit: 4, each: true }), 12],
  ]
  for (const [what, look, atMost] of looks) {
    plans.length = 0
    asked = 0
    given = 0
    look()
    const told = plans.join('\n')
    assert.doesNotMatch(told, /SCAN|TEMP B-TREE/, `${what}: ${told}`)
    assert.match(told, /SEARCH queue USING (COVERING )?INDEX queue_(waiting|appointed)/, what)
    assert.ok(asked <= 9, `${what} asks ${asked} questions for two priorities`)
    assert.ok(given <= atMost, `${what} reads ${given} rows for ${atMost}`)
  }
  plans.length = 0
  assert.equal(listQueue(rows, { limit: 2 }).length, 2)
  assert.match(plans.join('\n'), /INDEX queue_waiting/)
})

test('holds that are over, and expired leases, are found by an index', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { writer } = openWriter({ folder, busyTimeoutMs: 0 })
  writer.run([{ type: 'lease', request: lease() }])
  const database = openDatabase(dataFolder(folder).database, { readOnly: true, busyTimeoutMs: 0 })
  t.after(() => {
    database.close()
    writer.close()
  })
  const plan = (sql: string): string => {
    return database
      .all(`EXPLAIN QUERY PLAN ${sql}`)
      .map(({ detail }) => String(detail))
      .join('\n')
  }
  const ended = 'SELECT key FROM queue WHERE held = 1 AND held_until_ms <= 5 ORDER BY held_until_ms'
  assert.match(plan(ended), /SEARCH queue USING (COVERING )?INDEX queue_held_until/)
  const expired = `SELECT key FROM queue WHERE held = 0 AND lease_owner IS NOT NULL
    AND lease_until_ms <= 5 ORDER BY priority DESC, next_attempt_ms`
  assert.match(plan(expired), /SEARCH queue USING INDEX queue_leased/)
})
