import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  afterAnswer,
  afterFailure,
  type Concurrency,
  type ConcurrencyPolicy,
  defaultConcurrency,
  freshConcurrency,
} from './concurrency.ts'

const policy: ConcurrencyPolicy = { ...defaultConcurrency, failedCohorts: 10 }

function answers(state: Concurrency, count: number, busy = Infinity): Concurrency {
  for (let n = 0; n < count; n++) state = afterAnswer(state, policy, busy)
  return state
}

function failures(state: Concurrency, count: number, busy = Infinity): Concurrency | undefined {
  let next: Concurrency | undefined = state
  for (let n = 0; n < count && next !== undefined; n++) next = afterFailure(next, policy, busy)
  return next
}

test('one cohort of answers makes it one more, up to the limit', () => {
  const fresh = freshConcurrency(policy)
  assert.equal(fresh.connections, 5)
  const counts: number[] = []
  for (let n = 1; n <= 45; n++) counts.push(answers(fresh, n).connections)
  const steps = [6, 7, 8, 9, 10].map((connections) => counts.indexOf(connections) + 1)
  assert.deepEqual(steps, [5, 11, 18, 26, 35])
  assert.equal(answers(fresh, 1000).connections, 10)
})

test('what is not used does not grow: few connections say nothing of many', () => {
  const fresh = freshConcurrency(policy)
  assert.deepEqual(answers(fresh, 1000, 4), fresh)
  assert.equal(answers(fresh, 5, 5).connections, 6)
})

test('one cohort of failures makes it one less, and never none', () => {
  const fresh = freshConcurrency(policy)
  assert.equal(failures(fresh, 4)?.connections, 5)
  assert.equal(failures(fresh, 5)?.connections, 4)
  assert.equal(failures(fresh, 9)?.connections, 3)
  assert.equal(failures(fresh, 19)?.connections, 1)
})

test('a step in one direction makes the way in the other one long again', () => {
  const nearlyUp = answers(freshConcurrency(policy), 4)
  const down = failures(nearlyUp, 5)
  assert.ok(down !== undefined)
  assert.deepEqual([down.connections, down.up], [4, 0])
  assert.deepEqual([answers(down, 3).connections, answers(down, 4).connections], [4, 5])
})

test('when a whole cohort fails the site is dead, and one answer between keeps it alive', () => {
  const one = { ...policy, failedCohorts: 1 }
  const fresh = freshConcurrency(one)
  assert.equal(afterFailure(fresh, one, 1), undefined, 'the only connection failed')
  let state: Concurrency | undefined = fresh
  for (let n = 0; n < 4; n++) {
    state = state && afterFailure(state, one, 5)
    assert.ok(state !== undefined, `failure ${n + 1} of 5`)
  }
  assert.equal(state && afterFailure(state, one, 5), undefined)
  state = fresh
  for (let n = 0; n < 20; n++) {
    const failed: Concurrency | undefined = afterFailure(state, one, 5)
    assert.ok(failed !== undefined)
    state = afterAnswer(failed, one, 5)
  }
  assert.ok(state.connections >= 1)
})

test('more cohorts may be asked for before a site is dead', () => {
  const two = { ...policy, failedCohorts: 2 }
  const once = afterFailure(freshConcurrency(two), two, 1)
  assert.ok(once !== undefined)
  assert.equal(afterFailure(once, two, 1), undefined)
})

test('whatever happens, it stays between one and the limit (property)', () => {
  const step = fc.record({ ok: fc.boolean(), busy: fc.integer({ min: 1, max: 30 }) })
  const policies = fc.record({
    unheard: fc.constant(1),
    initial: fc.integer({ min: 1, max: 20 }),
    limit: fc.integer({ min: 1, max: 20 }),
    growth: fc.constantFrom(0.25, 0.5, 1),
    shrinkage: fc.constantFrom(0.25, 0.5, 1),
    failedCohorts: fc.constantFrom(1, 3, Infinity),
  })
  fc.assert(
    fc.property(policies, fc.array(step, { maxLength: 200 }), (some, steps) => {
      let state = freshConcurrency(some)
      for (const { ok, busy } of steps) {
        const next = ok ? afterAnswer(state, some, busy) : afterFailure(state, some, busy)
        state = next ?? freshConcurrency(some)
        assert.ok(state.connections >= 1 && state.connections <= some.limit)
        assert.ok(Number.isInteger(state.connections))
        assert.ok(state.up >= 0 && state.up < 1 && state.down >= 0 && state.down < 1)
      }
    }),
  )
})
