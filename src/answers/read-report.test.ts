import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readReported } from './read-report.ts'

test('a reply is found in what a report tells, wherever it stands', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['5.1.1', 'smtp; 550 5.1.1 <a@b.example>... User Unknown', 'no-such-mailbox'],
    ['5.2.2', 'smtp; 550 no', 'mailbox-full'],
    [
      '5.0.0',
      'X-Postfix; host mx[192.0.2.1] said: 554 5.7.1 Relay access denied (in reply to RCPT TO command)',
      'relay-denied',
    ],
    [
      '5.0.0',
      "smtp; 5.1.0 - Unknown address error 550-'5.2.2 <a@b.example>... Mailbox Full'",
      'mailbox-full',
    ],
    ['4.4.1', 'X-Postfix; connect to mx.b.example[192.0.2.1]:25: Connection timed out', 'network'],
    [
      '5.4.4',
      'X-Postfix; Host or domain name not found. Name service error for name=b.example',
      'dns',
    ],
    [
      '5.0.0',
      'smtp; 550-5.7.26 This mail is unauthenticated 550 5.7.26 see there',
      'authentication-failed',
    ],
    ['5.2.2', '', 'mailbox-full'],
    ['5.0.0', '', 'unknown'],
    ['4.0.0', '', 'try-later'],
  ]
  for (const [status, said, kind] of cases) {
    assert.equal(readReported({ status, said }).reading.kind, kind, said)
  }
})

test('the status of the report counts where the reply has none, and is of its class', () => {
  assert.equal(readReported({ status: '5.2.2', said: 'smtp; 550 no' }).reading.rule, 'enhanced.2.2')
  assert.equal(readReported({ status: '4.2.2', said: 'smtp; 550 no' }).reading.rule, 'code.550')
})

test('whatever a report says, it is read', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary', maxLength: 500 }), (status, said) => {
      readReported({ status, said })
      readReported({ status: '5.0.0', said: `said: 550-${said}` })
    }),
  )
})
