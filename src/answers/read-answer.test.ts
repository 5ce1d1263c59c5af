import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setback } from '../smtp/failure.ts'
import { reply } from '../smtp/reply.ts'
import { readAnswer } from './read-answer.ts'

test('an enhanced code that says what is wrong is believed', () => {
  const said = { because: 'reply', atCommand: 'RCPT', status: '5.1.1' } as const
  const reading = readAnswer({ ...said, reply: reply(550, '5.1.1', 'No such user') })
  const wanted = { kind: 'no-such-mailbox', scope: 'recipient', advice: 'suppress' }
  assert.deepEqual(reading, { ...wanted, rule: 'enhanced.1.1' })
})

test('what happened without a word of the server has a reading too', () => {
  assert.equal(readAnswer(setback('timeout', 'CONNECT')).kind, 'network')
  assert.equal(readAnswer(setback('tlsFailed', 'STARTTLS')).kind, 'tls-wanted')
  const loop = { because: 'route', atCommand: 'CONNECT', status: '5.4.6', reply: null } as const
  assert.equal(readAnswer(loop).kind, 'loop')
})
