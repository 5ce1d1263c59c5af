import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { StepData } from '../journey/steps.ts'
import { reply } from '../smtp/reply.ts'
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
  const facts = { remote, listener: 'submission', tls: options.tls, met: undefined } as const
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

const hello = { verb: 'EHLO', name: 'x.example' } as const
const refusal = { code: 535, enhanced: '5.7.8', text: 'No.', atCommand: 'AUTH' }
const unknown = reply(500, '5.5.1', 'Unknown command')
const ok = reply(250, '2.0.0', 'OK')

/** One exchange after the other, each with a number of its own. */
class Talk {
  readonly log: ConnectionLog
  #exchange = 0

  constructor(log: ConnectionLog) {
    this.log = log
  }

  /** The client says something. */
  hear(text: string): void {
    this.log.heard({ exchange: ++this.#exchange, text })
  }

  /** It is answered; `undefined` is a line within the same exchange. */
  answer(said = ok): readonly string[] {
    return this.log.reply({ exchange: this.#exchange, reply: said }).lines
  }

  /** Something is said without being asked. */
  saySuddenly(said = ok): readonly string[] {
    return this.log.reply({ exchange: ++this.#exchange, reply: said }).lines
  }

  goOn(text: string): void {
    this.log.heard({ exchange: this.#exchange, text })
  }
}

test('a connection without a letter has a journey, with how it came and all that was said', () => {
  const log = open()
  const talk = new Talk(log)
  talk.saySuddenly(reply(220, null, 'mx ESMTP'))
  talk.hear('EHLO x.example')
  log.helloSaid(hello)
  talk.answer(reply(250, null, 'mx', 'SIZE 10'))
  talk.hear('QUIT')
  talk.answer(reply(221, '2.0.0', 'Goodbye'))
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
    's 250-mx',
    's 250 SIZE 10',
    'c QUIT',
    's 221 2.0.0 Goodbye',
  ])
  assert.equal(journey?.id, 'id0')
})

test('a line that is still without an answer when the connection ends is kept', () => {
  const log = open()
  new Talk(log).hear('NOOP')
  assert.deepEqual(said(log.close()), ['c NOOP'])
  assert.deepEqual(said(log.close()), ['c NOOP'], 'and once')
})

test('the lines of one exchange stand in their order', () => {
  const log = open()
  const talk = new Talk(log)
  talk.hear('AUTH LOGIN')
  talk.answer(reply(334, null, 'x'))
  talk.goOn('(hidden)')
  talk.goOn('(hidden)')
  talk.answer(reply(235, '2.7.0', 'Welcome'))
  assert.deepEqual(said(log.close()), [
    'c AUTH LOGIN',
    's 334 x',
    'c (hidden)',
    'c (hidden)',
    's 235 2.7.0 Welcome',
  ])
})

test('each letter begins with what the connection has, and leaves nothing of its own behind', () => {
  const log = open()
  const talk = new Talk(log)
  log.helloSaid(hello)
  talk.hear('MAIL FROM:<a@b>')
  const first = log.begin()
  assert.equal(log.journey, first)
  first.step({ type: 'sender', mailFrom: 'a@b', refused: undefined })
  talk.answer(reply(250, '2.1.0', 'Sender OK'))
  talk.hear('DATA')
  talk.answer(reply(354, null, 'Go on'))
  const told = log.answered(reply(250, '2.0.0', 'Filed.'))
  assert.deepEqual(told.lines, ['Filed. Ref id0'])
  log.end()
  assert.notEqual(log.journey, first)
  assert.deepEqual(talk.answer(told), ['250 2.0.0 Filed. Ref id0'], 'said, and written once')
  talk.hear('MAIL FROM:<c@d>')
  const second = log.begin()
  assert.deepEqual(types(first), ['connect', 'helo', 'sender'])
  assert.deepEqual(types(second), ['connect', 'helo'])
  assert.deepEqual(said(first), [
    'c MAIL FROM:<a@b>',
    's 250 2.1.0 Sender OK',
    'c DATA',
    's 354 Go on',
    's 250 2.0.0 Filed. Ref id0',
  ])
  assert.deepEqual(said(second), ['c MAIL FROM:<c@d>'])
  assert.deepEqual([first.id, second.id], ['id0', 'id1'])
  log.end()
  talk.hear('QUIT')
  assert.equal(log.close(), undefined, 'all of it belongs to the letters')
})

test('a refusal refers to the journey that it stands in, and no other reply refers to any', () => {
  const talk = new Talk(open())
  talk.hear('FOO')
  assert.deepEqual(talk.answer(unknown), ['500 5.5.1 Unknown command. Ref id0'])
  talk.hear('MAIL FROM:<a@b>')
  talk.log.begin()
  assert.deepEqual(talk.answer(), ['250 2.0.0 OK'])
  talk.hear('FOO')
  assert.deepEqual(talk.answer(unknown), ['500 5.5.1 Unknown command. Ref id0'])
  talk.hear('RSET')
  talk.log.end()
  assert.deepEqual(talk.answer(), ['250 2.0.0 OK'])
  talk.hear('FOO')
  assert.deepEqual(talk.answer(unknown), ['500 5.5.1 Unknown command. Ref id1'])
  talk.hear('MAIL FROM:<c@d>')
  const refused = talk.log.begin()
  assert.deepEqual(talk.answer(reply(550, '5.7.1', 'No.')), ['550 5.7.1 No. Ref id1'])
  assert.deepEqual(said(refused).slice(-2), ['c MAIL FROM:<c@d>', 's 550 5.7.1 No. Ref id1'])
})

test('what answers the last line of a letter refers to it, also when the letter is over', () => {
  const talk = new Talk(open())
  talk.hear('MAIL FROM:<a@b>')
  const letter = talk.log.begin()
  talk.answer()
  talk.hear('DATA')
  talk.log.end()
  const enough = reply(421, '4.7.0', 'Too much was refused, closing')
  assert.deepEqual(talk.answer(enough), ['421 4.7.0 Too much was refused, closing. Ref id0'])
  assert.equal(talk.log.close(), undefined)
  assert.equal(said(letter).length, 3)
})

test('what is said without being asked belongs to what is under way', () => {
  const bye = reply(421, '4.3.2', 'Bye')
  const within = new Talk(open())
  within.hear('MAIL FROM:<a@b>')
  const letter = within.log.begin()
  within.answer()
  assert.deepEqual(within.saySuddenly(bye), ['421 4.3.2 Bye. Ref id0'])
  assert.equal(said(letter).at(-1), 's 421 4.3.2 Bye. Ref id0')
  const behind = new Talk(open())
  behind.hear('MAIL FROM:<a@b>')
  behind.log.begin()
  behind.answer()
  behind.log.end()
  assert.deepEqual(behind.saySuddenly(bye), ['421 4.3.2 Bye. Ref id1'])
  assert.deepEqual(said(behind.log.close()), ['s 421 4.3.2 Bye. Ref id1'])
})

test('whoever was told an id outside of letters finds a journey behind it', () => {
  const log = open()
  const talk = new Talk(log)
  talk.hear('MAIL FROM:<a@b>')
  log.begin()
  log.end()
  talk.answer(reply(250, '2.0.0', 'Filed.'))
  talk.hear('FOO')
  talk.answer(unknown)
  const journey = log.close()
  assert.equal(journey?.id, 'id1')
  assert.deepEqual(said(journey), ['c FOO', 's 500 5.5.1 Unknown command. Ref id1'])
  const other = new Talk(open())
  other.hear('MAIL FROM:<a@b>')
  other.log.begin()
  other.answer()
  other.hear('FOO')
  other.answer(unknown)
  other.log.end()
  assert.equal(other.log.close(), undefined, 'the id of a letter is found already')
})

test('a letter that begins behind a told id has that id, and the connection another', () => {
  const talk = new Talk(open())
  talk.hear('FOO')
  talk.answer(unknown)
  assert.equal(talk.log.begin().id, 'id0')
  talk.log.end()
  assert.equal(talk.log.close(), undefined)
})

test('a refusal is told as it is said: in printable ASCII', () => {
  const { reply: told } = open().reply({ exchange: 1, reply: reply(501, '5.5.4', 'Bad ä\u0007') })
  assert.deepEqual(told.lines, ['Bad ?? Ref id0'])
})

test('TLS, its failure and the login are steps of the connection', () => {
  const log = open({ tls })
  log.tlsFailed('no cipher in common')
  log.loggedIn({ mechanism: 'PLAIN', account: 'a@b', refusal })
  log.loggedIn({ mechanism: 'LOGIN', account: 'c@b', refusal: undefined })
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
    answer: refusal,
  })
})
