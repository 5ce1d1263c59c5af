import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnsOf, dayNames } from './plot-data.ts'

test('a day is the same in the chart as in the table, whatever zone the browser is in', () => {
  const days = [
    { day: '2026-03-28', passed: 5, failed: 1 },
    { day: '2026-03-29', passed: 0, failed: 2 },
  ]
  const [seconds, passed, failed] = columnsOf(days)
  assert.deepEqual(dayNames(seconds), ['03-28', '03-29'])
  assert.equal((seconds[1] ?? 0) - (seconds[0] ?? 0), 86_400)
  assert.deepEqual(
    [passed, failed],
    [
      [5, 0],
      [1, 2],
    ],
  )
})
