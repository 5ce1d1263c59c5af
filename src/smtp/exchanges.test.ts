import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from '../wire/engine.ts'
import { octetsOf } from '../base/octets.ts'
import { reply } from './reply.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type { Answer, Question, ServerInput, ServerOptions, ServerOutput } from './server-types.ts'
import { Recorder } from './test-support/recorder.ts'

const recorder = new Recorder()

const accept: Answer = { type: 'accept' }
const no: Answer = { type: 'reject', reply: reply(550, '5.7.1', 'No.') }

/** Feeds an engine, and tells what is heard and said: the exchange, and what it is. */
class Dialogue {
  readonly #engine: Engine<ServerInput, ServerOutput>
  readonly #answer: (question: Question) => Answer

  constructor(
    options: Partial<ServerOptions> = {},
    answer: (question: Question) => Answer = () => accept,
  ) {
    this.#engine = recorder.record(
      () => new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example', ...options }),
    )
    this.#answer = answer
  }

  start(): readonly string[] {
    return this.feed({ type: 'connected', tls: null })
  }

  /** `3 > NOOP`, `3 < 250`; a command that the engine refuses stands behind: `3 < 500 refuses FOO`. */
  feed(input: ServerInput): readonly string[] {
    return this.#engine.handle(input).flatMap((output) => this.#shown(output))
  }

  say(...lines: readonly string[]): readonly string[] {
    return this.feed({ type: 'octets', octets: octetsOf(lines.map((l) => `${l}\r\n`).join('')) })
  }

  #shown(output: ServerOutput): readonly string[] {
    switch (output.type) {
      case 'heard':
        return [`${output.exchange} > ${output.command}`]
      case 'reply': {
        const refuses = output.refuses === null ? '' : ` refuses ${output.refuses}`
        return [`${output.exchange} < ${output.reply.code}${refuses}`]
      }
      case 'messageEnd':
        return output.ending === 'refused' ? [`refused ${output.reply.code}`] : [output.ending]
      case 'ask':
        return this.feed({ type: 'answer', answer: this.#answer(output.question) })
      default:
        return []
    }
  }
}

