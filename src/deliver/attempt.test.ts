import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtCommand, RecipientOutcome } from '../smtp/client-types.ts'
import { refusedBy, setback } from '../smtp/failure.ts'
import {
  anotherIsAble,
  anotherMayHelp,
  attemptResult,
  beyondRoom,
  brokeOff,
  closesDown,
  notHere,
  envelopeProblem,
  transactionFor,
  unsayable,
  withoutTls,
} from './attempt.ts'
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
    [plain.size, plain.eightBit, plain.smtpUtf8, plain.utf8Header, plain.ret, plain.envid],
    [letter.length, true, false, true, 'HDRS', 'e1'],
  )
  assert.deepEqual(plain.recipients[0]?.notify, ['FAILURE', 'DELAY'])
  assert.deepEqual(plain.recipients[0]?.orcpt, {
    addressType: 'rfc822',
    address: 'bob;x@south.example',
  })
  const wide = transactionFor([{ ...item, recipient: 'bøb@south.example' }], openText(letter))
  assert.equal(wide.smtpUtf8, true)
  const sender = transactionFor([{ ...item, reversePath: 'bøb@south.example' }], openText(letter))
  assert.equal(sender.smtpUtf8, true)
  const unasked = testItem({ recipient: 'bøb@south.example' })
  const never = transactionFor([unasked], openText(letter))
  assert.deepEqual([never.smtpUtf8, never.utf8Header], [false, false])
  const full = transactionFor([testItem({ dsn: { ret: 'full' } })], openText(letter))
  assert.deepEqual([full.ret, full.envid, full.recipients[0]?.orcpt], ['FULL', null, null])
})

test('where an address led here, its name goes along as ORCPT, unless one was given (RFC 3461 §5.2.1)', () => {
  for (const [rcptTo, originalRecipient, orcpt] of [
    ['team@north.example', undefined, { addressType: 'rfc822', address: 'team@north.example' }],
    ['tøam@north.example', undefined, { addressType: 'utf-8', address: 'tøam@north.example' }],
    ['team@north.example', 'X-y;z', { addressType: 'X-y', address: 'z' }],
  ] as const) {
    const given = originalRecipient === undefined ? {} : { originalRecipient }
    const item = testItem({ dsn: { rcptTo, ...given } })
    assert.deepEqual(transactionFor([item], openText(letter)).recipients[0]?.orcpt, orcpt)
  }
})

test('who is beyond the room of one transaction is told from who is refused otherwise', () => {
  const replied = (
    code: number,
    enhanced: string | null,
    at: AtCommand = 'RCPT',
  ): RecipientOutcome => refusedBy({ code, enhanced, lines: ['x'] }, at)
  const full = replied(452, '4.5.3')
  const table: readonly (readonly [RecipientOutcome | undefined, boolean])[] = [
    [full, true],
    [replied(452, null), true],
    [replied(552, null), true],
    [replied(552, '5.5.3'), true],
    [replied(452, '4.2.2'), false],
    [replied(452, '4.3.1'), false],
    [replied(552, '5.2.2'), false],
    [replied(451, '4.5.3'), false],
    [replied(550, '5.5.3'), false],
    [replied(452, '4.5.3', 'MESSAGE'), false],
    [setback('connectionLost', 'RCPT'), false],
    [taken, false],
    [undefined, false],
  ]
  for (const [outcome, beyond] of table) {
    assert.deepEqual(beyondRoom([taken, outcome]), [false, beyond], outcome?.result)
  }
  // Nobody was taken before, so one transaction more would be the same again.
  assert.deepEqual(beyondRoom([full, taken, full]), [false, false, true])
  assert.deepEqual(beyondRoom([full, full]), [false, false])
  assert.deepEqual(beyondRoom([]), [])
})

test('what a server lacks, another may have; a broken connection is another matter', () => {
  for (const [outcome, lacks, able] of [
    [taken, false, false],
    [setback('smtpUtf8NotOffered', 'MAIL'), true, true],
    [setback('eightBitNotOffered', 'MAIL'), true, true],
    [setback('tlsFailed', 'MAIL'), false, true],
    [setback('messageTooBig', 'MAIL'), false, false],
    [setback('timeout', 'MAIL'), false, false],
    [said(550, 'RCPT'), false, false],
    [refusedBy({ code: 550, enhanced: '5.7.25', lines: ['x'] }, 'MESSAGE'), true, true],
    [refusedBy({ code: 500, enhanced: '5.7.25', lines: ['x'] }, 'MESSAGE'), true, true],
    [refusedBy({ code: 499, enhanced: '5.7.25', lines: ['x'] }, 'MESSAGE'), false, false],
    [refusedBy({ code: 550, enhanced: '5.7.1', lines: ['x'] }, 'MESSAGE'), false, false],
    [refusedBy({ code: 450, enhanced: '4.7.25', lines: ['x'] }, 'MESSAGE'), false, false],
  ] as const) {
    assert.deepEqual([notHere(outcome), anotherIsAble(outcome)], [lacks, able])
    assert.equal(brokeOff(setback('eightBitNotOffered', 'MAIL')), false)
  }
  assert.equal(notHere(undefined), false)
})

test('in clear text after a failed TLS, who insists on TLS refuses for now', () => {
  const refused = (code: number, enhanced: string | null): RecipientOutcome =>
    refusedBy({ code, enhanced, lines: ['TLS, please'] }, 'RCPT')
  for (const outcome of [refused(530, null), refused(530, '5.7.0'), refused(550, '5.7.10')]) {
    const found = withoutTls(outcome)
    assert.ok(found.result === 'deferred')
    assert.deepEqual(
      [found.because, found.status, found.atCommand, found.reply?.lines],
      ['tlsFailed', '4.7.5', 'RCPT', ['TLS, please']],
    )
  }
  for (const other of [
    taken,
    refused(550, null),
    refused(550, '5.7.1'),
    refused(550, '5.17.10'),
    setback('timeout', 'MAIL'),
  ]) {
    assert.equal(withoutTls(other), other)
  }
})

test('an envelope that no command can carry is told, and fails at once', () => {
  assert.equal(envelopeProblem(testItem()), undefined)
  assert.equal(envelopeProblem(testItem({ reversePath: '' })), undefined)
  const sender = envelopeProblem(testItem({ reversePath: 'SRS0=a=b=c="jo w"@south.example' }))
  assert.match(sender ?? '', /^of its sender, a character of the local part/)
  const recipient = envelopeProblem(testItem({ recipient: 'a b@south.example' }))
  assert.match(recipient ?? '', /^of its recipient, /)
  assert.equal(unsayable(recipient ?? '').result, 'failed')
})
