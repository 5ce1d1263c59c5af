import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownNames } from './field-selection.ts'

test('a list of names is shown up to a bound, each name up to another', () => {
  assert.deepEqual(shownNames(['from', 'to']), ['from', 'to'])
  const shown = shownNames(Array.from({ length: 1000 }, () => 'x'.repeat(2000)))
  assert.equal(shown.length, 100)
  assert.ok(shown.every((name) => name.length === 77))
})