const [ehlo, mail, rcpt] = ['EHLO x.example', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>']

/** A dialogue behind its greeting and EHLO: three exchanges have been. */
function greeted(...given: ConstructorParameters<typeof Dialogue>): Dialogue {
  const dialogue = new Dialogue(...given)
  assert.deepEqual(dialogue.start(), ['1 < 220'])
  assert.deepEqual(dialogue.say(ehlo), ['2 > EHLO', '2 < 250'])
  return dialogue
}

test('a command and its reply have one number, and the next ones another', () => {
  assert.deepEqual(greeted().say(mail, rcpt, 'NOOP'), [
    '3 > MAIL FROM',
    '3 < 250',
    '4 > RCPT TO',
    '4 < 250',
    '5 > NOOP',
    '5 < 250',
  ])
})

test('content and its answer belong to DATA, also when the engine refuses it', () => {
  const dialogue = greeted()
  dialogue.say(mail, rcpt)
  assert.deepEqual(dialogue.say('DATA', 'x', '.'), ['5 > DATA', '5 < 354', 'complete', '5 < 250'])
  dialogue.say(mail, rcpt)
  assert.deepEqual(dialogue.say('DATA', 'a\nb', '.'), [
    '8 > DATA',
    '8 < 354',
    'refused 550',
    '8 < 550',
  ])
})

test('each command that the engine refuses is told with its reply, whatever counts as an error', () => {
  const dialogue = greeted({ maxMessageBytes: 100 })
  const table: readonly (readonly [line: string, code: number, command: string])[] = [
    ['FOO', 500, 'FOO'],
    ['123', 500, ''],
    ['MAIL FROM:<a@b> SIZE=101', 552, 'MAIL FROM'],
    ['mail from:<', 501, 'MAIL FROM'],
    ['RCPT TO:<c@d>', 503, 'RCPT TO'],
    ['AUTH PLAIN AGEAYg==', 502, 'AUTH'],
    ['EXPN list', 502, 'EXPN'],
  ]
  for (const [line, code, command] of table) {
    const [, said] = dialogue.say(line)
    assert.equal(said?.replace(/^\d+ < /, ''), `${code} refuses ${command}`, line)
  }
})

test('a sender without recipients left, and one recipient too many, are refused by the engine', () => {
  const limits = { ...defaultServerOptions.limits, recipients: 1 }
  const few = greeted({ limits })
  assert.equal(few.say(mail, rcpt, rcpt).at(-1), '5 < 452 refuses RCPT TO')
  const none = greeted({}, ({ type }) => (type === 'recipient' ? no : accept))
  assert.deepEqual(none.say(mail, rcpt, 'DATA').slice(-3), [
    '4 < 550',
    '5 > DATA',
    '5 < 554 refuses DATA',
  ])
})

test('what policy refuses is said as it said it, also where a limit has the engine hang up behind it', () => {
  const limits = { ...defaultServerOptions.limits, rejections: 1 }
  for (const type of ['sender', 'recipient', 'data', 'message'] as const) {
    const dialogue = greeted({ limits }, (question) => (question.type === type ? no : accept))
    const said = dialogue.say(mail, rcpt, 'DATA', 'x', '.').filter((one) => one.includes('<'))
    assert.match(said.at(-2) ?? '', /^\d < 550$/, type)
    assert.match(said.at(-1) ?? '', /^\d < 421$/, type)
  }
})

test('the last straw is the refusal of the command that was it', () => {
  const dialogue = greeted({ limits: { ...defaultServerOptions.limits, errors: 2 } })
  assert.deepEqual(dialogue.say('FOO', 'BAR'), [
    '3 > FOO',
    '3 < 500 refuses FOO',
    '4 > BAR',
    '4 < 421 refuses BAR',
  ])
})

test('the lines of a log-in are one exchange, and what is wrong in them is refused as AUTH', () => {
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  const dialogue = new Dialogue({ auth: 'optional', tls: 'implicit' })
  dialogue.feed({ type: 'connected', tls })
  dialogue.say(ehlo)
  assert.deepEqual(dialogue.say('AUTH LOGIN', 'YQ==', '?'), [
    '3 > AUTH',
    '3 < 334',
    '3 > AUTH',
    '3 < 334',
    '3 > AUTH',
    '3 < 501 refuses AUTH',
  ])
  assert.deepEqual(dialogue.say('AUTH LOGIN', 'a'.repeat(20_000)).slice(-2), [
    '4 > AUTH',
    '4 < 500 refuses AUTH',
  ])
})

test('what nobody has asked for is an exchange of its own, and refuses no command', () => {
  assert.deepEqual(greeted().feed({ type: 'deadline' }), ['3 < 421'])
  assert.deepEqual(greeted().feed({ type: 'shutdown' }), ['3 < 421'])
  const within = greeted()
  within.say(mail, rcpt, 'DATA')
  assert.deepEqual(within.feed({ type: 'deadline' }), ['abandoned', '5 < 421'].toReversed())
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  const login = new Dialogue({ auth: 'optional', tls: 'implicit' })
  login.feed({ type: 'connected', tls })
  login.say(ehlo, 'AUTH LOGIN')
  assert.deepEqual(login.feed({ type: 'deadline' }), ['3 < 421'])
})

test('a chunk is an exchange: refused by the engine or by policy, or with its message', () => {
  const chunking = { extensions: { smtpUtf8: true, dsn: true, chunking: true, requireTls: false } }
  assert.deepEqual(greeted(chunking).say('BDAT 2 LAST', ''), ['3 > BDAT', '3 < 503 refuses BDAT'])
  const policy = greeted(chunking, ({ type }) => (type === 'data' ? no : accept))
  assert.deepEqual(policy.say(mail, rcpt, 'BDAT 2 LAST', '').slice(-2), ['5 > BDAT', '5 < 550'])
  const big = greeted({ ...chunking, maxMessageBytes: 3 })
  assert.deepEqual(big.say(mail, rcpt, 'BDAT 2', '', 'BDAT 6', 'abcd').slice(-4), [
    '5 < 250',
    '6 > BDAT',
    'refused 552',
    '6 < 552',
  ])
})
