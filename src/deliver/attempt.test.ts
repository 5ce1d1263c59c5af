import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtCommand, RecipientOutcome } from '../smtp/client-types.ts'
import { refusedBy, setback } from '../smtp/failure.ts'
import { anotherMayHelp, attemptResult, brokeOff, closesDown, transactionFor } from './attempt.ts'
import { letter, openText, testItem } from './test-support/world.ts'

const said = (code: number, at: AtCommand): RecipientOutcome =>
  refusedBy({ code, enhanced: null, lines: ['x'] }, at)
const taken: RecipientOutcome = {
  result: 'accepted',
  reply: { code: 250, enhanced: null, lines: ['ok'] },
  dsn: true,
}

/** Outcome; may another exchange help; did the connection break over it; is the service closed. */
const cases: readonly (readonly [string, RecipientOutcome, boolean, boolean, boolean])[] = [
  ['taken', taken, false, false, false],
  ['450 at RCPT', said(450, 'RCPT'), false, false, false],
  ['550 at RCPT', said(550, 'RCPT'), false, false, false],
  ['421 at MAIL', said(421, 'MAIL'), true, true, true],
  ['421 at RCPT', said(421, 'RCPT'), true, true, true],
  ['421 at DATA', said(421, 'DATA'), true, true, true],
  ['421 to the message', said(421, 'MESSAGE'), false, true, false],
  ['422 at MAIL', said(422, 'MAIL'), false, false, false],
  ['lost', setback('connectionLost', 'RCPT'), true, true, false],
  ['silent', setback('timeout', 'MAIL'), true, true, false],
  ['nonsense', setback('malformedReply', 'MAIL'), true, true, false],
  ['lost behind the dot', setback('unknownAfterMessage', 'MESSAGE'), false, true, false],
  ['too big', setback('messageTooBig', 'MAIL'), false, false, false],
  ['unreadable', setback('messageUnreadable', 'MESSAGE'), false, false, false],
  ['broken off by us', setback('brokenOff', 'MAIL'), false, false, false],
]

test('what an outcome means for the other exchanges and for the connection', () => {
  for (const [name, outcome, helps, broke, closes] of cases) {
    assert.deepEqual(
      [anotherMayHelp(outcome), brokeOff(outcome), closesDown(outcome)],
      [helps, broke, closes],
      name,
    )
  }
})

test('what a server says becomes the result of the attempt, in its status and our words', () => {
  assert.deepEqual(attemptResult(taken), { result: 'delivered', outcome: taken, dsn: true })
  const no = said(550, 'RCPT')
  assert.deepEqual(attemptResult(no), {
    result: 'failed',
    status: '5.0.0',
    because: 'The server refused the recipient for good',
    outcome: no,
  })
})

test('the envelope is what was stored: addresses, wishes, and SMTPUTF8 where one needs it', () => {
  const item = testItem({
    smtpUtf8: true,
    eightBit: true,
    dsn: {
      ret: 'headers',
      envelopeId: 'e1',
      notify: ['failure', 'delay'],
      originalRecipient: 'rfc822;bob;x@south.example',
    },
  })
  const plain = transactionFor([item], openText(letter))
  assert.deepEqual(
    [plain.size, plain.eightBit, plain.smtpUtf8, plain.ret, plain.envid],
    [letter.length, true, false, 'HDRS', 'e1'],
  )
  assert.deepEqual(plain.recipients[0]?.notify, ['FAILURE', 'DELAY'])
  assert.deepEqual(plain.recipients[0]?.orcpt, {
    addressType: 'rfc822',
    address: 'bob;x@south.example',
  })
  const wide = transactionFor([{ ...item, recipient: 'bøb@south.example' }], openText(letter))
  assert.equal(wide.smtpUtf8, true)
  const full = transactionFor([testItem({ dsn: { ret: 'full' } })], openText(letter))
  assert.deepEqual([full.ret, full.envid, full.recipients[0]?.orcpt], ['FULL', null, null])
})
