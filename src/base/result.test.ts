import assert from 'node:assert/strict'
import { test } from 'node:test'
import { andThen } from './result.ts'

test('what is known is gone on with at once', () => {
  const steps: string[] = []
  const given = andThen(1, (one) => {
    steps.push('next')
    return one + 1
  })
  steps.push('behind')
  assert.equal(given, 2)
  assert.deepEqual(steps, ['next', 'behind'])
})

test('what comes later is gone on with later, and its fault is the fault of the whole', async () => {
  const given = andThen(Promise.resolve(1), (one) => Promise.resolve(one + 1))
  assert.ok(given instanceof Promise)
  assert.equal(await given, 2)
  const failed = andThen(Promise.reject<number>(new Error('gone')), (one) => one + 1)
  await assert.rejects(Promise.resolve(failed), /gone/)
})
