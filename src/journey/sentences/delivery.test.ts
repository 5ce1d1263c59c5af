import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerKind } from '../../answers/kinds.ts'
import type { DeliveryStep } from '../delivery-steps.ts'
import { tellDelivery } from './delivery.ts'

/** A try that ended without a word of the other server. */
function silentTry(kind: AnswerKind | undefined): DeliveryStep & { readonly type: 'attempt' } {
  return {
    type: 'attempt',
    recipient: 'r@south.example',
    attempt: 1,
    host: 'mx.south.example',
    ip: '203.0.113.20',
    result: 'deferred',
    answer: undefined,
    problem: 'The TLS handshake failed',
    nextAttemptAt: undefined,
    conversation: [],
    ...(kind === undefined
      ? {}
      : { reading: { kind, scope: 'connection', advice: 'retry', rule: 'own.tlsFailed' } }),
  }
}

test('in the place of a code stands what the trouble was read as, where no server said anything', () => {
  const word = (kind: AnswerKind | undefined): unknown => tellDelivery(silentTry(kind))[0]?.result
  assert.equal(word('tls-wanted'), 'tls-wanted')
  assert.equal(word('network'), 'network')
  assert.equal(word('unknown'), undefined)
  assert.equal(word(undefined), undefined)
})

test('a code stands in its own place', () => {
  const answer = { code: 451, enhanced: '4.7.1', text: 'Come back', atCommand: 'RCPT' } as const
  const step = { ...silentTry('greylisted'), answer }
  assert.equal(tellDelivery(step)[0]?.result, '451')
})
