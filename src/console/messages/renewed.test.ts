import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '../types.ts'
import { renewed } from './renewed.ts'

function row(id: string, status: string): Row {
  return {
    id,
    site: '',
    direction: 'in',
    status,
    summary: '',
    subject: '',
    mail_from: '',
    rcpt_to: [],
    author: null,
    started_at: '',
    message_id_header: '',
    checks: {},
    outcome: { word: status },
  }
}

test('only what reads otherwise is another row; the others are the very same', () => {
  const rows = [row('a', 'deferred'), row('b', 'deferred'), row('old', 'delivered')]
  const next = renewed(rows, [row('new', 'delivered'), row('a', 'delivered'), row('b', 'deferred')])
  assert.deepEqual(
    next.map(({ id, status }) => [id, status]),
    [
      ['a', 'delivered'],
      ['b', 'deferred'],
      ['old', 'delivered'],
    ],
  )
  assert.equal(next[1], rows[1])
  assert.equal(next[2], rows[2])
})

test('where nothing reads otherwise the list itself is the same', () => {
  const rows = [row('a', 'deferred'), row('b', 'delivered')]
  assert.equal(renewed(rows, [row('a', 'deferred'), row('new', 'refused')]), rows)
})
