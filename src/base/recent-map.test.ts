import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentMap } from './recent-map.ts'

test('the one that was set longest ago makes room for a new one', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('c', 3)
  assert.equal(map.get('a'), undefined)
  assert.deepEqual(map.values(), [2, 3])
  assert.equal(map.size, 2)
})

test('one that is set again is the newest, and takes nobody’s place', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  assert.deepEqual(map.values(), [2, 3])
  map.set('c', 4)
  assert.equal(map.get('b'), undefined)
  assert.deepEqual(map.values(), [3, 4])
})

test('reading one does not keep it', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.equal(map.get('a'), 1)
  map.set('c', 3)
  assert.equal(map.get('a'), undefined)
})

test('what was removed leaves its place to another', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.delete('b')
  map.set('c', 3)
  assert.deepEqual(map.values(), [1, 3])
  map.clear()
  assert.equal(map.size, 0)
  assert.equal(map.get('a'), undefined)
})
