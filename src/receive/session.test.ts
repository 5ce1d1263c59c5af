import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { ManualClock } from '../base/clock.ts'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { listen } from '../io/listener.ts'
import { Peer } from '../io/peer.ts'
import { defaultServerOptions } from '../smtp/server-engine.ts'
import { formatReply } from '../smtp/reply.ts'
import type { Answer, CloseReason, Question, ServerOptions } from '../smtp/server-types.ts'
import { ReceiveSession, type SessionHandler, type Spoken } from './session.ts'

/** A handler that takes all, and writes down what it is told. */
class Notebook implements SessionHandler {
  readonly notes: string[] = []
  readonly chunks: Uint8Array[] = []
  answers: Partial<Record<Question['type'], () => Answer | Promise<Answer>>> = {}
  hold: ((octets: Uint8Array) => Promise<void> | undefined) | undefined
  readonly #waiting: { readonly note: string; readonly resolve: () => void }[] = []

  answer(question: Question): Answer | Promise<Answer> {
    this.#note(`ask ${question.type}`)
    return this.answers[question.type]?.() ?? { type: 'accept' }
  }

  content(octets: Uint8Array): Promise<void> | undefined {
    this.chunks.push(octets)
    return this.hold?.(octets)
  }

  messageRefused(): void {
    this.#note('message refused')
  }

  dropped(closing: CloseReason | null): void {
    this.#note(closing === null ? 'dropped' : `dropped ${closing}`)
  }

  tlsStarted(): void {
    this.#note('tls started')
  }

  tlsFailed(): void {
    this.#note('tls failed')
  }

  heard(): void {}

  reply({ reply }: Spoken): readonly string[] {
    return formatReply(reply)
  }

  closed(reason: string): void {
    this.#note(`closed ${reason}`)
  }

  broken(problem: unknown): void {
    this.#note(`broken ${problem instanceof Error ? problem.message : String(problem)}`)
  }

  /** Resolves when the note has been made. */
  until(note: string): Promise<void> {
    if (this.notes.includes(note)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push({ note, resolve })
    })
  }

  #note(note: string): void {
    this.notes.push(note)
    for (const one of this.#waiting) if (one.note === note) one.resolve()
  }
}

interface Running {
  readonly port: number
  readonly book: Notebook
  readonly clock: ManualClock
  /** The session, once there is a connection. */
  readonly session: () => ReceiveSession
}

async function serve(t: TestContext, changes: Partial<ServerOptions> = {}): Promise<Running> {
  const book = new Notebook()
  const clock = new ManualClock(1_800_000_000_000)
  const options = { ...defaultServerOptions, hostname: 'mx.example', ...changes }
  let session: ReceiveSession | undefined
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    onSocket(socket) {
      session = new ReceiveSession({
        peer: new Peer(socket),
        options,
        handler: book,
        tlsRole: undefined,
        clock,
        onClosed: () => {},
      })
      session.start()
    },
    onFailure: () => {},
  })
  t.after(async () => {
    session?.abort()
    await listener.close()
  })
  return {
    port: listener.port,
    book,
    clock,
    session() {
      assert.ok(session !== undefined)
      return session
    },
  }
}

const noTls = { tls: 'none' } as const

async function toData(talk: SmtpTalk): Promise<void> {
  await talk.say('MAIL FROM:<a@north.example>', 250)
  await talk.say('RCPT TO:<b@south.example>', 250)
  await talk.say('DATA', 354)
}

test('a whole dialogue asks each question once, in its order', async (t) => {
  const { port, book } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  talk.write('Subject: x\r\n\r\n..dot\r\n.\r\n')
  await talk.read(250)
  await talk.quit()
  await book.until('closed quit')
  assert.deepEqual(book.notes, [
    'ask connect',
    'ask helo',
    'ask sender',
    'ask recipient',
    'ask data',
    'ask message',
    'closed quit',
  ])
  assert.equal(Buffer.concat(book.chunks).toString(), 'Subject: x\r\n\r\n.dot\r\n')
})

test('replies to commands that came together leave together', async (t) => {
  const { port } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  talk.write('MAIL FROM:<a@north.example>\r\nRCPT TO:<b@south.example>\r\nNOOP\r\nQUIT\r\n')
  for (const code of [250, 250, 250, 221]) await talk.read(code)
})

test('a client that goes on talking after we hung up does not keep its connection', async (t) => {
  const { port, book, session, clock } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  session().shutdown()
  await talk.read(421)
  // The clock stands still: only the client's own end can end this, not our patience.
  talk.write('NOOP\r\n'.repeat(1000))
  talk.half()
  await book.until('closed shutdown')
  assert.equal(clock.pending, 0)
})

test('a client that never closes its side is dropped after a while', async (t) => {
  const { port, book, session, clock } = await serve(t, noTls)
  const talk = await SmtpTalk.open(port)
  await talk.read(220)
  talk.stall()
  session().shutdown()
  assert.equal(clock.nextDueMs, 5000)
  clock.advance(5000)
  await book.until('closed shutdown')
})

test('a client within a message hears 421 when we can wait no longer', async (t) => {
  const { port, book, session } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  const seen = new Promise<void>((resolve) => {
    book.hold = () => {
      resolve()
      return undefined
    }
  })
  talk.write('Subject: half a let')
  await seen
  session().shutdown()
  assert.ok(!book.notes.includes('dropped shutdown'), 'it may still finish')
  session().stop()
  assert.equal((await talk.read(421)).enhanced, '4.3.2')
  await book.until('closed shutdown')
  assert.deepEqual(book.notes.slice(-2), ['dropped shutdown', 'closed shutdown'])
})

