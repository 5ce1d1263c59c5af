import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { JourneyBuilder } from './builder.ts'
import {
  countStatuses,
  isMailboxRole,
  mailboxName,
  mailboxRoles,
  recipientsOf,
  roleNamed,
  wholeStatus,
  wholeSummary,
} from './recipients.ts'
import type { Outcome } from './record.ts'
import type { SmtpAnswer } from './spoken.ts'
import type { StepData } from './steps.ts'

test('people and records see Inbox and Junk, which lead back to their roles in any case', () => {
  assert.deepEqual(mailboxRoles.map(mailboxName), ['Inbox', 'Junk'])
  assert.equal(roleNamed('Inbox'), 'inbox')
  assert.equal(roleNamed('JUNK'), 'junk')
  assert.equal(roleNamed('Holidays'), undefined)
})

test('only a role is a role', () => {
  assert.ok(mailboxRoles.every(isMailboxRole))
  assert.equal(isMailboxRole('Inbox'), false)
  assert.equal(isMailboxRole(null), false)
})

const taken: SmtpAnswer = {
  code: 250,
  enhanced: '2.1.5',
  text: 'Recipient OK',
  atCommand: 'RCPT TO',
}
const no: SmtpAnswer = { ...taken, code: 550, enhanced: '5.1.1', text: 'No' }
const later: SmtpAnswer = { ...taken, code: 451, enhanced: '4.7.1', text: 'Later' }
const last: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Queued', atCommand: 'DATA' }
const queued: Outcome = { status: 'queued', smtp: last, because: [] }

function asked(rcptTo: string, to: 'mailbox' | 'remote' | 'refused', answer = taken): StepData {
  return { type: 'recipient', rcptTo, to, answer }
}

function waits(recipient: string): StepData {
  return { type: 'queued', recipient, destination: 'north.example' }
}

function tried(
  recipient: string,
  result: 'delivered' | 'deferred' | 'failed',
  answer?: SmtpAnswer,
): StepData {
  const where = { host: 'mx.north.example', ip: '192.0.2.10', attempt: 1, problem: '' }
  const rest = { nextAttemptAt: undefined, conversation: [], answer }
  return { type: 'attempt', recipient, result, ...where, ...rest }
}

function statuses(
  outcome: Outcome,
  rcptTo: readonly string[],
  steps: readonly StepData[],
): readonly (readonly [string, string, number | undefined])[] {
  const builder = new JourneyBuilder('x', new ManualClock(1000))
  for (const step of steps) builder.step(step)
  const record = builder.record({
    direction: 'out',
    mode: 'lab',
    host: 'mx.south.example',
    envelope: { ip: '', helo: '', mailFrom: '', rcptTo },
    outcome,
    replay: undefined,
    subject: '',
    messageId: '',
    author: '',
  })
  return recipientsOf(record).map(({ address, status, answer }) => [address, status, answer?.code])
}

test('each recipient has its own status and the last answer about it', () => {
  const [a, b, c, d, e] = [
    'a@n.example',
    'b@n.example',
    'c@s.example',
    'd@s.example',
    'e@n.example',
  ]
  const steps: readonly StepData[] = [
    asked(a, 'remote'),
    asked(b, 'remote'),
    asked(c, 'mailbox'),
    asked(d, 'refused', no),
    asked(e, 'remote'),
    { type: 'filed', account: 'c@s.example', mailbox: 'Inbox', recipient: c },
    waits(a),
    waits(b),
    waits(e),
    tried(a, 'deferred', later),
    tried(b, 'failed', no),
    { type: 'put-off', recipient: a, destination: 'n.example', problem: 'x', until: 5 },
  ]
  assert.deepEqual(statuses(queued, [a, b, c, d, e], steps), [
    // What was said stays, though nobody was asked the second time.
    [a, 'deferred', 451],
    [b, 'failed', 550],
    [c, 'delivered', 250],
    [d, 'refused', 550],
    [e, 'queued', 250],
  ])
  const ended = { by: 'ann', door: 'x', why: '', silent: false } as const
  const given = { type: 'given-up', recipient: e, destination: 'n.example', ...ended } as const
  assert.deepEqual(
    statuses(queued, [e], [...steps, given])
      .at(-1)
      ?.slice(0, 2),
    [e, 'failed'],
  )
  const again = [...steps, tried(a, 'delivered', last)]
  assert.deepEqual(statuses(queued, [a], again)[0], [a, 'delivered', 250])
})

