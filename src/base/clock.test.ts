import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'

test('a manual clock stands still until it is moved', () => {
  const clock = new ManualClock(1000)
  assert.equal(clock.now(), 1000)
  clock.advance(250)
  assert.equal(clock.now(), 1250)
  assert.equal(clock.monotonicMs(), 250)
})

test('timers run in the order of their time, equal ones in the order they were set', () => {
  const clock = new ManualClock()
  const seen: string[] = []
  clock.setTimer(20, () => seen.push(`late at ${clock.now()}`))
  clock.setTimer(10, () => seen.push(`first at ${clock.now()}`))
  clock.setTimer(10, () => seen.push(`second at ${clock.now()}`))
  assert.equal(clock.nextDueMs, 10)
  clock.advance(19)
  assert.deepEqual(seen, ['first at 10', 'second at 10'])
  clock.advance(1)
  assert.deepEqual(seen, ['first at 10', 'second at 10', 'late at 20'])
})

test('a cancelled timer does not run', () => {
  const clock = new ManualClock()
  const cancel = clock.setTimer(5, () => assert.fail('ran'))
  assert.equal(clock.pending, 1)
  cancel()
  assert.equal(clock.pending, 0)
  clock.advance(10)
})

test('a timer set while the clock moves runs in the same move when it falls due', () => {
  const clock = new ManualClock()
  const seen: number[] = []
  const again = (): void => {
    seen.push(clock.now())
    if (seen.length < 3) clock.setTimer(10, again)
  }
  clock.setTimer(10, again)
  clock.advance(100)
  assert.deepEqual(seen, [10, 20, 30])
  assert.equal(clock.now(), 100)
})
