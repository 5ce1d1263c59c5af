import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { StepData } from '../journey/record.ts'
import { ConnectionLog } from './connection-log.ts'

const remote = { ip: '198.51.100.66', port: 4711 }
const tls = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  certificate: undefined,
  serverName: undefined,
}

function open(options: { readonly tls?: typeof tls } = {}): ConnectionLog {
  let ids = 0
  const clock = new ManualClock(1000)
  const facts = { remote, listener: 'submission', tls: options.tls } as const
  return new ConnectionLog(facts, clock, () => `id${ids++}`)
}

function types(journey: JourneyBuilder | undefined): readonly string[] | undefined {
  return journey?.steps.map(({ type }) => type)
}

function said(journey: JourneyBuilder | undefined): readonly string[] {
  const record = journey?.record({
    direction: 'in',
    mode: 'lab',
    host: 'mx',
    envelope: { ip: '', helo: '', mailFrom: '', rcptTo: [] },
    outcome: { status: 'dropped', because: [] },
    replay: undefined,
    subject: '',
    messageId: '',
    author: '',
  })
  return (record?.conversation ?? []).map(({ from, text }) => `${from[0] ?? ''} ${text}`)
}

function dataOf(journey: JourneyBuilder | undefined, type: StepData['type']): unknown {
  const step = journey?.steps.find((one) => one.type === type)
  if (step === undefined) return undefined
  const { startedAt: _at, durationMs: _ms, dns: _dns, ...data } = step
  return data
}

const hello = { type: 'helo', verb: 'EHLO', name: 'x.example', domain: null } as const
const answer = { code: 535, enhanced: '5.7.8', text: 'No.', atCommand: 'AUTH' }

test('a connection without a message has a journey, with how it came and all that was said', () => {
  const log = open()
  log.line('server', '220 mx ESMTP')
  log.line('client', 'EHLO x.example')
  log.helloSaid(hello)
  log.line('server', '250 mx')
  log.line('client', 'QUIT')
  log.line('server', '221 2.0.0 Goodbye')
  const journey = log.close()
  assert.deepEqual(types(journey), ['connect', 'helo'])
  assert.deepEqual(dataOf(journey, 'connect'), {
    type: 'connect',
    ...remote,
    listener: 'submission',
  })
  assert.deepEqual(dataOf(journey, 'helo'), { type: 'helo', verb: 'EHLO', name: 'x.example' })
  assert.deepEqual(said(journey), [
    's 220 mx ESMTP',
    'c EHLO x.example',
    's 250 mx',
    'c QUIT',
    's 221 2.0.0 Goodbye',
  ])
  assert.equal(journey?.id, 'id0')
  assert.equal(log.helo, 'x.example')
})

test('a line that is still without an answer when the connection ends is kept', () => {
  const log = open()
  log.line('client', 'NOOP')
  assert.deepEqual(said(log.close()), ['c NOOP'])
  assert.deepEqual(said(log.close()), ['c NOOP'], 'and once')
})

test('each message begins with what the connection has, and leaves nothing of its own behind', () => {
  const log = open()
  log.helloSaid(hello)
  log.line('client', 'MAIL FROM:<a@b>')
  const first = log.begin()
  assert.equal(log.journey, first)
  first.step({ type: 'sender', mailFrom: 'a@b', refused: undefined })
  log.line('server', '250 2.1.0 Sender OK')
  log.end()
  assert.notEqual(log.journey, first)
  // The answer to its last command is in its record already.
  log.line('server', '250 2.0.0 Filed. Ref id0')
  log.line('client', 'MAIL FROM:<c@d>')
  const second = log.begin()
  assert.deepEqual(types(first), ['connect', 'helo', 'sender'])
  assert.deepEqual(types(second), ['connect', 'helo'])
  assert.deepEqual(said(first), ['c MAIL FROM:<a@b>', 's 250 2.1.0 Sender OK'])
  assert.deepEqual(said(second), ['c MAIL FROM:<c@d>'])
  assert.deepEqual([first.id, second.id], ['id0', 'id1'])
  log.end()
  log.line('client', 'QUIT')
  assert.equal(log.close(), undefined, 'all of it belongs to the messages')
})

test('refusals within a message refer to it, those outside to what comes behind', () => {
  const log = open()
  assert.deepEqual(log.references, { transaction: 'id0', outside: 'id0' })
  log.begin()
  assert.deepEqual(log.references, { transaction: 'id0', outside: 'id1' })
  log.end()
  assert.deepEqual(log.references, { transaction: 'id0', outside: 'id1' })
  log.begin()
  assert.deepEqual(log.references, { transaction: 'id1', outside: 'id2' })
})

test('whoever was told an id outside of messages finds a journey behind it', () => {
  const log = open()
  log.line('client', 'MAIL FROM:<a@b>')
  log.begin()
  log.end()
  log.line('server', '250 2.0.0 Filed.')
  log.line('client', 'FOO')
  log.line('server', '500 5.5.1 Unknown command Ref id1')
  const journey = log.close()
  assert.equal(journey?.id, 'id1')
  assert.deepEqual(said(journey), ['c FOO', 's 500 5.5.1 Unknown command Ref id1'])
  const other = open()
  other.begin()
  other.line('server', '500 5.5.1 Unknown command Ref id0')
  other.end()
  assert.equal(other.close(), undefined, 'the id of a message is found already')
})

