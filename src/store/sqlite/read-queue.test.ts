import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, message, queueItem } from '../contract-cases.ts'
import { dataFolder } from '../data-folder.ts'
import { testFolder } from '../test-folder.ts'
import { openDatabase, type Row } from './database.ts'
import { openWriter } from './open-writer.ts'
import { listQueue } from './read-queue.ts'

test('what waits of one journey is found by an index, however long the queue is', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { writer } = openWriter({ folder, busyTimeoutMs: 0 })
  const queue = [queueItem('q1', { journeyId: 'JOURNEY1' })]
  writer.run([{ type: 'accept', acceptance: acceptance({ message: message('m1', 'x'), queue }) }])
  const database = openDatabase(dataFolder(folder).database, { readOnly: true, busyTimeoutMs: 0 })
  t.after(() => {
    database.close()
    writer.close()
  })
  const plans: string[] = []
  const rows = {
    get: (sql: string) => database.get(sql),
    all(sql: string, ...values: readonly (string | number)[]): Row[] {
      const steps = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
      plans.push(...steps.map(({ detail }) => String(detail)))
      return database.all(sql, ...values)
    },
  }
  const to = { text: 'south.example', match: 'part' } as const
  for (const filter of [{}, { to }, { account: 'ann@north.example' }]) {
    plans.length = 0
    listQueue(rows, { journey: 'JOURNEY1', limit: 10, filter })
    assert.match(plans.join('\n'), /SEARCH queue USING INDEX queue_by_journey/)
    assert.doesNotMatch(plans.join('\n'), /SCAN queue/)
  }
})
