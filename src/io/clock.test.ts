import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'

const dayMs = 86_400_000

test('a timer fires once when its time has come', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let fired = 0
  systemClock.setTimer(100, () => fired++)
  t.mock.timers.tick(99)
  assert.equal(fired, 0)
  t.mock.timers.tick(1)
  t.mock.timers.tick(1000)
  assert.equal(fired, 1)
})

test('a timer of sixty days waits for sixty days', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let fired = 0
  systemClock.setTimer(60 * dayMs, () => fired++)
  // The steps are those in which the timer is extended: a step across would shift it.
  const stepMs = 2 ** 31 - 1
  t.mock.timers.tick(stepMs)
  t.mock.timers.tick(stepMs)
  t.mock.timers.tick(60 * dayMs - 2 * stepMs - 1)
  assert.equal(fired, 0)
  t.mock.timers.tick(1)
  assert.equal(fired, 1)
})

test('a cancelled timer does not fire, also when it has been extended', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const cancel = systemClock.setTimer(60 * dayMs, () => assert.fail('fired'))
  for (let day = 0; day < 30; day++) t.mock.timers.tick(dayMs)
  cancel()
  for (let day = 0; day < 60; day++) t.mock.timers.tick(dayMs)
})

test('the monotonic clock does not go back', () => {
  const before = systemClock.monotonicMs()
  assert.ok(systemClock.monotonicMs() >= before)
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
})
