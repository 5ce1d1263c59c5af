import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acts,
  allNames,
  fitting,
  type Item,
  keptBy,
  question,
  questionOfAll,
  wishOf,
} from './model.ts'

const item: Item = {
  id: 'q1',
  journey: 'j1',
  recipient: 'a@b.example',
  destination: 'b.example',
  attempts: 1,
  held: false,
  hold_reason: '',
  held_until: null,
  holds: [],
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
    ['bounce', ['q1', 'q2']],
    ['drop', ['q1', 'q2']],
  ])
})

test('only what cannot be undone is asked once more, with how many that are', () => {
  assert.equal(question('retry', 3), '')
  assert.match(question('bounce', 1), /^Give up 1 delivery\? Their senders are told/)
  assert.match(question('drop', 3), /^Drop 3 deliveries\? Nobody is told/)
  assert.equal(questionOfAll('hold', 'Hold all', 2), 'Hold all: 2 deliveries?')
  assert.match(questionOfAll('retry', 'Try all now', 1), /^Try all now: 1 delivery\? To try/)
  assert.equal(questionOfAll('drop', 'Drop all that fit', 3), question('drop', 3))
})

test('what is posted says which are meant, why, and only of a hold until when', () => {
  const given = { reason: 'look', until: '2h' }
  assert.deepEqual(wishOf('hold', { ids: ['q1'] }, given), {
    action: 'hold',
    ids: ['q1'],
    reason: 'look',
    until: '2h',
  })
  assert.deepEqual(wishOf('retry', { q: ' ' }, { reason: '', until: '2h' }), {
    action: 'retry',
    all: true,
  })
  assert.deepEqual(wishOf('drop', { q: 'to:x' }, { reason: '', until: '' }), {
    action: 'drop',
    q: 'to:x',
    tell_sender: false,
  })
})

test('without words nothing final is offered for all; with words it is for those that fit', () => {
  const queue = { waiting: 5, held: 2, matching: 3 }
  const names = (q: string) => allNames(queue, q).map(({ verb, number }) => [verb, number])
  assert.deepEqual(names(''), [
    ['retry', 5],
    ['hold', 3],
    ['release', 2],
  ])
  assert.deepEqual(names('to:x'), [
    ['retry', 3],
    ['hold', 3],
    ['release', undefined],
    ['bounce', 3],
    ['drop', 3],
  ])
})

test('what keeps a letter is said beside its plan: a pause, a rate, a server that is silent', () => {
  const plan = { by: 'schedule', says: 'It was put off.' }
  const pause = { by: 'pause', says: 'Mail to b.example is paused.' }
  assert.equal(keptBy({ holds: [plan, pause] }), pause.says)
  assert.equal(keptBy({ holds: [plan, { by: 'place', says: 'Nothing keeps it.' }] }), undefined)
})