test('a recipient who was told to wait is deferred, one who was taken ends as the letter', () => {
  const refused: Outcome = { status: 'refused', smtp: no, because: ['dmarc'] }
  assert.deepEqual(
    statuses(
      refused,
      ['a', 'b', 'c'],
      [asked('a', 'mailbox'), asked('b', 'refused', later), asked('c', 'refused', no)],
    ),
    [
      ['a', 'refused', 550],
      ['b', 'deferred', 451],
      ['c', 'refused', 550],
    ],
  )
  const dropped: Outcome = { status: 'dropped', because: ['quit'] }
  assert.deepEqual(statuses(dropped, ['a'], [asked('a', 'mailbox')]), [['a', 'dropped', 250]])
  assert.deepEqual(statuses(dropped, [], []), [])
})

test('all who lead to one account have the letter, in Junk as well', () => {
  const outcome: Outcome = { status: 'quarantined', smtp: last, because: [] }
  const filed: StepData = {
    type: 'filed',
    account: 'a',
    mailbox: 'Junk',
    recipient: 'x',
    alsoFor: ['y'],
  }
  assert.deepEqual(
    statuses(outcome, ['x', 'y'], [asked('x', 'mailbox'), asked('y', 'mailbox'), filed]),
    [
      ['x', 'quarantined', 250],
      ['y', 'quarantined', 250],
    ],
  )
})

test('of an alias that leads elsewhere the addresses behind it are told', () => {
  assert.deepEqual(
    statuses(queued, ['all@s.example'], [asked('all@s.example', 'remote'), waits('x@n.example')]),
    [['x@n.example', 'queued', 250]],
  )
})

test('a report of our own is told for its reader', () => {
  const created: Outcome = { status: 'created', because: ['delivery status'] }
  assert.deepEqual(statuses(created, ['r@s.example'], []), [['r@s.example', 'created', undefined]])
  assert.deepEqual(statuses(created, ['r@n.example'], [waits('r@n.example')]), [
    ['r@n.example', 'queued', undefined],
  ])
})

test('the word for the whole says when only a part has it', () => {
  const words: readonly (readonly [readonly string[], string | undefined])[] = [
    [['delivered'], 'delivered'],
    [['delivered', 'quarantined'], 'delivered'],
    [['quarantined', 'quarantined'], 'quarantined'],
    [['delivered', 'failed'], 'partly delivered'],
    [['quarantined', 'failed'], 'partly delivered'],
    [['delivered', 'deferred'], 'partly delivered'],
    [['delivered', 'queued'], 'partly delivered'],
    [['failed', 'deferred'], 'partly failed'],
    [['failed', 'queued'], 'partly failed'],
    [['failed', 'failed'], 'failed'],
    [['queued', 'deferred'], 'deferred'],
    [['queued', 'queued'], 'queued'],
    // Who was refused while the client was there is not our trouble.
    [['delivered', 'refused'], 'delivered'],
    [['failed', 'refused'], 'failed'],
    [['refused', 'refused'], undefined],
    [['created'], undefined],
    [[], undefined],
  ]
  for (const [statuses, word] of words) {
    const counts = countStatuses(statuses.map((status) => ({ status })))
    assert.equal(wholeStatus(counts), word, statuses.join(' '))
  }
})

test('the sentence for the whole counts, and ends with what happened last', () => {
  const summary = (...statuses: readonly string[]): string =>
    wholeSummary(countStatuses(statuses.map((status) => ({ status }))), 'Last.')
  assert.equal(summary('failed'), 'Last.')
  assert.equal(summary('delivered', 'failed'), 'Of 2 recipients 1 has it, 1 failed. Last.')
  assert.equal(
    summary('delivered', 'quarantined', 'queued', 'deferred', 'refused'),
    'Of 5 recipients 2 have it, 2 wait, 1 was refused. Last.',
  )
  assert.equal(summary('queued', 'failed', 'failed'), 'Of 3 recipients 1 waits, 2 failed. Last.')
})
