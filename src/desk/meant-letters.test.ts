import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { meantLetters } from './meant-letters.ts'

const waiting = [
  { id: 'q1', journeyId: '1m8aaaa' },
  { id: 'q2', journeyId: '1m8abbb' },
  { id: 'q3', journeyId: '1m8abbb' },
  { id: 'q4', journeyId: '1m8abbbcc' },
]

function meant(...words: string[]): unknown {
  try {
    return meantLetters(waiting, words).map(({ id }) => id)
  } catch (problem) {
    assert.ok(problem instanceof WaybillError)
    return [problem.code, problem.message, problem.hint]
  }
}

test('each word means one journey, by its whole id, its beginning or its end', () => {
  assert.deepEqual(meant('1m8aa'), ['q1'])
  assert.deepEqual(meant('BCC', '1m8aaaa'), ['q1', 'q4'])
  // A whole id is meant, though another one begins with it.
  assert.deepEqual(meant('1m8abbb'), ['q2', 'q3'])
  assert.deepEqual(meant('abbb'), ['q2', 'q3'])
})

test('a word that fits several journeys means none of them, nor does one that fits none', () => {
  assert.deepEqual(meant('1m8aaaa', '1M8a'), [
    'usage',
    '"1M8a" is the beginning or the end of several ids.',
    'One of: 1m8aaaa, 1m8abbb, 1m8abbbcc',
  ])
  assert.deepEqual(meant('1m8aaaa', 'zzzz'), [
    'not-found',
    'No letter that waits and fits has the id "zzzz".',
    'waybill queue list shows what waits.',
  ])
  const many = Array.from({ length: 9 }, (_, n) => ({ journeyId: `1m8${n}` }))
  assert.throws(
    () => meantLetters(many, ['1m8']),
    (problem) => problem instanceof WaybillError && problem.hint?.endsWith('1m87, …') === true,
  )
  assert.throws(
    () => meantLetters(many.slice(1), ['1m8']),
    (problem) => problem instanceof WaybillError && problem.hint?.endsWith('1m88') === true,
  )
})