test('a connection that is cut off because we stop is closed for that reason', async (t) => {
  const { port, book, session } = await serve(t, noTls)
  book.answers.sender = () => new Promise<Answer>(() => {})
  const talk = await SmtpTalk.greeted(port)
  talk.write('MAIL FROM:<a@north.example>\r\n')
  await book.until('ask sender')
  session().stop()
  session().abort()
  await book.until('closed shutdown')
})

test('a message that is cut off because we stop at once was not given up by its client', async (t) => {
  const { port, book, session } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  session().abort()
  await book.until('closed shutdown')
  assert.deepEqual(book.notes.slice(-2), ['dropped shutdown', 'closed shutdown'])
})

test('a client that is silent between commands hears 421 when its time is over', async (t) => {
  const { port, book, clock } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await talk.say('MAIL FROM:<a@north.example>', 250)
  clock.advance(5 * 60_000)
  assert.match((await talk.read(421)).text, /Nothing came for too long/)
  await book.until('closed timeout')
  assert.ok(book.notes.includes('dropped timeout'))
})

test('a client that stalls within a message hears 421, and the message is forgotten', async (t) => {
  const { port, book, clock } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  const seen = new Promise<void>((resolve) => {
    book.hold = () => {
      resolve()
      return undefined
    }
  })
  talk.write('Subject: half a let')
  await seen
  clock.advance(5 * 60_000)
  assert.match((await talk.read(421)).text, /too slowly/)
  await book.until('closed timeout')
  assert.ok(book.notes.includes('dropped timeout'))
})

test('a message that drips too slowly is given up, one that flows is not', async (t) => {
  const { port, book, clock } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  let octets = 0
  let wanted = 0
  let enough: () => void = () => {}
  book.hold = (chunk) => {
    octets += chunk.length
    if (octets >= wanted) enough()
    return undefined
  }
  const send = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wanted = octets + count
      enough = resolve
      talk.write('x'.repeat(count - 2) + '\r\n')
    })
  for (let part = 0; part < 3; part++) {
    await send(2000)
    clock.advance(5 * 60_000)
  }
  await send(100)
  clock.advance(5 * 60_000)
  await talk.read(421)
  await book.until('closed timeout')
})

test('a client that closes its side after its last command still hears all answers', async (t) => {
  const { port, book } = await serve(t, noTls)
  let release: (answer: Answer) => void = () => {}
  book.answers.sender = () =>
    new Promise((resolve) => {
      release = resolve
    })
  const talk = await SmtpTalk.greeted(port)
  talk.write('MAIL FROM:<a@north.example>\r\nNOOP\r\n')
  talk.half()
  await book.until('ask sender')
  release({ type: 'accept' })
  await talk.read(250)
  await talk.read(250)
  await talk.closed
  await book.until('closed peerClosed')
})

test('a client that goes within a message leaves nothing behind', async (t) => {
  const { port, book } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  talk.write('Subject: half\r\n')
  await talk.flushed()
  talk.destroy()
  await book.until('closed peerClosed').catch(() => {})
  assert.ok(book.notes.some((note) => note.startsWith('dropped')))
})

test('a handler that fails answers 451, and the session goes on', async (t) => {
  const { port, book } = await serve(t, noTls)
  book.answers.sender = () => Promise.reject(new Error('oops'))
  const talk = await SmtpTalk.greeted(port)
  const said = await talk.say('MAIL FROM:<a@north.example>', 451)
  assert.equal(said.enhanced, '4.3.0')
  assert.doesNotMatch(said.text, /oops/)
  assert.ok(book.notes.includes('broken oops'))
  book.answers = {}
  await talk.say('MAIL FROM:<a@north.example>', 250)
})

test('a full disk answers 452 4.3.1, whichever step finds it', async (t) => {
  const { port, book } = await serve(t, noTls)
  const full = new WaybillError('store-full', 'The disk of the data folder is full.')
  const talk = await SmtpTalk.greeted(port)
  book.answers.message = () => Promise.reject(full)
  await toData(talk)
  const atEnd = await talk.say('Subject: x\r\n\r\nx\r\n.')
  assert.deepEqual([atEnd.code, atEnd.enhanced], [452, '4.3.1'])
  assert.match(atEnd.text, /disk here is full/)
  book.answers = {}
  book.hold = () => Promise.reject(full)
  await toData(talk)
  const within = await talk.say('Subject: x\r\n\r\nx\r\n.')
  assert.deepEqual([within.code, within.enhanced], [452, '4.3.1'])
  book.hold = undefined
  await toData(talk)
  await talk.say('Subject: x\r\n\r\nx\r\n.', 250)
  assert.equal(book.notes.filter((note) => note.startsWith('broken')).length, 2)
})

test('while the handler is behind, no more is read than fits the sockets', async (t) => {
  const { port, book } = await serve(t, noTls)
  const talk = await SmtpTalk.greeted(port)
  await toData(talk)
  let release: () => void = () => {}
  let first = true
  book.hold = () => {
    if (!first) return undefined
    first = false
    return new Promise((resolve) => {
      release = resolve
    })
  }
  const line = `${'x'.repeat(998)}\r\n`
  talk.write(line.repeat(20_000))
  const taken = (): number => book.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  assert.ok(taken() < 2_000_000, `${taken()} octets were taken while the handler held`)
  release()
  talk.write('.\r\n')
  await talk.read(250)
  assert.equal(taken(), 20_000_000)
})
