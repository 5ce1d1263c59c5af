import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { queueItem } from './test-support/queue-item.ts'
import { Traffic } from './traffic.ts'
import type { DestinationRule, TrafficPlan } from './traffic-plan.ts'

const minute = 60_000

function traffic(plan: Partial<TrafficPlan>): { traffic: Traffic; clock: ManualClock } {
  const clock = new ManualClock(Date.UTC(2026, 10, 27, 12))
  const one = new Traffic(clock)
  one.use({ destinations: [], senders: [], ...plan })
  return { traffic: one, clock }
}

const rule: DestinationRule = {
  name: 'one.example',
  domains: ['one.example'],
  servers: [],
  connections: 2,
  rates: [
    { count: 60, perMs: minute },
    { count: 100, perMs: 60 * minute },
  ],
  quiet: { from: 13 * 60, to: 14 * 60, zone: 'UTC' },
}

test('without a rule everything may go', () => {
  const { traffic: one } = traffic({})
  const none = one.rule('one.example', 'one.example')
  assert.equal(none, undefined)
  assert.deepEqual([one.free(none), one.allowance(none)], [Infinity, Infinity])
  assert.deepEqual([one.limited(none), one.quietUntil(none)], [undefined, undefined])
  assert.ok(one.admit(queueItem('a')))
})

test('the strictest rate counts, and says when it lets go on', () => {
  const { traffic: one, clock } = traffic({ destinations: [rule] })
  const applied = one.rule('one.example', 'one.example')
  assert.equal(one.allowance(applied), 6)
  one.spend(applied, 6)
  assert.match(one.limited(applied)?.because ?? '', /^No more than 60 letters a minute go there/)
  for (let n = 0; n < 60; n++) {
    clock.advance(minute / 4)
    one.spend(applied, one.allowance(applied))
  }
  assert.match(one.limited(applied)?.because ?? '', /^No more than 100 letters an hour go there/)
  one.spend(applied, -3)
  assert.equal(one.limited(applied), undefined)
})

test('connections are counted for all that a rule names', () => {
  const { traffic: one } = traffic({ destinations: [rule] })
  const applied = one.rule('one.example', 'x')
  one.count(applied, 1)
  one.count(applied, 1)
  assert.equal(one.free(applied), 0)
  one.count(applied, -1)
  assert.equal(one.free(one.rule('one.example', 'y')), 1)
})

test('quiet hours begin and end with the clock', () => {
  const { traffic: one, clock } = traffic({ destinations: [rule] })
  const applied = one.rule('one.example', 'x')
  assert.equal(one.quietUntil(applied), undefined)
  clock.advance(60 * minute)
  assert.equal(one.quietUntil(applied), Date.UTC(2026, 10, 27, 14))
  clock.advance(60 * minute - 1)
  assert.equal(one.quietUntil(applied), Date.UTC(2026, 10, 27, 14))
  clock.advance(1)
  assert.equal(one.quietUntil(applied), undefined)
})

test('a sender that has sent enough is told apart from others', () => {
  const rates = [{ count: 2, perMs: 60 * minute }]
  const sender = { name: 's', addresses: ['big.example'], accounts: [], rates }
  const { traffic: one, clock } = traffic({ senders: [sender] })
  const big = queueItem('a', { reversePath: 'x@big.example' })
  assert.deepEqual([one.admit(big), one.admit(big)], [true, false])
  assert.ok(one.admit(queueItem('b')))
  assert.match(one.senderLimited(big)?.because ?? '', /^No more than 2 letters an hour go for/)
  assert.equal(one.senderLimited(queueItem('b')), undefined)
  one.giveBack(undefined, [big])
  assert.ok(one.admit(big))
  clock.advance(60 * minute)
  assert.ok(one.admit(big))
})
