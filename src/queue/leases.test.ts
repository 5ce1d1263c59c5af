import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueItem } from '../store/ports/queue.ts'
import { Leases } from './leases.ts'
import { queueItem } from './test-support/queue-item.ts'

const item = (id: string, attempts = 0): QueueItem => queueItem(id, { attempts })

function take(leases: Leases, now: number): readonly string[] {
  return leases.take('d.example', { count: 10, max: 10, now }).map(({ id }) => id)
}

test('an item is taken once, and counts until it is let go', () => {
  const leases = new Leases()
  leases.hold(item('a'), { now: 0, until: 100 })
  assert.equal(leases.waitingFor('d.example'), 1)
  assert.deepEqual(take(leases, 1), ['a'])
  assert.deepEqual(take(leases, 1), [])
  assert.equal(leases.count, 1)
  leases.letGo('a')
  assert.equal(leases.count, 0)
})

test('what waited longer than its lease is not taken: it may be another’s by now', () => {
  const leases = new Leases()
  leases.hold(item('a'), { now: 0, until: 100 })
  leases.hold(item('b'), { now: 0, until: 200 })
  assert.deepEqual(take(leases, 100), ['b'])
  assert.equal(leases.count, 1)
})

test('an item whose lease ran out under way is not begun twice', () => {
  const leases = new Leases()
  leases.hold(item('a'), { now: 0, until: 100 })
  take(leases, 0)
  leases.hold(item('a'), { now: 100, until: 200 })
  assert.deepEqual(take(leases, 101), [])
  leases.letGo('a')
  assert.equal(leases.count, 0)
})

test('an item that was settled and is due again waits for the end of its batch', () => {
  for (const again of [item('a', 1), item('a')]) {
    const leases = new Leases()
    leases.hold(item('a'), { now: 0, until: 100 })
    take(leases, 0)
    leases.hold(again, { now: 50, until: 150 })
    assert.deepEqual(take(leases, 50), [])
    leases.letGo('a')
    assert.deepEqual(leases.destinations(), ['d.example'])
    assert.deepEqual(take(leases, 149), ['a'])
  }
})
