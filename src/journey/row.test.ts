import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JourneyRecord, Outcome } from './record.ts'
import type { Step } from './steps.ts'
import { accountRefused, summaryOf } from './row.ts'

const filed = { code: 250, enhanced: '2.0.0', text: 'Filed. Ref x', atCommand: 'DATA' }
const noMailbox = { code: 550, enhanced: '5.1.1', text: 'No such mailbox.', atCommand: 'RCPT TO' }

function recipient(rcptTo: string, to: 'mailbox' | 'refused'): Step {
  const answer = to === 'refused' ? noMailbox : filed
  return { type: 'recipient', rcptTo, to, answer, startedAt: 0, durationMs: 0, dns: [] }
}

function summary(
  outcome: Outcome,
  rcptTo: readonly string[],
  steps: readonly Step[],
  ip = '',
): string {
  const record: JourneyRecord = {
    schema: 'waybill.record/1',
    id: 'x',
    direction: 'in',
    mode: 'lab',
    host: 'mx.south.example',
    startedAt: 0,
    envelope: { ip, helo: '', mailFrom: '', rcptTo },
    outcome,
    steps,
    conversation: [],
    replay: undefined,
    subject: '',
    messageId: '',
  }
  return summaryOf(record)
}

const delivered: Outcome = { status: 'delivered', smtp: filed, because: [] }

test('a summary names the recipient, and how many more there are', () => {
  assert.equal(summary(delivered, ['a@b'], []), 'Filed in Inbox for a@b.')
  assert.equal(summary(delivered, ['a@b', 'c@d', 'e@f'], []), 'Filed in Inbox for a@b and 2 more.')
})

test('a recipient that was refused is not among those it was filed for', () => {
  const steps = [recipient('no@b', 'refused'), recipient('a@b', 'mailbox')]
  assert.equal(summary(delivered, ['no@b', 'a@b'], steps), 'Filed in Inbox for a@b.')
})

test('a refusal is told in the words that the sender heard', () => {
  const refused: Outcome = { status: 'refused', smtp: noMailbox, because: ['recipient'] }
  const steps = [recipient('no@b', 'refused')]
  assert.equal(summary(refused, ['no@b'], steps), 'Refused: 550 5.1.1 No such mailbox.')
})

test('a connection without a message says why', () => {
  const dropped: Outcome = { status: 'dropped', because: ['timeout'] }
  assert.equal(
    summary(dropped, [], []),
    'The connection ended without a message (the client was silent for too long).',
  )
})

test('a refused login is told with whose it was meant to be, and where it came from', () => {
  const answer = { code: 535, enhanced: '5.7.8', text: 'No.', atCommand: 'AUTH' }
  const login = (account: string, accepted = false): Step => {
    const [startedAt, durationMs] = [0, 0]
    return { type: 'login', mechanism: 'PLAIN', account, accepted, startedAt, durationMs, dns: [] }
  }
  const refused: Outcome = { status: 'refused', smtp: answer, because: ['login'] }
  const ip = '192.0.2.9'
  assert.equal(
    summary(refused, [], [login('x@b'), login('a@b')], ip),
    'The login as a@b from 192.0.2.9 was refused: 535 5.7.8 No.',
  )
  assert.equal(
    summary({ ...refused, status: 'deferred' }, [], [login('')], ip),
    'A login from 192.0.2.9 was refused: 535 5.7.8 No.',
  )
  // AUTH was refused before anybody gave a name, or the journey has no address.
  assert.equal(summary(refused, [], []), 'A login was refused: 535 5.7.8 No.')
  assert.equal(accountRefused([login('a@b'), login('a@b', true)]), undefined)
  assert.equal(accountRefused([login('a@b', true), login('c@d')]), 'c@d')
  assert.equal(accountRefused([login('')]), undefined)
  const other: Outcome = { status: 'deferred', smtp: answer, because: ['command'] }
  assert.equal(summary(other, [], [login('a@b')], ip), 'Asked to come back later: 535 No.')
})
