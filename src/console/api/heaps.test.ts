import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import type { ServerEvent } from '../types.ts'
import { Heaps } from './heaps.ts'

function open(): { heaps: Heaps; clock: ManualClock; got: (readonly ServerEvent[])[] } {
  const clock = new ManualClock()
  const got: (readonly ServerEvent[])[] = []
  const later = (ms: number, run: () => void): void => void clock.setTimer(ms, run)
  return { clock, got, heaps: new Heaps({ later, handOn: (events) => got.push(events) }) }
}

function events(from: number, number: number): readonly ServerEvent[] {
  return Array.from({ length: number }, (_, n) => ({ type: 'message.accepted', id: `${from + n}` }))
}

test('two hundred events a second are a few redraws a second, each small, and none is lost', () => {
  const { heaps, clock, got } = open()
  for (let n = 0; n < 2000; n++) {
    heaps.add(events(n, 1))
    clock.advance(5)
  }
  clock.advance(1000)
  assert.ok(got.length <= 100, `${got.length} redraws in ten seconds`)
  assert.ok(got.every((heap) => heap.length <= 30))
  assert.deepEqual(
    got.flat().map(({ id }) => id),
    events(0, 2000).map(({ id }) => id),
  )
})

test('a burst that is too much ends in a gap and not in a page that stands still', () => {
  const { heaps, clock, got } = open()
  heaps.add(events(0, 5000))
  clock.advance(60_000)
  const all = got.flat()
  assert.equal(all.length, 2000)
  assert.equal(all[0]?.type, 'gap')
  assert.equal(all.at(-1)?.id, '4999')
  assert.ok(got.every((heap) => heap.length <= 30))
})

test('nothing is handed on while nothing comes', () => {
  const { heaps, clock, got } = open()
  heaps.add([])
  clock.advance(10_000)
  assert.deepEqual([got.length, clock.pending], [0, 0])
})
