import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Avoided } from './avoided.ts'

const day = 24 * 60 * 60_000

test('a server that cannot do BDAT gets none for a day', () => {
  const broken = new Avoided()
  assert.equal(broken.has('a', 0), false)
  broken.note('a', 0)
  assert.equal(broken.has('a', day - 1), true)
  assert.equal(broken.has('a', day), false)
  assert.equal(broken.has('b', 0), false)
})

test('a thousand servers are remembered, those that went wrong last', () => {
  const broken = new Avoided()
  broken.note('first', 0)
  broken.note('second', 0)
  broken.note('first', 1)
  for (let i = 0; i < 999; i++) broken.note(`host ${i}`, 2)
  assert.equal(broken.has('second', 3), false)
  assert.equal(broken.has('first', 3), true)
  assert.equal(broken.has('host 0', 3), true)
})
