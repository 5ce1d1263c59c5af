import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MailEvent } from './mail-event.ts'
import { Untold } from './untold.ts'

function events(...times: readonly number[]): readonly MailEvent[] {
  return times.map((at, n) => ({ id: `evt_${n}`, type: 'message.accepted', at, detail: {} }))
}

function times(told: readonly MailEvent[]): readonly number[] {
  return told.map(({ at }) => at)
}

test('of a journey that is known only what is new is told', () => {
  const untold = new Untold(0)
  assert.deepEqual(times(untold.of('a', events(1, 2))), [1, 2])
  assert.deepEqual(times(untold.of('a', events(1, 2, 3))), [3])
  assert.deepEqual(times(untold.of('a', events(1, 2, 3))), [])
})

test('of one that is not known, what happened before is not told again', () => {
  const untold = new Untold(100)
  assert.deepEqual(times(untold.of('a', events(1, 100, 101))), [100, 101])
})

test('the time goes on with what is told, a little behind it', () => {
  const untold = new Untold(0, 50)
  untold.of('a', events(200, 900))
  // The change was that of 200, as far as anybody knows: what happened since may be untold.
  assert.equal(untold.since, 150)
  assert.deepEqual(times(untold.of('b', events(10, 149, 150))), [150])
  assert.equal(untold.since, 150)
})

test('so many journeys at once cost no memory; what is forgotten may come twice and is not lost', () => {
  const untold = new Untold(0)
  for (let n = 0; n < 2000; n++) untold.of(`j${n}`, events(1))
  assert.deepEqual(times(untold.of('j1999', events(1, 2))), [2])
  assert.deepEqual(times(untold.of('j0', events(1, 2))), [1, 2])
})
