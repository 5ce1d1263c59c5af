import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { recipientsOf } from '../journey/recipients.ts'
import { freshSession } from '../smtp/server-answers.ts'
import { type Reply, reply } from '../smtp/reply.ts'
import type { Answer, MessageFacts, Question } from '../smtp/server-types.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { testPost } from '../post/test-support/post.ts'
import { type ContentSink, contentOf } from '../store/ports/contents.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { Guard } from './guard.ts'
import { MailHandler, type MailHandlerOptions } from './mail-handler.ts'
import type { Letter, Port, Verdict } from './port.ts'
import { replies } from './replies.ts'

/** What is taken in, and what became of the places where its octets were kept. */
class Sinks {
  readonly aborted: number[] = []
  #opened = 0

  open(): ContentSink {
    const number = this.#opened++
    const octets: number[] = []
    return {
      push(chunk) {
        octets.push(...chunk)
      },
      finish: () => Promise.resolve(contentOf(Uint8Array.from(octets))),
      shorten: (_content, kept) =>
        Promise.resolve(contentOf(Uint8Array.from(octets.slice(0, kept)))),
      abort: () => void this.aborted.push(number),
    }
  }
}

const facts: MessageFacts = {
  octets: 14,
  eightBit: false,
  nul: false,
  bareNewline: false,
  tooBig: false,
}

const taken: Verdict = {
  type: 'taken',
  status: 'delivered',
  reply: replies.filed,
  because: ['x'],
  placed: {
    steps: [{ type: 'filed', account: 'a@b', mailbox: 'Inbox', recipient: 'a@b' }],
    acceptance: { queue: [], mailbox: [], journeys: [] },
    queued: false,
  },
}

function nobodyAsks(): never {
  throw new Error('nobody asks')
}

interface Setup {
  readonly verdict?: () => Verdict | Promise<Verdict>
  readonly keepsRefused?: boolean
  readonly senderRefused?: Reply
  readonly recipient?: 'mailbox' | 'remote' | { readonly refusal: Reply }
  /** Who is refused, whatever `recipient` says of the others. */
  readonly refused?: string
  readonly refusal?: Reply
  readonly accept?: (acceptance: Acceptance) => Promise<void>
  readonly login?: Reply
}

interface Run {
  readonly handler: MailHandler
  readonly clock: ManualClock
  readonly sinks: Sinks
  readonly accepted: Acceptance[]
  readonly reported: string[]
  readonly logged: LogLine[]
  /** How each letter came. */
  readonly transports: unknown[]
  /** The record of the only journey that was put down last. */
  readonly record: () => JourneyRecord
  readonly released: () => number
}

function open(setup: Setup = {}): Run {
  const sinks = new Sinks()
  const accepted: Acceptance[] = []
  const reported: string[] = []
  const logged: LogLine[] = []
  const transports: unknown[] = []
  let [ids, released] = [0, 0]
  const letter: Letter = {
    replay: undefined,
    bodyHashes: [],
    addedMessageId: undefined,
    recipient: ({ rcptTo }) =>
      rcptTo === setup.refused
        ? { refusal: setup.refusal ?? replies.noSuchMailbox }
        : (setup.recipient ?? 'mailbox'),
    header: () => {},
    body: () => {},
    finish: () => Promise.resolve(setup.verdict?.() ?? taken),
  }
  const port: Port = {
    direction: 'in',
    keepsRefused: setup.keepsRefused ?? false,
    login: () => Promise.resolve(setup.login === undefined ? undefined : { reply: setup.login }),
    closed: () => {},
    sender({ transport }) {
      transports.push(transport)
      return setup.senderRefused === undefined ? letter : { refusal: setup.senderRefused }
    },
  }
  const guard: Guard = {
    login: nobodyAsks,
    closedForMail: () => undefined,
    closedForLogins: () => undefined,
    enterAccount: () => ({ type: 'admitted', leave: () => undefined }),
    turnedAway: () => {},
    refusedRecipient: () => {},
    holdMemory: () => ({ grow: () => undefined, release: () => void released++ }),
  }
  const clock = new ManualClock(1000)
  const options = {
    origin: { host: 'mx.south.example', mode: 'lab' },
    directory: { isLocal: (domain) => domain === 'south.example' },
    guard,
    refusedBytes: () => 13,
    contents: { newContent: () => sinks.open() },
    post: testPost(directoryOf([]), {
      clock,
      newId: () => `id${ids++}`,
      accept(acceptance: Acceptance) {
        const done = setup.accept?.(acceptance) ?? Promise.resolve()
        accepted.push(acceptance)
        return done
      },
    }),
    clock,
    log: (line: LogLine) => void logged.push(line),
    report: (problem: unknown, id: string) => void reported.push(`${id}: ${String(problem)}`),
  } satisfies MailHandlerOptions
  const connection = {
    remote: { ip: '198.51.100.66', port: 4711 },
    listener: 'smtp',
    tls: undefined,
    met: undefined,
  } as const
  return {
    handler: new MailHandler(options, connection, port),
    clock,
    sinks,
    accepted,
    reported,
    logged,
    transports,
    released: () => released,
    record() {
      const json = accepted.at(-1)?.journeys[0]?.json
      assert.ok(json !== undefined, 'a journey was put down')
      return JSON.parse(json) as JourneyRecord
    },
  }
}

