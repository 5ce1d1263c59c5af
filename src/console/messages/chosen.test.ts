import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '../types.ts'
import { fitting, verbs } from './chosen.ts'

function row(id: string, direction: 'in' | 'out', status: string): Row {
  return {
    id,
    site: '',
    direction,
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

const rows = [
  row('filed', 'in', 'delivered'),
  row('caught', 'in', 'caught'),
  row('refused', 'in', 'refused'),
  row('waits', 'out', 'deferred'),
  row('held', 'out', 'held'),
  row('sent', 'out', 'delivered'),
]

test('of the chosen messages each act takes those that it can be done with', () => {
  const told = verbs('lab').map((verb) => [verb.verb, fitting(rows, verb).map(({ id }) => id)])
  assert.deepEqual(told, [
    ['retry', ['waits', 'held']],
    ['hold', ['waits']],
    ['release', ['held']],
    ['drop', ['waits', 'held']],
    ['delete', ['filed', 'caught']],
  ])
})

test('real mail is not deleted here, and in a catcher nothing waits', () => {
  assert.ok(verbs('live').every(({ verb }) => verb !== 'delete'))
  assert.deepEqual(
    verbs('catch').map(({ verb }) => verb),
    ['delete'],
  )
})

test('what cannot be undone is asked once more, with how many that are', () => {
  const asked = verbs('lab').flatMap(({ sure }) => (sure === undefined ? [] : [sure('2 messages')]))
  assert.deepEqual(asked, [
    'Give up 2 messages? The senders are told; it is not tried again.',
    'Delete 2 messages from the mailboxes? The journeys stay.',
  ])
})
