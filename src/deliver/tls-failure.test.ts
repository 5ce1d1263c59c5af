import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtCommand, FailureCause, Setback } from '../smtp/client-types.ts'
import { reply } from '../smtp/reply.ts'
import { describeTlsFailure, type TlsHandshake } from './tls-failure.ts'

function failed(because: FailureCause, atCommand: AtCommand, code?: number): Setback {
  const words = code === undefined ? null : reply(code, '4.7.0', 'no')
  return { result: 'deferred', because, atCommand, status: '4.4.2', reply: words, text: '' }
}

const none: TlsHandshake = { type: 'none' }
const done: TlsHandshake = { type: 'done' }
const broken: TlsHandshake = { type: 'failed', problem: 'no cipher suits both sides' }

test('how TLS ended a session is told in words, and that it did not as well', () => {
  const table: readonly (readonly [Setback, TlsHandshake, string | undefined])[] = [
    [failed('tlsFailed', 'STARTTLS'), broken, 'no cipher suits both sides'],
    [failed('brokenOff', 'STARTTLS'), broken, undefined],
    [failed('reply', 'STARTTLS', 454), none, 'STARTTLS was refused with "454 4.7.0 no"'],
    [
      failed('connectionLost', 'STARTTLS'),
      none,
      'the server hung up instead of answering to STARTTLS',
    ],
    [failed('timeout', 'STARTTLS'), none, 'the server did not answer in time to STARTTLS'],
    [
      failed('malformedReply', 'EHLO'),
      done,
      'the handshake was done, and then the server answered with nonsense to EHLO',
    ],
    // Nothing of it is about TLS.
    [failed('connectionLost', 'EHLO'), none, undefined],
    [failed('reply', 'EHLO', 550), done, undefined],
    [failed('tlsNotOffered', 'STARTTLS'), none, undefined],
  ]
  for (const [failure, handshake, words] of table) {
    assert.equal(describeTlsFailure(failure, { handshake, closedBecause: undefined }), words)
  }
})

test('what the system says of the end stands behind it', () => {
  const seen = { handshake: done, closedBecause: 'ECONNRESET' }
  assert.equal(
    describeTlsFailure(failed('connectionLost', 'EHLO'), seen),
    'the handshake was done, and then the server hung up instead of answering to EHLO (ECONNRESET)',
  )
})
