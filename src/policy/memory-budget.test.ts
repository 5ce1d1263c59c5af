import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBudget } from './memory-budget.ts'

test('one network has a quarter at most, all together have no more than there is', () => {
  const budget = new MemoryBudget(100)
  const [one, two] = [budget.open('a'), budget.open('a')]
  assert.equal(one.grow(20), undefined)
  assert.equal(two.grow(5), undefined)
  assert.equal(two.grow(6), 'network')
  assert.equal(budget.held, 25, 'what was too much is not held')
  const others = ['b', 'c', 'd'].map((network) => budget.open(network))
  for (const other of others) assert.equal(other.grow(25), undefined)
  assert.equal(budget.open('e').grow(1), 'server')
  others[0]?.release()
  assert.equal(budget.open('e').grow(25), undefined)
  assert.equal(budget.held, 100)
})

test('a site of many networks has half at most', () => {
  const budget = new MemoryBudget(100)
  const held = ['a', 'b'].map((network) => budget.open(network, 'site'))
  for (const one of held) assert.equal(one.grow(25), undefined)
  assert.equal(budget.open('c', 'site').grow(1), 'network')
  assert.equal(budget.open('d', 'other').grow(25), undefined)
  held[0]?.release()
  assert.equal(budget.open('c', 'site').grow(25), undefined)
  assert.equal(budget.open('e', 'site').grow(1), 'network')
})

test('what is given back is free again, once; growing means in all', () => {
  const budget = new MemoryBudget(100)
  const one = budget.open('a')
  void one.grow(10)
  void one.grow(25)
  void one.grow(5)
  assert.equal(budget.held, 25, 'it never shrinks but by giving back')
  one.release()
  one.release()
  assert.equal(budget.held, 0)
  assert.equal(budget.open('a').grow(25), undefined)
})

test('a smaller budget holds for what comes, a larger one too', () => {
  const budget = new MemoryBudget(100)
  const one = budget.open('a')
  void one.grow(25)
  budget.use(40)
  assert.equal(one.grow(26), 'network')
  assert.equal(budget.open('b').grow(16), 'server')
  budget.use(400)
  assert.equal(one.grow(100), undefined)
})
