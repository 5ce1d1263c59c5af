import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planPoints } from './plan.ts'

const plan = {
  created_at: '2026-11-27T10:00:00Z',
  expires_at: '2026-11-27T11:00:00Z',
  held: false,
  attempted_at: ['2026-11-27T10:00:00Z'],
  planned_at: ['2026-11-27T10:07:30Z', '2026-11-27T11:00:00Z'],
}

test('tries stand in their order between beginning and end, the first ones apart', () => {
  assert.deepEqual(
    planPoints(plan).map(({ kind, x }) => [kind, x]),
    [
      ['tried', 0],
      ['next', 50],
      ['later', 100],
    ],
  )
})

test('what is held is not tried, and a time outside stays on the line', () => {
  const odd = {
    ...plan,
    held: true,
    attempted_at: ['2026-11-27T09:00:00Z', '2026-11-28T00:00:00Z'],
  }
  assert.deepEqual(
    planPoints(odd).map(({ kind, x }) => [kind, x]),
    [
      ['tried', 0],
      ['tried', 100],
    ],
  )
})
