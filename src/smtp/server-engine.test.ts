import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Engine } from '../wire/engine.ts'
import { octetsOf } from '../base/octets.ts'
import { reply } from './reply.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type {
  Answer,
  Question,
  ServerInput,
  ServerOptions,
  ServerOutput,
  Session,
} from './server-types.ts'
import { Recorder } from './test-support/recorder.ts'
import { linesSaid, said } from './test-support/said.ts'

const accept: Answer = { type: 'accept' }

const recorder = new Recorder()

function engineWith(options: Partial<ServerOptions> = {}): Engine<ServerInput, ServerOutput> {
  return recorder.record(
    () => new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example', ...options }),
  )
}

/** Feeds inputs and answers every question at once. */
function drive(
  engine: Engine<ServerInput, ServerOutput>,
  inputs: readonly ServerInput[],
  answer: (question: Question) => Answer = () => accept,
): ServerOutput[] {
  const all: ServerOutput[] = []
  const feed = (input: ServerInput): void => {
    for (const output of engine.handle(input)) {
      all.push(output)
      if (output.type === 'ask') feed({ type: 'answer', answer: answer(output.question) })
    }
  }
  for (const input of inputs) feed(input)
  return all
}

function octets(text: string): ServerInput {
  return { type: 'octets', octets: octetsOf(text) }
}

/** What the outputs tell last of the session. */
function sessionIn(outputs: readonly ServerOutput[]): Session | undefined {
  return outputs.flatMap((o) => (o.type === 'ask' || o.type === 'close' ? [o.session] : [])).at(-1)
}

function closing(outputs: readonly ServerOutput[]): string | undefined {
  const last = outputs.at(-1)
  return last?.type === 'close' ? last.reason : undefined
}

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }

test('octets before the greeting are answered with 554 when early talk is refused', () => {
  const engine = engineWith()
  engine.handle({ type: 'connected', tls: null })
  engine.handle(octets('EHLO x\r\n'))
  const outputs = engine.handle({ type: 'answer', answer: accept })
  assert.equal(said(outputs), '554 5.5.1 Wait for the greeting before you speak\r\n')
  assert.equal(closing(outputs), 'earlyTalk')
})

test('octets before the greeting wait for it when early talk is allowed', () => {
  const engine = engineWith({ earlyTalk: 'allow' })
  engine.handle({ type: 'connected', tls: null })
  engine.handle(octets('EHLO x.example\r\n'))
  const outputs = engine.handle({ type: 'answer', answer: accept })
  assert.match(said(outputs), /^220 mx\.example ESMTP Waybill\r\n$/)
  assert.equal(outputs.find((output) => output.type === 'ask')?.question.type, 'helo')
})

test('octets wait while a question is open, and the driver is told not to read', () => {
  const engine = engineWith()
  drive(engine, [{ type: 'connected', tls: null }])
  const reads = (outputs: readonly ServerOutput[]): readonly boolean[] =>
    outputs.flatMap((output) => (output.type === 'read' ? [output.wanted] : []))
  const asked = engine.handle(octets('EHLO x.example\r\nNOOP\r\n'))
  assert.equal(asked.at(-1)?.type, 'ask')
  assert.deepEqual(reads(asked), [false])
  assert.deepEqual(engine.handle(octets('NOOP\r\n')), [])
  const answered = engine.handle({ type: 'answer', answer: accept })
  assert.match(said(answered), /250 SMTPUTF8\r\n250 2\.0\.0 OK\r\n250 2\.0\.0 OK\r\n$/)
  assert.deepEqual(reads(answered), [true])
})

test('a flood behind an open question is thrown away, and the session ends after the answer', () => {
  const engine = engineWith()
  drive(engine, [{ type: 'connected', tls: null }])
  engine.handle(octets('EHLO x.example\r\n'))
  for (let i = 0; i < 40; i++) engine.handle(octets('NOOP\r\n'.repeat(10_000)))
  const outputs = engine.handle({ type: 'answer', answer: accept })
  assert.match(said(outputs), /421 4\.7\.0 Too many commands at once, closing\r\n$/)
  assert.equal(closing(outputs), 'tooMuch')
})

