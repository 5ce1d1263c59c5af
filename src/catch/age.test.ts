import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { acceptance, journey, mailboxItem, message, now } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { ageOfCaught } from './age.ts'

const dayMs = 86_400_000

test('what was caught goes with its journey once it is old enough, and nothing before', async () => {
  const store = openMemoryStore()
  const clock = new ManualClock(now)
  const ages = [40, 31, 29, 0]
  for (const age of ages) {
    const [id, at] = [`letter-${age}`, now - age * dayMs]
    await store.post.accept(
      acceptance({
        message: message(id, `Subject: ${age}\r\n\r\n`),
        mailbox: [mailboxItem({ account: 'caught', messageId: id, journeyId: id, receivedAt: at })],
        journeys: [journey(id, { startedAt: at, messageId: id })],
      }),
    )
  }
  const age = ageOfCaught({
    store,
    clock,
    keepDays: 30,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
  })
  let over = false
  const pass = age.run().finally(() => {
    over = true
  })
  while (!over) {
    await nextTurn()
    clock.advance(50)
  }
  const removed = await pass
  assert.equal(removed.journeys, 2)
  assert.equal(await store.messages.open('letter-31'), undefined)
  assert.notEqual(await store.messages.open('letter-29'), undefined)
  const left = await store.mailboxes.items({ account: 'caught' })
  assert.deepEqual(
    left.map(({ messageId }) => messageId),
    ['letter-29', 'letter-0'],
  )
  await age.stop()
})
