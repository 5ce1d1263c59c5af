import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import { checkSpf } from '../spf/spf.ts'
import { JourneyBuilder } from './builder.ts'
import type { Facts, JourneyRecord, Outcome, ReplayFacts } from './record.ts'
import type { SmtpAnswer } from './spoken.ts'
import type { Step, StepData } from './steps.ts'
import { type JourneyView, viewJourney } from './view.ts'

const start = Date.UTC(2026, 10, 26, 12)
const smtp: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Queued', atCommand: 'DATA' }
const no: SmtpAnswer = { code: 550, enhanced: '5.1.1', text: 'No', atCommand: 'RCPT' }
const queued: Outcome = { status: 'queued', smtp, because: ['x'] }
const replay: ReplayFacts = {
  now: start / 1000,
  receiver: 'mx',
  rules: { trustedForwarders: [], mailingLists: [], allow: [], onTemperror: 'deliver' },
  configHash: 'hash',
  messageId: 'x',
}

const rest = { server: '192.0.2.53', dnssec: 'insecure' } as const
const answers: readonly RecordedAnswer[] = [
  {
    name: 'a.example',
    type: 'MX',
    answer: {
      type: 'found',
      records: [{ preference: 10, exchange: 'mx.a' }],
      ttlSeconds: 60,
      ...rest,
    },
    elapsedMs: 1,
  },
  {
    name: 'mx.a',
    type: 'A',
    answer: { type: 'noData', ttlSeconds: 30, ...rest },
    elapsedMs: 2,
  },
  {
    name: 'gone.example',
    type: 'TXT',
    answer: { type: 'noName', ttlSeconds: 20, ...rest },
    elapsedMs: 3,
  },
  { name: 'x.example', type: 'A', answer: { type: 'failed', reason: 'timeout' }, elapsedMs: 4 },
]

const attempt = {
  type: 'attempt',
  recipient: 'r@a.example',
  attempt: 1,
  host: 'mx.a',
  ip: '192.0.2.1',
  problem: 'x',
  nextAttemptAt: undefined,
  conversation: [],
} as const

function made(
  steps: readonly StepData[],
  changes: Partial<JourneyRecord> = {},
): { readonly record: JourneyRecord; readonly facts: Facts } {
  const clock = new ManualClock(start)
  const builder = new JourneyBuilder('id', clock)
  for (const step of steps) {
    const begin = builder.begin()
    clock.advance(1500)
    builder.step(step, begin, step.type === 'helo' ? answers : [])
  }
  const record = builder.record({
    direction: 'out',
    host: 'mx.south.example',
    envelope: {
      ip: '192.0.2.7',
      helo: 'pc',
      mailFrom: 'u@s.example',
      rcptTo: ['r@a.example'],
      login: 'u@s.example',
    },
    outcome: queued,
    replay: undefined,
    subject: 'Hello',
    messageId: '<m@s>',
    author: 'u@s.example',
  })
  const facts = new Map(builder.shared.map(({ hash, json }) => [hash, json]))
  return { record: { ...record, ...changes }, facts }
}

const current = { status: 'queued', summary: 'On its way.' }
const helo: StepData = { type: 'helo', verb: 'EHLO', name: 'x' }

function view(steps: readonly StepData[], changes: Partial<JourneyRecord> = {}): JourneyView {
  const { record, facts } = made(steps, changes)
  return viewJourney(record, facts, current)
}

test('the facts of a journey stand in their fields', () => {
  const shown = view([helo])
  assert.deepEqual(
    [shown.id, shown.direction, shown.mode, shown.host, shown.started_at, shown.summary],
    ['id', 'out', 'live', 'mx.south.example', '2026-11-26T12:00:00.000Z', 'On its way.'],
  )
  assert.deepEqual(
    [shown.subject, shown.message_id, shown.author],
    ['Hello', '<m@s>', 'u@s.example'],
  )
  assert.deepEqual(shown.envelope, {
    ip: '192.0.2.7',
    helo: 'pc',
    mail_from: 'u@s.example',
    rcpt_to: ['r@a.example'],
    login: 'u@s.example',
  })
  const envelope = { ip: '', helo: '', mailFrom: '', rcptTo: [] }
  assert.equal(view([], { envelope }).envelope.login, null)
})

test('a record of 0.1.0, which had no author, says so with null', () => {
  const { author: _, ...old } = made([helo]).record
  assert.equal(viewJourney(old, new Map(), current).author, null)
})

