import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Lanes } from './lanes.ts'
import type { Limits } from './places.ts'

function lanes(limits: Limits): { lanes: Lanes; clock: ManualClock; moved: () => number } {
  const clock = new ManualClock()
  let moved = 0
  return { lanes: new Lanes(limits, clock, () => moved++), clock, moved: () => moved }
}

test('who says nothing for five seconds moves to the slow lane, and begins there the next time', () => {
  const { lanes: one, clock, moved } = lanes({ total: 1, slow: 1 })
  const entry = one.enter('a')
  clock.advance(4999)
  assert.deepEqual([moved(), one.free('b', 4), one.paceOf('a')], [0, 0, 'unknown'])
  clock.advance(1)
  assert.deepEqual([moved(), one.free('b', 4), one.paceOf('a')], [1, 1, 'slow'])
  assert.equal(one.free('a', 4), 0, 'the slow lane is full')
  entry.leave()
  assert.equal(one.free('a', 4), 1)
  assert.deepEqual([one.total, clock.pending], [0, 0])
})

test('each word counts anew, and who is quick again begins among the quick', () => {
  const { lanes: one, clock, moved } = lanes({ total: 2, slow: 2 })
  const entry = one.enter('a')
  clock.advance(4000)
  entry.heard()
  assert.equal(one.paceOf('a'), 'quick')
  clock.advance(4000)
  assert.equal(moved(), 0)
  clock.advance(1000)
  assert.deepEqual([moved(), one.paceOf('a')], [1, 'slow'])
  clock.advance(1000)
  entry.heard()
  assert.equal(one.paceOf('a'), 'slow', 'that word took too long')
  entry.leave()
  const again = one.enter('a')
  clock.advance(100)
  again.heard()
  again.leave()
  assert.equal(one.paceOf('a'), 'quick')
})

test('who finds the slow lane full moves as soon as there is room', () => {
  const { lanes: one, clock } = lanes({ total: 2, slow: 1 })
  const [a] = [one.enter('a'), one.enter('b')]
  clock.advance(5000)
  assert.equal(one.free('c', 4), 1)
  a.leave()
  assert.equal(one.free('c', 4), 2)
})

test('who ends while it waits for a slow place gets none', () => {
  const { lanes: one, clock } = lanes({ total: 2, slow: 1 })
  const [a, b] = [one.enter('a'), one.enter('b')]
  clock.advance(5000)
  b.leave()
  a.leave()
  assert.deepEqual([one.total, one.free('c', 4), one.free('a', 4)], [0, 2, 1])
})

test('ten thousand paces are remembered, the latest ones', () => {
  const { lanes: one } = lanes({ total: 1, slow: 1 })
  for (let n = 0; n <= 10_000; n++) {
    const entry = one.enter(`d${n}`)
    entry.heard()
    entry.leave()
  }
  assert.deepEqual([one.paceOf('d0'), one.paceOf('d1')], ['unknown', 'quick'])
})
