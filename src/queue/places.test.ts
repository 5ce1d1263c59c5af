import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Pace, type Place, Places } from './places.ts'

test('there is room for so many to one site, and so many in all', () => {
  const places = new Places({ total: 3, slow: 1 })
  assert.equal(places.free('a', 'quick', 2), 2)
  const first = places.start('a', 'quick')
  places.start('a', 'quick')
  assert.equal(places.free('a', 'quick', 2), 0)
  assert.equal(places.busy('a'), 2)
  assert.equal(places.free('b', 'quick', 100), 1)
  places.start('b', 'quick')
  assert.equal(places.free('c', 'quick', 100), 0)
  assert.throws(() => places.start('c', 'quick'))
  assert.equal(places.free('c', 'slow', 100), 1)
  places.start('c', 'slow')
  assert.equal(places.free('c', 'slow', 100), 0)
  places.end(first)
  assert.equal(places.free('a', 'quick', 2), 1)
  assert.equal(places.total, 3)
})

test('a fifth of the places is kept for those that are known to answer', () => {
  const places = new Places({ total: 10, slow: 5 })
  assert.equal(places.free('a', 'unknown', 100), 8)
  for (let i = 0; i < 8; i++) places.start('a', 'unknown')
  assert.equal(places.free('b', 'unknown', 100), 0)
  assert.equal(places.free('b', 'quick', 100), 2)
  assert.equal(places.free('b', 'slow', 100), 5)
})

test('who keeps us waiting makes room, as long as the slow lane has some', () => {
  const places = new Places({ total: 2, slow: 1 })
  const [one, two] = [places.start('a', 'unknown'), places.start('b', 'unknown')]
  assert.equal(places.free('c', 'unknown', 100), 0)
  assert.ok(places.moveToSlow(one))
  assert.ok(places.moveToSlow(one), 'it is there already')
  assert.equal(places.free('c', 'unknown', 100), 1)
  assert.ok(!places.moveToSlow(two))
  assert.equal(places.free('d', 'slow', 100), 0)
  places.end(one)
  assert.ok(places.moveToSlow(two))
  assert.equal(places.total, 1)
})

test('without a slow lane what keeps us waiting uses what nobody else needs', () => {
  const places = new Places({ total: 5, slow: 0 })
  assert.equal(places.free('a', 'slow', 100), 4)
  const place = places.start('a', 'slow')
  assert.equal(places.free('b', 'quick', 100), 4)
  assert.ok(!places.moveToSlow(place))
})

test('a place that turns out to be for another site counts there', () => {
  const places = new Places({ total: 5, slow: 1 })
  const place = places.start('a', 'unknown')
  places.moveTo(place, 'b')
  assert.deepEqual([places.busy('a'), places.busy('b'), places.total], [0, 1, 1])
  places.end(place)
  assert.deepEqual([places.busy('b'), places.total], [0, 0])
})

test('an end without a start is a bug', () => {
  assert.throws(() => new Places().end({ site: 'a', lane: 'quick' }))
})

test('the counts agree with a plain list (property)', () => {
  const step = fc.tuple(
    fc.constantFrom('start', 'end', 'move'),
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom<Pace>('quick', 'slow', 'unknown'),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const places = new Places({ total: 6, slow: 2 })
      const running: Place[] = []
      for (const [what, name, pace] of steps) {
        const here = running.filter(({ site }) => site === name)
        const quick = running.filter(({ lane }) => lane === 'quick').length
        const slow = running.length - quick
        const room = { quick: 6 - quick, unknown: 5 - quick, slow: 2 - slow }[pace]
        const free = Math.max(0, Math.min(3 - here.length, room))
        assert.equal(places.free(name, pace, 3), free)
        assert.equal(places.crowded, quick >= 5)
        if (what === 'start' && free > 0) running.push(places.start(name, pace))
        const [place] = here
        if (place !== undefined && what === 'end') {
          places.end(place)
          running.splice(running.indexOf(place), 1)
        }
        if (place !== undefined && what === 'move') {
          assert.equal(places.moveToSlow(place), place.lane === 'slow')
        }
        assert.equal(places.total, running.length)
      }
    }),
  )
})