test('a step has its time, its duration, its side and what to do', () => {
  const unsigned: StepData = { type: 'unsigned', domain: 's.example' }
  const filed: StepData = { type: 'filed', account: 'a', mailbox: 'Inbox', recipient: 'a' }
  const [first, second, third] = view([helo, unsigned, filed]).steps
  assert.deepEqual([first?.started_at, first?.duration_ms], ['2026-11-26T12:00:00.000Z', 1500])
  assert.equal(second?.started_at, '2026-11-26T12:00:01.500Z')
  assert.deepEqual([first?.side, third?.side], ['sending', 'receiving'])
  assert.equal(view([helo], { direction: 'in' }).steps[0]?.side, 'receiving')
  assert.deepEqual(
    [first?.fix, second?.fix],
    [null, 'Add s.example to the domains of this server.'],
  )
  assert.equal(first?.explain, 'helo-ok')
})

test('what a server said stands beside what the step says itself', () => {
  const steps: readonly StepData[] = [
    { type: 'limit', limit: 'limits.wrong_passwords', of: 'address', answer: no },
    { type: 'command-refused', command: 'VRFY', answer: no },
    { type: 'login', mechanism: 'PLAIN', account: 'a', accepted: false, answer: no },
    { type: 'recipient', rcptTo: 'r@a.example', to: 'refused', answer: no },
    { type: 'refused', answer: no },
    { type: 'deferred', answer: no },
    { ...attempt, result: 'failed', answer: no },
  ]
  for (const step of view(steps).steps) {
    assert.equal(typeof step.answer, 'string', step.id)
    const told = { code: 550, enhanced: '5.1.1', text: 'No', at_command: 'RCPT' }
    assert.deepEqual(step['smtp'], told, step.id)
  }
})

test('no such name, no such record and no answer are three things', () => {
  const evidence = view([helo]).steps[0]?.evidence ?? []
  assert.deepEqual(
    evidence.map(({ name, rcode, ttl, ms, server, data }) => [name, rcode, ttl, ms, server, data]),
    [
      ['a.example', 'NOERROR', 60, 1, '192.0.2.53', [{ preference: 10, exchange: 'mx.a' }]],
      ['mx.a', 'NOERROR', 30, 2, '192.0.2.53', []],
      ['gone.example', 'NXDOMAIN', 20, 3, '192.0.2.53', []],
      ['x.example', 'TIMEOUT', null, 4, null, []],
    ],
  )
})

test('the answer of the outcome is the last that anybody gave', () => {
  const shown = (steps: readonly StepData[], outcome: Outcome = queued): unknown =>
    view(steps, { outcome }).outcome.smtp
  const ours = { code: 250, enhanced: '2.0.0', text: 'Queued', at_command: 'DATA' }
  const theirs = { code: 550, enhanced: '5.1.1', text: 'No', at_command: 'RCPT' }
  assert.deepEqual(shown([helo]), ours)
  assert.deepEqual(shown([{ ...attempt, result: 'failed', answer: no }]), theirs)
  assert.deepEqual(
    shown([
      { ...attempt, result: 'deferred', answer: no },
      { ...attempt, result: 'deferred', answer: smtp },
    ]),
    ours,
  )
  // Who never spoke has said nothing new.
  assert.deepEqual(shown([{ ...attempt, result: 'deferred', answer: undefined }]), ours)
  assert.equal(shown([helo], { status: 'dropped', because: ['quit'] }), null)
  assert.deepEqual(view([helo]).outcome.because, ['x'])
  assert.equal(view([helo]).outcome.status, 'queued')
})

test('a replay is complete when every answer is kept, and what verdicts were made with', async () => {
  const { record, facts } = made([helo])
  const told = viewJourney(record, facts, current).replay
  assert.deepEqual(told, { complete: true, dns_answers: 4, clock: null, config_hash: null })
  assert.equal(viewJourney(record, new Map(), current).replay.complete, false)
  const [first] = record.steps
  assert.ok(first !== undefined)
  const { startedAt, durationMs } = first
  const client = { ip: '192.0.2.7', helo: 'pc', mailFrom: 'u@s.example' }
  const verdict = await checkSpf(client, new MemoryResolver({}))
  const spf: Step = { startedAt, durationMs, type: 'spf', ip: client.ip, verdict, dns: [] }
  const judged = { ...record, steps: [spf] }
  assert.equal(viewJourney(judged, facts, current).replay.complete, false)
  const whole = viewJourney({ ...judged, replay }, facts, current).replay
  assert.deepEqual(whole, {
    complete: true,
    dns_answers: 0,
    clock: '2026-11-26T12:00:00.000Z',
    config_hash: 'hash',
  })
})
