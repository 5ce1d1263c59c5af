import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionsFor, allowedOf } from './acts.ts'

function verbs(status: string, direction: 'in' | 'out', word = status): readonly string[] {
  return actionsFor({ status, direction, outcome: { word } }).map(({ verb }) => verb)
}

test('what waits can be tried, held and given up; what is held is released instead', () => {
  for (const status of ['queued', 'deferred', 'partly delivered']) {
    assert.deepEqual(verbs(status, 'out'), ['retry', 'hold', 'bounce', 'drop'], status)
  }
  assert.deepEqual(verbs('held', 'out'), ['release', 'retry', 'bounce', 'drop'])
  assert.deepEqual(verbs('deferred', 'out', 'held'), ['release', 'retry', 'bounce', 'drop'])
})

test('with what has ended, or came in, nothing of that can be done', () => {
  for (const status of ['delivered', 'failed', 'refused'])
    assert.deepEqual(verbs(status, 'out'), [])
  assert.deepEqual(verbs('deferred', 'in'), [])
})

test('only giving up is asked once more', () => {
  const asked = actionsFor({ status: 'queued', direction: 'out', outcome: { word: 'queued' } })
  assert.deepEqual(
    asked.filter(({ sure }) => sure !== undefined).map(({ verb }) => verb),
    ['bounce', 'drop'],
  )
})

test('an account takes back what waits, without a notice; who only reads does nothing', () => {
  const names = (status: string, may: { manage: boolean; own: boolean }): readonly string[] => {
    const actions = actionsFor({ status, direction: 'out', outcome: { word: status } })
    return allowedOf(actions, may).map(({ name }) => name)
  }
  const account = { manage: false, own: true }
  assert.deepEqual(names('deferred', account), ['Take back'])
  assert.deepEqual(names('held', account), ['Take back'])
  assert.deepEqual(names('delivered', account), [])
  assert.deepEqual(names('held', { manage: false, own: false }), [])
  assert.deepEqual(names('held', { manage: true, own: false }), [
    'Release',
    'Try now',
    'Give up',
    'Drop silently',
  ])
  const [back] = allowedOf(
    actionsFor({ status: 'queued', direction: 'out', outcome: { word: 'queued' } }),
    account,
  )
  assert.deepEqual(back?.body, { tell_sender: false })
})
