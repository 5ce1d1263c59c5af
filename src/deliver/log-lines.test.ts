import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryLine } from './log-lines.ts'
import { minuteMs, start, testItem } from './test-support/world.ts'

const until = start + minuteMs
const item = testItem({ attempts: 3, lastProblem: 'down' })
const base = { item, host: 'mx.south.example', ip: '203.0.113.20', status: '4.4.1', because: 'why' }

test('a line tells of an attempt: its number, where, what the server said, and when again', () => {
  const outcome = { type: 'deferred', nextAttemptAt: until, problem: 'down' } as const
  assert.deepEqual(deliveryLine({ ...base, outcome }), {
    level: 'info',
    event: 'deferred',
    fields: {
      id: 'j1',
      from: '<anna@north.example>',
      to: 'bob@south.example',
      destination: 'south.example',
      host: 'mx.south.example',
      ip: '203.0.113.20',
      attempt: 4,
      status: '4.4.1',
      why: 'why',
      next: new Date(until).toISOString(),
    },
  })
})

test('a failure is a warning; what does not apply is left out', () => {
  const failed = deliveryLine({ ...base, host: '', ip: '', outcome: { type: 'failed' } })
  assert.equal(failed?.level, 'warning')
  assert.deepEqual([failed?.fields['host'], failed?.fields['ip']], [undefined, undefined])
  const delivered = deliveryLine({ ...base, because: '', outcome: { type: 'delivered' } })
  assert.equal(delivered?.level, 'info')
  assert.deepEqual([delivered?.fields['why'], delivered?.fields['next']], [undefined, undefined])
})

test('what was not tried is told once, without a number', () => {
  const putOff = { type: 'deferred', nextAttemptAt: until, attempted: false } as const
  const fresh = deliveryLine({ ...base, outcome: { ...putOff, problem: 'other' } })
  assert.ok(fresh !== undefined)
  assert.equal(fresh.fields['attempt'], undefined)
  assert.equal(deliveryLine({ ...base, outcome: { ...putOff, problem: 'down' } }), undefined)
})