test('the answer to the message is taken and goes nowhere once the peer is gone', () => {
  const engine = engineWith()
  const letter = 'EHLO x.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n'
  const open: ServerOutput[] = []
  const feed = (input: ServerInput): void => {
    for (const output of engine.handle(input)) {
      open.push(output)
      const asks = output.type === 'ask' && output.question.type !== 'message'
      if (asks) feed({ type: 'answer', answer: accept })
    }
  }
  feed({ type: 'connected', tls: null })
  feed(octets(letter))
  assert.deepEqual(engine.handle({ type: 'peerClosed' }), [])
  assert.equal(sessionIn(open)?.transaction?.recipients.length, 1)
  const outputs = engine.handle({ type: 'answer', answer: accept })
  assert.equal(closing(outputs), 'peerClosed')
  assert.deepEqual(engine.handle(octets('NOOP\r\n')), [])
  assert.deepEqual(engine.handle({ type: 'answer', answer: accept }), [])
})

test('when the time is over a letter that is all here still hears its answer, then 421', () => {
  const engine = engineWith()
  const start = 'EHLO x.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'
  drive(engine, [{ type: 'connected', tls: null }, octets(start)])
  assert.equal(engine.handle(octets('x\r\n.\r\n')).at(-1)?.type, 'ask')
  assert.deepEqual(engine.handle({ type: 'shutdown' }), [])
  assert.deepEqual(engine.handle({ type: 'graceOver' }), [])
  const outputs = engine.handle({ type: 'answer', answer: accept })
  assert.match(said(outputs), /^250 2\.0\.0 .*\r\n421 4\.3\.2 .*\r\n$/)
  assert.equal(closing(outputs), 'shutdown')
})

test('what was dropped says whether the session goes on, and if not, why', () => {
  const mail = 'EHLO x.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n'
  const dropped = (inputs: readonly ServerInput[]): unknown => {
    const outputs = drive(engineWith(), [{ type: 'connected', tls: null }, octets(mail), ...inputs])
    for (const output of outputs) {
      if (output.type === 'transactionDropped') return output.closing
      if (output.type === 'messageEnd' && output.ending === 'abandoned') return output.closing
    }
    return undefined
  }
  assert.equal(dropped([octets('RSET\r\n')]), null)
  assert.equal(dropped([octets('EHLO y.example\r\n')]), null)
  assert.equal(dropped([octets('STARTTLS\r\n')]), null)
  assert.equal(dropped([octets('QUIT\r\n')]), 'quit')
  assert.equal(dropped([{ type: 'shutdown' }]), 'shutdown')
  assert.equal(dropped([octets('DATA\r\nx'), { type: 'peerClosed' }]), 'peerClosed')
  assert.equal(dropped([octets('DATA\r\nx'), { type: 'graceOver' }]), 'shutdown')
  assert.equal(dropped([octets('DATA\r\nx'), { type: 'deadline' }]), 'timeout')
})

test('the session knows who spoke, and forgets it with STARTTLS', () => {
  const engine = engineWith({ auth: 'optional' })
  const letter = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n'
  const greeted = [{ type: 'connected', tls: null }, octets(`EHLO x.example\r\n${letter}`)] as const
  const first = sessionIn(drive(engine, greeted))
  const greeting = { verb: 'EHLO', name: 'x.example', domain: 'x.example' }
  assert.deepEqual([first?.tls, first?.greeting, first?.user], [null, greeting, null])
  assert.equal(first?.transaction?.recipients.length, 1)
  const secured = [octets('STARTTLS\r\n'), { type: 'tlsStarted', tls }] as const
  const anew = sessionIn(drive(engine, [...secured, octets('EHLO y.example\r\n')]))
  assert.deepEqual(anew, { tls, greeting: null, user: null, transaction: null })
  const outputs = drive(engine, [octets('AUTH PLAIN AGEAYg==\r\nQUIT\r\n')])
  const last = sessionIn(outputs)
  assert.deepEqual([last?.user, last?.greeting?.name, last?.transaction], ['a', 'y.example', null])
})