test('a message that begins behind a told id has that id, and the connection another', () => {
  const log = open()
  log.line('client', 'FOO')
  log.line('server', '500 5.5.1 Unknown command Ref id0')
  const message = log.begin()
  assert.equal(message.id, 'id0')
  log.end()
  assert.equal(log.close(), undefined)
})

test('TLS, its failure and the login are steps of the connection', () => {
  const log = open({ tls })
  log.tlsFailed('no cipher in common')
  log.loggedIn({ mechanism: 'PLAIN', account: 'a@b', answer })
  assert.equal(log.login, undefined)
  log.loggedIn({ mechanism: 'LOGIN', account: `${'a'.repeat(400)}@b`, answer: undefined })
  assert.equal(log.login, 'a'.repeat(320))
  const journey = log.close()
  assert.deepEqual(types(journey), ['connect', 'tls', 'tls-failed', 'login', 'login'])
  assert.deepEqual(dataOf(journey, 'tls'), {
    type: 'tls',
    protocol: tls.protocol,
    cipher: tls.cipher,
  })
  assert.deepEqual(dataOf(journey, 'tls-failed'), {
    type: 'tls-failed',
    problem: 'no cipher in common',
  })
  assert.deepEqual(dataOf(journey, 'login'), {
    type: 'login',
    mechanism: 'PLAIN',
    account: 'a@b',
    accepted: false,
    answer,
  })
})

test('a Received field says how the message came', () => {
  const log = open()
  assert.deepEqual(log.transport({ smtpUtf8: false }), {
    protocol: { extended: false, tls: false, authenticated: false, utf8: false },
  })
  log.helloSaid(hello)
  log.tlsStarted(tls)
  log.loggedIn({ mechanism: 'PLAIN', account: 'a@b', answer: undefined })
  assert.deepEqual(log.transport({ smtpUtf8: true }), {
    protocol: { extended: true, tls: true, authenticated: true, utf8: true },
    tls: { version: tls.protocol, cipher: tls.cipher },
  })
  log.helloSaid({ ...hello, verb: 'HELO' })
  assert.equal(log.transport({ smtpUtf8: true }).protocol?.extended, false)
})

test('the last words of the server are read as the answer that they were', () => {
  const log = open()
  const table: readonly (readonly [string, object])[] = [
    ['552 5.3.4 Too big. Ref x', { code: 552, enhanced: '5.3.4', text: 'Too big. Ref x' }],
    ['250-first', { code: 250, enhanced: '', text: 'first' }],
    ['421 bye', { code: 421, enhanced: '', text: 'bye' }],
    ['what?', { code: 0, enhanced: '', text: 'what?' }],
  ]
  for (const [line, read] of table) {
    log.line('server', line)
    assert.deepEqual(log.lastAnswer('DATA'), { ...read, atCommand: 'DATA' })
  }
})

test('what the engine refuses is a step, with the command and the words', () => {
  const table: readonly (readonly [
    said: string,
    heard: 'command' | 'response',
    command: string,
  ])[] = [
    ['MAIL FROM:<a@b> SIZE=99', 'command', 'MAIL FROM'],
    ['rcpt to:<', 'command', 'RCPT TO'],
    ['STARTTLS', 'command', 'STARTTLS'],
    ['(hidden)', 'response', 'AUTH'],
    ['(hidden)', 'command', ''],
    ['123', 'command', ''],
  ]
  for (const [line, heard, command] of table) {
    const log = open()
    log.line('client', line)
    log.line('server', '552 5.3.4 No. Ref id0')
    const refused = log.commandRefused(heard)
    const told = { code: 552, enhanced: '5.3.4', text: 'No. Ref id0', atCommand: command }
    assert.deepEqual(refused, { command, answer: told })
    assert.deepEqual(dataOf(log.close(), 'command-refused'), {
      type: 'command-refused',
      command,
      answer: told,
    })
    assert.deepEqual(log.refusal, command === '' ? undefined : told, line)
  }
})

test('a refusal is how a connection ended only as long as the client has not gone on', () => {
  const refuse = (log: ConnectionLog, line: string): void => {
    log.line('client', line)
    log.line('server', '501 5.5.4 No')
    log.commandRefused('command')
  }
  const greeted = open()
  refuse(greeted, 'EHLO a b')
  assert.equal(greeted.refusal?.code, 501)
  greeted.helloSaid({ ...hello, verb: 'HELO' })
  assert.equal(greeted.refusal?.code, 501, 'another command is no answer to it')
  greeted.helloSaid(hello)
  assert.equal(greeted.refusal, undefined)
  const begun = open()
  refuse(begun, 'MAIL FROM:x')
  begun.begin()
  assert.equal(begun.refusal, undefined)
  refuse(begun, 'RCPT TO:x')
  assert.equal(begun.refusal, undefined, 'within a message it is the message that was refused')
  const login = open()
  login.loggedIn({ mechanism: 'PLAIN', account: '', answer })
  assert.equal(login.refusal, answer)
  login.loggedIn({ mechanism: 'PLAIN', account: 'a@b', answer: undefined })
  assert.equal(login.refusal, undefined)
  const idle = open()
  refuse(idle, 'EXPN list')
  assert.equal(idle.refusal, undefined)
})
