import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTaken, toldOfTest } from './model.ts'

test('nothing but 2xx is taken', () => {
  const statuses = [0, 199, 200, 204, 299, 301, 410, 500]
  assert.deepEqual(
    statuses.filter((status) => isTaken({ status })),
    [200, 204, 299],
  )
})

test('a test is told with what was answered', () => {
  assert.equal(toldOfTest({ status: 204, text: '' }), 'The test was taken, 204')
  assert.equal(toldOfTest({ status: 500, text: 'oops' }), 'The test was not taken, 500: oops')
  assert.equal(toldOfTest({ status: 0, text: 'refused' }), 'The test did not arrive: refused')
})
