import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WindowCounter } from './window-counter.ts'

test('within the first window the count is exact', () => {
  const counter = new WindowCounter({ windowMs: 1000 })
  assert.equal(counter.count('a', 0), 0)
  for (let n = 1; n <= 5; n++) assert.equal(counter.add('a', n * 199), n)
  assert.equal(counter.count('a', 999 + 199), 5)
  assert.equal(counter.count('b', 999), 0)
})

test('what lies back fades out over one more window, without a step', () => {
  const counter = new WindowCounter({ windowMs: 1000 })
  for (let n = 0; n < 10; n++) counter.add('a', 0)
  assert.equal(counter.count('a', 999), 10)
  assert.equal(counter.count('a', 1000), 10)
  assert.equal(counter.count('a', 1500), 5)
  assert.equal(counter.add('a', 1500), 6)
  assert.equal(counter.count('a', 1750), 3.5)
  assert.equal(counter.count('a', 2000), 1)
  assert.equal(counter.count('a', 2500), 0.5)
  assert.equal(counter.count('a', 3000), 0)
  assert.equal(counter.add('a', 5000), 1, 'after a long time it is new')
})

test('a key that comes back after exactly two windows is new', () => {
  const counter = new WindowCounter({ windowMs: 1000 })
  counter.add('a', 0)
  assert.equal(counter.count('a', 2000), 0)
  assert.equal(counter.add('a', 2000), 1)
  assert.equal(counter.count('a', 2999), 1)
})

test('strangers cannot fill it: what is over goes first, then who did least of the oldest', () => {
  const counter = new WindowCounter({ windowMs: 1000, maxKeys: 3 })
  counter.add('over', 0)
  counter.add('much', 2500)
  counter.add('much', 2500)
  counter.add('little', 2600)
  assert.equal(counter.add('new', 2700), 1)
  assert.equal(counter.size, 3)
  assert.deepEqual(
    ['over', 'much', 'little', 'new'].map((key) => counter.count(key, 2700)),
    [0, 2, 1, 1],
  )
  counter.add('another', 2800)
  assert.equal(counter.size, 3)
  assert.deepEqual(
    ['much', 'little', 'new', 'another'].map((key) => counter.count(key, 2800)),
    [2, 0, 1, 1],
  )
})

test('a guesser is not forgotten because many others come', () => {
  const counter = new WindowCounter({ windowMs: 1000, maxKeys: 100 })
  for (let n = 0; n < 20; n++) counter.add('guesser', 0)
  for (let n = 0; n < 5000; n++) counter.add(`stranger ${n}`, 1)
  assert.equal(counter.count('guesser', 1), 20)
  assert.equal(counter.size, 100)
})

test('a window ends at its last millisecond: what comes then belongs to the next', () => {
  const counter = new WindowCounter({ windowMs: 1000 })
  for (let n = 0; n < 10; n++) counter.add('a', 0)
  assert.equal(counter.add('a', 1000), 11)
  assert.equal(counter.count('a', 1500), 6)
})

test('room is made among the 32 oldest only, so that it costs the same however many there are', () => {
  const counter = new WindowCounter({ windowMs: 1000, maxKeys: 40 })
  const times = (n: number): number => ({ 31: 2, 32: 1 })[n] ?? 5
  for (let key = 0; key < 40; key++) {
    for (let n = 0; n < times(key); n++) counter.add(String(key), 10 + key)
  }
  counter.add('new', 100)
  assert.deepEqual(
    ['0', '30', '31', '32', '39', 'new'].map((key) => counter.count(key, 100)),
    [5, 5, 0, 1, 5, 1],
  )
})
