import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DestinationLimits } from './destination-limits.ts'

test('there is room for so many to one destination, and so many in all', () => {
  const limits = new DestinationLimits({ total: 3, perDestination: 2 })
  assert.equal(limits.free('a'), 2)
  limits.start('a')
  limits.start('a')
  assert.equal(limits.free('a'), 0)
  assert.equal(limits.free('b'), 1)
  limits.start('b')
  assert.ok(limits.full)
  assert.equal(limits.free('c'), 0)
  assert.throws(() => limits.start('c'))
  limits.end('a')
  assert.equal(limits.free('a'), 1)
  assert.equal(limits.total, 2)
})

test('an end without a start is a bug', () => {
  assert.throws(() => new DestinationLimits().end('a'))
})

test('the counts agree with a plain list (property)', () => {
  const step = fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const limits = new DestinationLimits({ total: 4, perDestination: 2 })
      const running: string[] = []
      for (const [start, name] of steps) {
        const here = running.filter((one) => one === name).length
        const free = Math.min(2 - here, 4 - running.length)
        assert.equal(limits.free(name), free)
        assert.equal(limits.full, running.length === 4)
        if (start && free > 0) {
          limits.start(name)
          running.push(name)
        } else if (!start && here > 0) {
          limits.end(name)
          running.splice(running.indexOf(name), 1)
        }
        assert.equal(limits.total, running.length)
      }
    }),
  )
})
