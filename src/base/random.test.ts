import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, seedOf } from './random.ts'

function take(seed: number, count: number): readonly number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, random)
}

test('the same seed gives the same numbers, another seed others', () => {
  assert.deepEqual(take(42, 100), take(42, 100))
  assert.notDeepEqual(take(42, 100), take(43, 100))
})

test('the numbers of a seed never change: recorded journeys rest on them', () => {
  const numbers = take(1, 4).map((number) => Math.floor(number * 1_000_000))
  assert.deepEqual(numbers, [627_073, 2735, 527_447, 981_050])
})

test('numbers lie in [0, 1) and are spread evenly', () => {
  const tenths = Array.from({ length: 10 }, () => 0)
  for (const number of take(7, 20_000)) {
    assert.ok(number >= 0 && number < 1)
    const tenth = Math.floor(number * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) assert.ok(Math.abs(count - 2000) < 250, tenths.join(' '))
})

test('a seed follows from its text alone', () => {
  // Known values of FNV-1a.
  assert.equal(seedOf(''), 0x811c9dc5)
  assert.equal(seedOf('a'), 0xe40c292c)
  assert.equal(seedOf('foobar'), 0xbf9cf968)
})