test('inputs that no correct driver gives are bugs', () => {
  assert.throws(() => engineWith().handle({ type: 'answer', answer: accept }), /without a question/)
  assert.throws(() => engineWith().handle({ type: 'tlsStarted', tls }), /unasked/)
  const twice = engineWith()
  twice.handle({ type: 'connected', tls: null })
  assert.throws(() => twice.handle({ type: 'connected', tls: null }), /twice/)
  const wrong = engineWith()
  wrong.handle({ type: 'connected', tls: null })
  const odd: Answer = { type: 'accept', reply: reply(550, '5.0.0', 'x') }
  assert.throws(() => wrong.handle({ type: 'answer', answer: odd }), /no reply to an accept/)
  const kind: Answer = { type: 'reject', reply: reply(250, '2.0.0', 'x') }
  assert.throws(() => wrong.handle({ type: 'answer', answer: kind }), /no reply to a reject/)
})

test('content is given on as parts of what came, without a copy', () => {
  const engine = engineWith()
  const start = 'EHLO x.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'
  drive(engine, [{ type: 'connected', tls: null }, octets(start)])
  const chunk = octetsOf('line of text\r\n'.repeat(1000))
  const outputs = engine.handle({ type: 'octets', octets: chunk })
  assert.equal(outputs.length, 1)
  const [output] = outputs
  assert.ok(output?.type === 'message' && output.octets.buffer === chunk.buffer)
})

// Anything at all.

const dictionary = [
  'EHLO x.example\r\n',
  'HELO x\r\n',
  'MAIL FROM:<a@b>\r\n',
  'MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8\r\n',
  'RCPT TO:<c@d>\r\n',
  'RCPT TO:<c@d> NOTIFY=NEVER ORCPT=rfc822;x@y\r\n',
  'DATA\r\n',
  '.\r\n',
  '\r\n.\r\n',
  '..\r\n',
  'BDAT 5\r\n',
  'BDAT 3 LAST\r\n',
  'BDAT x\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'QUIT\r\n',
  'VRFY x\r\n',
  'HELP\r\n',
  'STARTTLS\r\n',
  'AUTH PLAIN\r\n',
  'AUTH PLAIN AGEAYg==\r\n',
  ' auth plain AGEAYg==\n',
  'AUTH LOGIN\r\n',
  'YQ==\r\n',
  '*\r\n',
  '\r',
  '\n',
  '\0',
  '\xff',
  '\x16',
  'a'.repeat(3000),
  'text\r\n',
]

const anyInput: fc.Arbitrary<ServerInput> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...dictionary).map((text) => octets(text)) },
  {
    weight: 2,
    arbitrary: fc
      .uint8Array({ maxLength: 40 })
      .map((o) => ({ type: 'octets' as const, octets: o })),
  },
  { weight: 1, arbitrary: fc.constantFrom<ServerInput>({ type: 'deadline' }) },
)

const refusals = [
  reply(550, '5.7.1', 'no'),
  reply(451, '4.3.0', 'later'),
  reply(421, '4.3.2', 'bye'),
  reply(535, '5.7.8', 'wrong'),
]

const anyOptions = fc.record({
  tls: fc.constantFrom('none' as const, 'starttls' as const, 'implicit' as const),
  auth: fc.constantFrom('off' as const, 'optional' as const, 'required' as const),
  chunking: fc.boolean(),
  maxMessageBytes: fc.constantFrom(10, 1000),
  errors: fc.constantFrom(3, 1000),
})

