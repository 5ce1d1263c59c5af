import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { octetString } from '../base/octets.ts'
import { dialTcp } from '../io/dialer.ts'
import { defaultClientOptions } from '../smtp/client-types.ts'
import { transactionFor } from './attempt.ts'
import { ClientSession } from './client-session.ts'
import { letter, openText, testItem } from './test-support/world.ts'

interface Bench {
  readonly session: ClientSession
  readonly clock: ManualClock
  /** The server's side. */
  readonly server: Socket
  /** What the server has heard. */
  readonly heard: () => string
  /** What the session has written, each write by itself. */
  readonly writes: string[]
}

/** A session and the server's end of its connection, which does nothing by itself. */
async function bench(t: TestContext): Promise<Bench> {
  const listener = createServer({ allowHalfOpen: true })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const place = listener.address()
  assert.ok(place !== null && typeof place !== 'string')
  const [dialled, [server]] = await Promise.all([
    dialTcp('127.0.0.1', place.port, 1000),
    once(listener, 'connection').then((all: unknown[]) => all as [Socket]),
  ])
  assert.ok(dialled.type === 'connected')
  t.after(() => {
    server.destroy()
    dialled.peer.destroy()
  })
  let heard = ''
  server.on('error', () => {})
  server.on('data', (chunk) => (heard += chunk.toString('latin1')))
  const { peer } = dialled
  const writes: string[] = []
  const write = peer.write.bind(peer)
  peer.write = (octets) => {
    writes.push(octetString(octets))
    write(octets)
  }
  const clock = new ManualClock()
  const session = new ClientSession({
    peer,
    options: { ...defaultClientOptions, hostname: 'out.example' },
    clock,
    serverName: 'mx.example',
    trustAnchors: undefined,
  })
  return { session, clock, server, heard: () => heard, writes }
}

async function greeted(t: TestContext): Promise<Bench> {
  const one = await bench(t)
  one.server.write('220 mx.example\r\n')
  one.server.once('data', () => one.server.write('250 mx.example\r\n'))
  assert.equal((await one.session.greet()).type, 'ready')
  return one
}

const transaction = transactionFor([testItem()], openText(letter))
const chunks = (): AsyncIterable<Uint8Array> => openText(letter).chunks()

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('a message for a session that is over is answered at once', async (t) => {
  const { session, server } = await greeted(t)
  server.destroy()
  await session.closed
  assert.equal(session.usable, false)
  let closed = 0
  const content = {
    [Symbol.asyncIterator]: () => ({
      next: () => assert.fail('nobody reads it'),
      return: () => {
        closed++
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const [outcome] = await session.send(transaction, content)
  assert.ok(outcome?.result === 'deferred')
  assert.equal(outcome.because, 'connectionLost')
  assert.equal(closed, 1, 'the file behind it is closed')
  // And the next one too.
  assert.equal((await session.send(transaction, chunks())).length, 1)
})

test('a server that says goodbye between two messages has ended the session, with its words', async (t) => {
  const { session, server } = await greeted(t)
  server.write('421 4.7.0 that is all\r\n')
  while (session.usable) await turns()
  const [outcome] = await session.send(transaction, chunks())
  assert.ok(outcome?.result === 'deferred')
  assert.deepEqual(outcome.reply, { code: 421, enhanced: '4.7.0', lines: ['that is all'] })
})

test('a session is told of one message at a time', async (t) => {
  const { session } = await greeted(t)
  void session.send(transaction, chunks())
  assert.throws(() => session.send(transaction, chunks()), /one message at a time/)
  session.breakOff('the test is over')
})

test('a session that was broken off before the greeting says why', async (t) => {
  const { session } = await bench(t)
  const greeting = session.greet()
  session.breakOff('nobody waits')
  const said = await greeting
  assert.ok(said.type === 'failed')
  assert.equal(said.failure.text, 'The connection was ended, because nobody waits')
  assert.equal(session.tlsFailure, undefined)
})

test('a server that does not close its side after QUIT is cut off after two seconds', async (t) => {
  const { session, server, clock, heard } = await greeted(t)
  session.quit()
  await once(server, 'data')
  assert.match(heard(), /QUIT\r\n$/)
  let closed = false
  void session.closed.then(() => (closed = true))
  server.write('221 bye\r\n')
  await once(server, 'end')
  await turns()
  clock.advance(1999)
  await turns()
  assert.equal(closed, false)
  clock.advance(1)
  await session.closed
  assert.equal(clock.pending, 0)
})

test('a message is read no faster than the other side takes it', async (t) => {
  const { session, server } = await greeted(t)
  const part = new Uint8Array(64 * 1024).fill(120)
  let read = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      read += part.length
      yield part
    }
  }
  const huge = { ...transaction, size: 1e9 }
  const outcome = session.send(huge, endless())
  const answers = ['250 ok\r\n', '250 ok\r\n', '354 go on\r\n']
  for (const answer of answers) {
    await once(server, 'data')
    server.write(answer)
  }
  server.pause()
  let before = -1
  for (let still = 0; still < 20; ) {
    await turns()
    still = read === before ? still + 1 : 0
    before = read
  }
  // What the kernel's buffers hold, and the quarter of a megabyte that may wait in ours.
  assert.ok(read < 32 * 1024 * 1024, `${read} octets were read for a server that takes none`)
  session.breakOff('it is enough')
  assert.equal((await outcome).length, 1)
})

test('a server that does not read is not given more than the connection holds', async (t) => {
  const { session, server } = await greeted(t)
  server.on('data', (octets: Buffer) => {
    const heard = octets.toString('latin1')
    if (/^(?:MAIL|RCPT)/.test(heard)) server.write('250 OK\r\n')
    if (!heard.startsWith('DATA')) return
    server.write('354 go on\r\n')
    server.pause()
  })
  const mib = 1024 * 1024
  let read = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    // Far more than what the kernel keeps for a connection.
    for (; read < 256 * mib; read += mib / 2) yield Buffer.alloc(mib / 2, `${'x'.repeat(62)}\r\n`)
  }
  const sent = session.send(transaction, endless())
  // Until nothing more is read for a long while.
  for (let before = -1; read === 0 || before !== read; ) {
    before = read
    for (let n = 0; n < 20; n++) await turns()
  }
  assert.ok(read < 64 * mib, `${read} octets`)
  server.destroy()
  assert.notEqual((await sent)[0]?.result, 'accepted')
})

test('an envelope leaves in one write where it may, and a short letter in one with its end', async (t) => {
  const { session, server, writes } = await bench(t)
  const greeting = session.greet()
  server.write('220 mx.example\r\n')
  await once(server, 'data')
  server.write('250-mx.example\r\n250 PIPELINING\r\n')
  assert.equal((await greeting).type, 'ready')
  writes.length = 0
  const sent = session.send(transaction, chunks())
  await once(server, 'data')
  assert.equal(session.awaitsVerdict, false)
  server.write('250 ok\r\n250 ok\r\n354 go on\r\n')
  await once(server, 'data')
  assert.equal(session.awaitsVerdict, true)
  server.write('250 taken\r\n')
  assert.equal((await sent)[0]?.result, 'accepted')
  assert.equal(session.awaitsVerdict, false)
  assert.equal(writes.length, 2)
  assert.match(writes[0] ?? '', /^MAIL FROM:.*\r\nRCPT TO:.*\r\nDATA\r\n$/)
  assert.equal(writes[1], `${letter}.\r\n`)
})