/** Nobody has greeted, and nobody has logged in. */
const session = freshSession(null)

let exchanges = 0

/** A command comes and is answered; with `refuses` the engine refuses it by itself. */
function exchange(
  { handler }: Run,
  line: readonly [command: string, text: string],
  answer: { readonly reply: Reply; readonly refuses: boolean },
): readonly string[] {
  const [command, text] = line
  const number = ++exchanges
  handler.heard({ type: 'heard', exchange: number, command, text })
  const refuses = answer.refuses ? command : null
  return handler.reply({ type: 'reply', exchange: number, reply: answer.reply, refuses })
}

/** The engine refuses a command. */
function refuse(run: Run, command: string, code: number): readonly string[] {
  const enhanced = `${Math.floor(code / 100)}.5.1`
  return exchange(run, [command, command], { reply: reply(code, enhanced, 'No'), refuses: true })
}

function sender(): Question & { readonly type: 'sender' } {
  const reversePath = parseReversePath('<a@north.example>')
  assert.ok(reversePath.ok)
  const parameters = {
    size: null,
    body: null,
    smtpUtf8: false,
    ret: null,
    envid: null,
    auth: null,
    requireTls: false,
  }
  return { type: 'sender', reversePath: reversePath.value, parameters, remarks: [] }
}

function recipient(address = 'b@south.example'): Question & { readonly type: 'recipient' } {
  const forwardPath = parseForwardPath(`<${address}>`)
  assert.ok(forwardPath.ok)
  const parameters = { notify: null, orcpt: null }
  return { type: 'recipient', forwardPath: forwardPath.value, parameters, remarks: [] }
}

async function toContent({ handler }: Run): Promise<void> {
  await handler.answer(sender(), session)
  await handler.answer(recipient(), session)
  await handler.answer({ type: 'data' }, session)
  await handler.content(encodeUtf8('Subject: x\r\n\r\nx'))
}

function finish({ handler }: Run): Answer | Promise<Answer> {
  return handler.answer({ type: 'message', facts }, session)
}

function login(username: string): Question {
  const secrets = { authorizationId: '', username, password: 'x' }
  return { type: 'auth', mechanism: 'LOGIN', ...secrets }
}