test('whatever comes in whatever state, the engine keeps its promises', () => {
  const inputs = fc.array(anyInput, { maxLength: 60 })
  const choices = fc.array(fc.nat(9), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(anyOptions, inputs, choices, (given, steps, wishes) => {
      const { chunking, errors, ...options } = given
      const engine = engineWith({
        ...options,
        extensions: { smtpUtf8: true, dsn: true, chunking, requireTls: true },
        limits: { ...defaultServerOptions.limits, errors },
      })
      let turn = 0
      const answer = (): Answer => {
        const wish = wishes[turn++ % wishes.length] ?? 0
        const refusal = refusals[wish]
        return refusal === undefined ? accept : { type: 'reject', reply: refusal }
      }
      const outputs = drive(engine, [{ type: 'connected', tls: null }], answer)
      for (const step of steps) {
        const now = drive(engine, [step], answer)
        outputs.push(...now)
        if (now.some((output) => output.type === 'startTls')) {
          outputs.push(...drive(engine, [{ type: 'tlsStarted', tls }], answer))
        }
      }
      outputs.push(...drive(engine, [{ type: 'peerClosed' }], answer))
      checkPromises(outputs)
    }),
    { numRuns: 400 },
  )
})

/** What a driver relies on, whatever happened. */
function checkPromises(outputs: readonly ServerOutput[]): void {
  // It ends with one close, and nothing but time comes after.
  const closes = outputs.filter((output) => output.type === 'close')
  assert.equal(closes.length, 1)
  assert.equal(outputs.at(-1)?.type, 'close')
  // Each accepted content has its end, and content comes only between.
  let inContent = false
  for (const [i, output] of outputs.entries()) {
    if (output.type === 'message') {
      assert.ok(output.octets.length > 0)
      inContent = true
    }
    if (output.type === 'messageEnd') {
      inContent = false
      const next = outputs[i + 1]
      const asked = next?.type === 'ask' && next.question.type === 'message'
      assert.equal(asked, output.ending === 'complete')
    }
  }
  assert.equal(inContent, false)
  for (const line of linesSaid(outputs)) assert.match(line, /^[2-5]\d\d[- ]/)
  // No password is in the record.
  for (const output of outputs) {
    if (output.type === 'heard') assert.doesNotMatch(output.text, /auth\s+plain\s+AGEAYg/i)
  }
  // Each exchange is answered once, but for a reply that asks for more; nothing is heard before.
  let [heard, answered] = [0, 0]
  for (const output of outputs) {
    if (output.type === 'heard') {
      assert.ok(output.exchange >= heard && output.exchange > answered)
      heard = output.exchange
    }
    if (output.type === 'reply') {
      const { exchange, reply } = output
      assert.ok(exchange >= heard && exchange > answered, `${exchange} is answered again`)
      if (reply.code < 300 || reply.code > 399) answered = exchange
    }
  }
}

test('an answer never comes before its question, however slow policy is', () => {
  // Questions are left open for some inputs: octets wait, deadlines do nothing, order stays.
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 20, maxLength: 80 }), (delays) => {
      const engine = engineWith()
      const script =
        'EHLO x.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nNOOP\r\nQUIT\r\n'
      let asked = engine
        .handle({ type: 'connected', tls: null })
        .some((output) => output.type === 'ask')
      engine.handle({ type: 'answer', answer: accept })
      asked = false
      const outputs: ServerOutput[] = []
      const take = (input: ServerInput): void => {
        for (const output of engine.handle(input)) {
          outputs.push(output)
          if (output.type === 'ask') asked = true
        }
      }
      let at = 0
      for (let i = 0; at < script.length || asked; i++) {
        if (asked && delays[i % delays.length] === true) {
          asked = false
          take({ type: 'answer', answer: accept })
        } else if (asked && delays[(i + 1) % delays.length] === true) {
          take({ type: 'deadline' })
        } else if (at < script.length) {
          take(octets(script.slice(at, at + 7)))
          at += 7
        } else {
          asked = false
          take({ type: 'answer', answer: accept })
        }
      }
      const codes = said(outputs).match(/^\d{3}(?= )/gm)
      assert.deepEqual(codes, ['250', '250', '250', '354', '250', '250', '221'])
    }),
    { numRuns: 200 },
  )
})
