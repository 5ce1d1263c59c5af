import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sessions } from './sessions.ts'

const hour = 3_600_000
const ann = { who: 'ann@south.example', scopes: ['read'] } as const

test('a session ends when nobody used it for twelve hours, and after seven days', async () => {
  let now = 0
  const sessions = new Sessions(() => now)
  const token = sessions.begin('ann', async () => ann)
  const idle = sessions.begin('ann', async () => ann)
  now = 12 * hour - 1
  assert.equal(await sessions.visitor(token), ann)
  now = 12 * hour
  assert.equal(await sessions.visitor(idle), undefined)
  while (now + 11 * hour < 7 * 24 * hour) {
    now += 11 * hour
    assert.equal(await sessions.visitor(token), ann)
  }
  now = 7 * 24 * hour
  assert.equal(await sessions.visitor(token), undefined)
})

test('it ends by logging out, and for good with what it began with', async () => {
  const sessions = new Sessions(() => 0)
  const left = sessions.begin('ann', async () => ann)
  sessions.end(left)
  assert.equal(await sessions.visitor(left), undefined)
  let holds = true
  const token = sessions.begin('ann', async () => (holds ? ann : undefined))
  assert.equal(await sessions.visitor(token), ann)
  holds = false
  assert.equal(await sessions.visitor(token), undefined)
  holds = true
  assert.equal(await sessions.visitor(token), undefined)
  assert.equal(await sessions.visitor('guessed'), undefined)
})

test('there are so many at most, and the one that was used least lately goes', async () => {
  const sessions = new Sessions(() => 0)
  const used = sessions.begin('ann', async () => ann)
  const unused = sessions.begin('ann', async () => ann)
  await sessions.visitor(used)
  for (let n = 0; n < 999; n++) sessions.begin(`user ${n}`, async () => ann)
  assert.equal(await sessions.visitor(used), ann)
  assert.equal(await sessions.visitor(unused), undefined)
})

test('who logs in again and again ends the oldest of their own sessions, and of nobody else', async () => {
  const sessions = new Sessions(() => 0)
  const operator = sessions.begin('operator', async () => ann)
  const first = sessions.begin('eve', async () => ann)
  const second = sessions.begin('eve', async () => ann)
  for (let n = 0; n < 49; n++) sessions.begin('eve', async () => ann)
  assert.equal(await sessions.visitor(first), undefined)
  assert.equal(await sessions.visitor(second), ann)
  for (let n = 0; n < 2000; n++) sessions.begin('eve', async () => ann)
  assert.equal(await sessions.visitor(operator), ann)
})
