import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acts, fitting, type Item, question } from './model.ts'

const item: Item = {
  id: 'q1',
  journey: 'j1',
  recipient: 'a@b.example',
  destination: 'b.example',
  attempts: 1,
  held: false,
  next_attempt_at: '2026-11-27T10:00:00Z',
  expires_at: '2026-12-02T10:00:00Z',
  created_at: '2026-11-27T09:00:00Z',
  attempted_at: [],
  planned_at: [],
  last_problem: '',
}

test('what is held can be released, what is not can be held, and all can be tried or given up', () => {
  const held = { ...item, id: 'q2', held: true }
  const ids = acts.map(({ verb }) => [verb, fitting([item, held], verb).map(({ id }) => id)])
  assert.deepEqual(ids, [
    ['retry', ['q1', 'q2']],
    ['hold', ['q1']],
    ['release', ['q2']],
    ['drop', ['q1', 'q2']],
  ])
})

test('only what cannot be undone is asked once more, with how many that are', () => {
  assert.equal(question('retry', 3), '')
  assert.match(question('drop', 1), /^Give up 1 delivery\?/)
  assert.match(question('drop', 3), /^Give up 3 deliveries\?/)
})