test('the answer to a letter leaves when it is in the store, and not before', async () => {
  const stored = Promise.withResolvers<void>()
  const run = open({ accept: () => stored.promise })
  await toContent(run)
  const heard: string[] = []
  const answering = Promise.resolve(finish(run)).finally(() => heard.push('answer'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(run.accepted.length, 1)
  assert.deepEqual(heard, [])
  stored.resolve()
  const answer = await answering
  assert.equal(answer.type, 'accept')
  assert.equal(answer.reply?.lines.at(-1), 'Filed. Ref id0')
  assert.equal(run.record().outcome.status, 'delivered')
  assert.deepEqual(run.sinks.aborted, [])
  assert.equal(run.released(), 1)
})

test('what begins afterwards begins once it is settled, and its fault changes nothing', async () => {
  let storedBefore = -1
  const run: Run = open({
    verdict: () => ({
      ...taken,
      afterwards() {
        storedBefore = run.accepted.length
        throw new Error('too late')
      },
    }),
  })
  await toContent(run)
  assert.equal((await finish(run)).type, 'accept')
  assert.equal(storedBefore, 1)
  assert.deepEqual(run.reported, ['id0: Error: too late'])
})

test('the octets of a refused letter are kept where the port says so, and else let go', async () => {
  for (const keepsRefused of [true, false]) {
    const verdict: Verdict = { type: 'refused', reply: replies.loop, because: ['loop'] }
    const run = open({ verdict: () => verdict, keepsRefused })
    await toContent(run)
    const answer = await finish(run)
    assert.equal(answer.type, 'reject')
    assert.equal(run.accepted[0]?.message?.id, keepsRefused ? 'id0' : undefined)
    // No more of it than the house wants to keep, but the header whole.
    assert.equal(run.accepted[0]?.message?.content.size, keepsRefused ? 14 : undefined)
    assert.deepEqual(run.sinks.aborted, keepsRefused ? [] : [0])
    assert.deepEqual(run.record().outcome, {
      status: 'refused',
      smtp: {
        code: 554,
        enhanced: '5.4.6',
        text: `${replies.loop.lines[0]} Ref id0`,
        atCommand: 'DATA',
      },
      because: ['loop'],
    })
    assert.equal(run.record().steps.at(-1)?.type, 'refused')
  }
})

test('the spool of a letter that broke off, or that the engine refused, is let go', async () => {
  const broken = open()
  await toContent(broken)
  broken.handler.dropped('peerClosed')
  assert.deepEqual(broken.sinks.aborted, [0])
  assert.deepEqual(broken.record().outcome, {
    status: 'dropped',
    because: ['the client gave the message up'],
  })
  const refused = open()
  await toContent(refused)
  refused.handler.messageRefused({ ...facts, tooBig: true }, reply(552, '5.3.4', 'Too big'))
  assert.deepEqual(refused.sinks.aborted, [0])
  const { outcome, steps } = refused.record()
  assert.deepEqual(outcome, {
    status: 'refused',
    smtp: { code: 552, enhanced: '5.3.4', text: 'Too big. Ref id0', atCommand: 'DATA' },
    because: ['message'],
  })
  const message = steps.find((step) => step.type === 'message')
  assert.ok(message?.type === 'message')
  assert.deepEqual([message.octets, message.problem], [14, 'too-big'])
})

test('a letter whose client is gone before its answer is not kept', async () => {
  const verdict = Promise.withResolvers<Verdict>()
  const run = open({ verdict: () => verdict.promise })
  await toContent(run)
  const answering = finish(run)
  await new Promise((resolve) => setImmediate(resolve))
  run.handler.dropped('peerClosed')
  assert.equal(run.accepted.length, 0)
  verdict.resolve(taken)
  const answer = await answering
  assert.equal(answer.type, 'reject')
  assert.deepEqual(run.sinks.aborted, [0])
  assert.equal(run.accepted.length, 1)
  assert.equal(run.accepted[0]?.message, undefined)
  assert.equal(run.record().outcome.status, 'dropped')
})

test('a fault is told once, its letter let go, and the record says that it must come again', async () => {
  const run = open({ accept: () => Promise.reject(new Error('disk')) })
  await toContent(run)
  await assert.rejects(Promise.resolve(finish(run)), /disk/)
  run.handler.broken(new Error('disk'), replies.localFault)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(run.reported, ['id0: Error: disk'])
  assert.deepEqual(run.sinks.aborted, [0])
  const { outcome, steps } = run.record()
  assert.equal(outcome.status, 'deferred')
  assert.deepEqual(outcome.because, ['fault'])
  // Of what did not come to pass nothing is told.
  assert.ok(!steps.some(({ type }) => type === 'filed'))
  assert.equal(steps.at(-1)?.type, 'deferred')
})

test('a fault outside of letters is told, and ends nothing', () => {
  const run = open()
  run.handler.broken(new Error('x'), replies.localFault)
  assert.deepEqual(run.reported, ['id0: Error: x'])
  assert.equal(run.accepted.length, 0)
})

test('a record that cannot be kept is a fault that is told', async () => {
  const run = open({ accept: () => Promise.reject(new Error('disk')) })
  run.handler.closed('quit', session)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(run.reported, ['id0: Error: disk'])
})

test('how a transaction ends without its message: refused, put off, given up, or cut by us', async () => {
  const table: readonly (readonly [
    Setup,
    closing: string | null,
    status: string,
    because: string,
  ])[] = [
    [{ recipient: { refusal: replies.noSuchMailbox } }, null, 'refused', 'recipient'],
    [{ recipient: { refusal: replies.greylisted } }, 'quit', 'deferred', 'recipient'],
    [{}, null, 'dropped', 'the client gave the message up'],
    [{}, 'quit', 'dropped', 'the client gave the message up'],
    [{}, 'peerClosed', 'dropped', 'the client gave the message up'],
    [{}, 'timeout', 'dropped', 'timeout'],
    [{}, 'shutdown', 'dropped', 'shutdown'],
    [{}, 'tooManyErrors', 'dropped', 'tooManyErrors'],
  ]
  for (const [setup, closing, status, because] of table) {
    const run = open(setup)
    await run.handler.answer(sender(), session)
    await run.handler.answer(recipient(), session)
    run.handler.dropped(closing)
    const { outcome, envelope } = run.record()
    assert.deepEqual([outcome.status, ...outcome.because], [status, because])
    assert.deepEqual(envelope.rcptTo, ['b@south.example'])
    run.handler.dropped(closing)
    assert.equal(run.accepted.length, 1, 'once')
  }
})

test('a letter that is given up was not refused, as long as somebody was to have it', async () => {
  for (const order of [
    ['b@south.example', 'nobody@south.example'],
    ['nobody@south.example', 'b@south.example'],
  ]) {
    for (const [closing, because] of [
      [null, 'the client gave the message up'],
      ['peerClosed', 'the client gave the message up'],
      ['timeout', 'timeout'],
    ] as const) {
      const run = open({ refused: 'nobody@south.example' })
      await run.handler.answer(sender(), session)
      for (const address of order) await run.handler.answer(recipient(address), session)
      run.handler.dropped(closing)
      const record = run.record()
      assert.deepEqual(record.outcome, { status: 'dropped', because: [because] })
      const states = recipientsOf(record).map(({ address, status }) => [address, status])
      assert.deepEqual(Object.fromEntries(states), {
        'b@south.example': 'dropped',
        'nobody@south.example': 'refused',
      })
      assert.equal(run.logged.at(-1)?.event, 'dropped')
    }
  }
})

test('who is turned away within a letter was told so for all of its recipients', async () => {
  const run = open({ refused: 'nobody@south.example', refusal: replies.heardTooMuch })
  await run.handler.answer(sender(), session)
  await run.handler.answer(recipient(), session)
  await run.handler.answer(recipient('nobody@south.example'), session)
  run.handler.dropped('refused')
  const { outcome } = run.record()
  assert.deepEqual([outcome.status, 'smtp' in outcome && outcome.smtp.code], ['deferred', 421])
})

test('a sender who is refused has a journey when nothing has come behind for a second', async () => {
  const run = open({ senderRefused: replies.noRelaying })
  assert.deepEqual(await run.handler.answer(sender(), session), {
    type: 'reject',
    reply: replies.noRelaying,
  })
  run.clock.advance(1000)
  const { outcome, envelope } = run.record()
  assert.deepEqual([outcome.status, outcome.because], ['refused', ['sender']])
  assert.match('smtp' in outcome ? outcome.smtp.text : '', / Ref id0$/)
  assert.equal(envelope.mailFrom, 'a@north.example')
  await assert.rejects(async () => run.handler.answer(recipient(), session), /no letter is under/)
})

test('what was pipelined behind a refused sender is no letter of its own', async () => {
  for (const end of ['MAIL FROM', 'QUIT', 'time', 'closed']) {
    const run = open({ senderRefused: replies.noRelaying })
    const number = ++exchanges
    const text = 'MAIL FROM:<a@north.example>'
    run.handler.heard({ type: 'heard', exchange: number, command: 'MAIL FROM', text })
    await run.handler.answer(sender(), session)
    run.handler.reply({
      type: 'reply',
      exchange: number,
      reply: replies.noRelaying,
      refuses: null,
    })
    for (const command of ['RCPT TO', 'DATA', 'BDAT']) {
      assert.deepEqual(refuse(run, command, 503), ['503 5.5.1 No. Ref id0'], 'of the same letter')
    }
    assert.equal(run.accepted.length, 0)
    if (end === 'time') run.clock.advance(1000)
    else if (end !== 'closed') {
      run.handler.heard({ type: 'heard', exchange: ++exchanges, command: end, text: end })
    }
    if (end !== 'closed') assert.equal(run.accepted.length, 1, end)
    run.handler.closed('quit', session)
    assert.equal(run.accepted.length, 1, end)
    const { outcome, steps, conversation } = run.record()
    assert.equal('smtp' in outcome ? outcome.smtp.code : 0, 550, end)
    assert.deepEqual(
      steps.map(({ type }) => type),
      ['connect', 'sender', 'command-refused', 'command-refused', 'command-refused'],
    )
    assert.equal(conversation.length, 8, 'each line once')
    assert.equal(run.logged.length, 1)
  }
})

test('a connection that was refused what it needs did not just leave', () => {
  const table: readonly (readonly [command: string, code: number, reason: string, end: string])[] =
    [
      ['MAIL FROM', 552, 'quit', 'refused command'],
      ['MAIL FROM', 530, 'peerClosed', 'refused command'],
      ['MAIL FROM', 553, 'lost', 'refused command'],
      ['EHLO', 501, 'quit', 'refused command'],
      ['AUTH', 504, 'quit', 'refused login'],
      ['RCPT TO', 452, 'quit', 'deferred command'],
      ['FOO', 500, 'quit', 'dropped quit'],
      // We ended it, for a reason of its own.
      ['MAIL FROM', 530, 'timeout', 'dropped timeout'],
      ['MAIL FROM', 421, 'tooManyErrors', 'dropped tooManyErrors'],
    ]
  for (const [command, code, reason, end] of table) {
    const run = open()
    refuse(run, command, code)
    run.handler.closed(reason, session)
    const { outcome, steps } = run.record()
    assert.equal([outcome.status, ...outcome.because].join(' '), end, command)
    assert.deepEqual(
      steps.map(({ type }) => type),
      ['connect', 'command-refused', 'dropped'],
    )
  }
})

test('what the engine refuses is a step, with the command and the words as they were said', () => {
  const run = open()
  const words = { reply: reply(552, '5.3.4', 'Zu groß'), refuses: true }
  exchange(run, ['MAIL FROM', 'MAIL FROM:<a@b> SIZE=99'], words)
  run.handler.closed('quit', session)
  const step = run.record().steps.find(({ type }) => type === 'command-refused')
  assert.ok(step?.type === 'command-refused')
  assert.deepEqual(
    [step.command, step.answer],
    [
      'MAIL FROM',
      { code: 552, enhanced: '5.3.4', text: 'Zu gro?. Ref id0', atCommand: 'MAIL FROM' },
    ],
  )
})

test('a recipient that the engine refuses within a letter is why it was refused', async () => {
  for (const [command, code, closing, end] of [
    ['RCPT TO', 501, null, 'refused 501'],
    ['NOOP', 501, null, 'dropped 0'],
    // It is the connection that ends with 421, and says why.
    ['RCPT TO', 421, 'tooManyErrors', 'dropped 0'],
  ] as const) {
    const run = open()
    await run.handler.answer(sender(), session)
    refuse(run, command, code)
    run.handler.dropped(closing)
    const { outcome } = run.record()
    assert.equal(`${outcome.status} ${'smtp' in outcome ? outcome.smtp.code : 0}`, end)
  }
})

test('the record has who greeted and who logged in, and how the letter came', async () => {
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  const greeting = { verb: 'EHLO', name: 'x.example', domain: null } as const
  const known = { ...session, tls, greeting, user: `${'a'.repeat(400)}@b` }
  const run = open()
  await run.handler.answer(sender(), known)
  run.handler.dropped(null)
  const { envelope } = run.record()
  assert.deepEqual([envelope.helo, envelope.login], ['x.example', 'a'.repeat(320)])
  assert.deepEqual(run.transports, [
    {
      protocol: { extended: true, tls: true, authenticated: true, utf8: false },
      tls: { version: tls.protocol, cipher: tls.cipher },
    },
  ])
  const plain = open()
  await plain.handler.answer(sender(), { ...session, greeting: { ...greeting, verb: 'HELO' } })
  assert.deepEqual(plain.transports, [
    { protocol: { extended: false, tls: false, authenticated: false, utf8: false } },
  ])
  plain.handler.closed('quit', { ...session, greeting })
  assert.equal(plain.record().envelope.helo, 'x.example')
})

test('of a refused login a name is kept that somebody here could have, and no other', async () => {
  for (const [username, kept] of [
    ['anna@south.example', 'anna@south.example'],
    ['correct horse', ''],
    ['P@ssw0rd.example', ''],
  ] as const) {
    const run = open({ login: replies.wrongLogin })
    const answer = await run.handler.answer(login(username), session)
    assert.equal(answer.type, 'reject')
    run.handler.closed('quit', session)
    const { steps, outcome } = run.record()
    const step = steps.find(({ type }) => type === 'login')
    assert.ok(step?.type === 'login')
    assert.deepEqual([step.account, step.accepted, step.answer?.code], [kept, false, 535])
    assert.deepEqual([outcome.status, outcome.because], ['refused', ['login']])
    assert.ok(kept !== '' || !JSON.stringify([run.record(), run.logged]).includes(username))
  }
  const right = open()
  assert.equal((await right.handler.answer(login('anna'), session)).type, 'accept')
  right.handler.closed('quit', { ...session, user: 'anna' })
  const { envelope, outcome } = right.record()
  assert.equal(envelope.login, 'anna')
  assert.equal(outcome.status, 'dropped')
})

test('a header that cannot be read is refused with its reason, and nobody judges it', async () => {
  let judged = 0
  const run = open({
    verdict() {
      judged++
      return taken
    },
  })
  await run.handler.answer(sender(), session)
  await run.handler.answer(recipient(), session)
  await run.handler.answer({ type: 'data' }, session)
  await run.handler.content(encodeUtf8('X: x\r\n'.repeat(10_001)))
  const answer = await finish(run)
  assert.ok(answer.type === 'reject')
  assert.equal(answer.reply.code, 554)
  assert.equal(judged, 0)
  const message = run.record().steps.find((step) => step.type === 'message')
  assert.equal(message?.type === 'message' ? message.problem : '', 'header-too-many-fields')
})

test('TLS that began, or did not, stands in the journey, and is told where it lacks secrecy', () => {
  const run = open()
  run.handler.tlsStarted({
    protocol: 'TLSv1.2',
    cipher: 'TLS_RSA_WITH_AES_128_GCM_SHA256',
    certificate: undefined,
    serverName: undefined,
  })
  run.handler.tlsFailed('no cipher suits both sides')
  run.handler.closed('quit', session)
  const steps = run.record().steps.flatMap((step) => {
    if (step.type === 'tls') return [step.cipher]
    return step.type === 'tls-failed' ? [step.problem] : []
  })
  assert.deepEqual(steps, ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'no cipher suits both sides'])
  const told = run.logged.filter(({ event }) => event === 'limit')
  assert.deepEqual(
    told.map(({ fields }) => fields?.['limit']),
    ['tls.static_rsa', 'tls.static_rsa'],
  )
})

test('the record of a letter has who was named, and what became of it, in order', async () => {
  const run = open()
  await toContent(run)
  await finish(run)
  const { steps } = run.record()
  assert.deepEqual(
    steps.map(({ type }) => type),
    ['connect', 'sender', 'recipient', 'message', 'filed'],
  )
  const named = steps.find((step) => step.type === 'sender')
  assert.ok(named?.type === 'sender')
  assert.deepEqual([named.mailFrom, named.refused], ['a@north.example', undefined])
})
